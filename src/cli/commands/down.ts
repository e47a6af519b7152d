import { defineCommand } from "../command.ts";
import { backOptions, policyOf, targetOf, usingOf } from "../options.ts";

export const command = defineCommand({
  name: "down",
  aliases: ["rollback", "undo", "revert"],
  summary: "take applied migrations back, last first, and verify",
  args: [{ name: "[n]", summary: "how many (default 1)" }],
  options: [{ flags: "--dry-run", summary: "show the plan and change nothing" }, ...backOptions],
  examples: ["belay down", "belay down 3", "belay down --to 0041", "belay down --using file"],
  async run(context, { args, flags }) {
    const options = {
      target: targetOf(args[0], flags),
      using: usingOf(flags),
      acceptLoss: flags.acceptLoss === true,
      allowDrift: flags.allowDrift === true,
      onConflict: policyOf(flags),
    };
    if (flags.dryRun) {
      const { planBack } = await import("../../app/plan.ts");
      const plan = await planBack(context.settings, options);
      const { renderPlan } = await import("../render/plan.ts");
      if (context.json) context.output.document(plan);
      else renderPlan(plan, context.output);
      return 0;
    }
    const { down } = await import("../../app/down.ts");
    const result = await down(context.settings, options);
    const { count, renderRun } = await import("../render/run.ts");
    const { conflictLines } = await import("../render/conflicts.ts");
    conflictLines(result.conflicts, context.output);
    const done = result.undone.length;
    const isIdle = done === 0 && result.error === undefined;
    return renderRun(
      context,
      result,
      isIdle ? "Nothing applied" : `${count(done, "migration")} undone`,
    );
  },
});
