import { exit } from "../../core/errors.ts";
import type { Severity } from "../../plan/decision.ts";
import { defineCommand } from "../command.ts";

export const command = defineCommand({
  name: "decide",
  summary: "roll back, roll forward or wait: what each costs now, in seconds, rows and locks",
  options: [
    {
      flags: "--severity <how>",
      summary:
        "how bad it is: over within 15 minutes, an hour, four hours (default: nothing is wrong)",
      choices: ["critical", "high", "medium"],
    },
  ],
  examples: ["belay decide --severity critical", "belay decide --json"],
  async run({ settings, output, json }, { flags }) {
    const { decideNow } = await import("../../app/decide.ts");
    const { renderDecision } = await import("../render/decision.ts");
    const severity = (flags.severity as Severity | undefined) ?? null;
    const decision = await decideNow(settings, { severity });
    if (json) output.document(decision);
    renderDecision(decision, output);
    return exit.done;
  },
});
