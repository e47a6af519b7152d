import { defineCommand } from "../command.ts";
import { backOptions, policyOf, targetOf, usingOf } from "../options.ts";

export const command = defineCommand({
  name: "redo",
  summary: "take the last migrations back and apply them again",
  args: [{ name: "[n]", summary: "how many (default 1)" }],
  options: backOptions,
  examples: ["belay redo", "belay redo 2"],
  async run(context, { args, flags }) {
    const { redo } = await import("../../app/redo.ts");
    const result = await redo(context.settings, {
      target: targetOf(args[0], flags),
      using: usingOf(flags),
      acceptLoss: flags.acceptLoss === true,
      allowDrift: flags.allowDrift === true,
      onConflict: policyOf(flags),
    });
    const { count, renderRun } = await import("../render/run.ts");
    const headline = `${count(result.undone.length, "migration")} undone, ${result.applied.length} applied again`;
    return renderRun(context, result, headline);
  },
});
