import { defineCommand } from "../command.ts";
import { text } from "../options.ts";

export const command = defineCommand({
  name: "plan",
  summary: "show the steps, their locks, and how each is undone",
  args: [{ name: "[version]", summary: "only this migration (default: all pending)" }],
  options: [{ flags: "--to <version>", summary: "last version to plan" }],
  examples: ["belay plan", "belay plan 0042 --json"],
  async run({ settings, output, json }, { args, flags }) {
    const { planUpcoming } = await import("../../app/plan.ts");
    const to = text(flags.to);
    const plan = await planUpcoming(settings, {
      ...(args[0] === undefined ? {} : { version: args[0] }),
      ...(to === undefined ? {} : { to }),
    });
    const { renderPlan } = await import("../render/plan.ts");
    if (json) output.document(plan);
    else renderPlan(plan, output);
    return 0;
  },
});
