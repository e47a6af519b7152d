import { BelayError, untouched } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";
import { driftOption, text } from "../options.ts";

export const command = defineCommand({
  name: "finalize",
  args: [{ name: "[version]", summary: "end this migration's undo window" }],
  summary: "end undo windows: destroy what migrations have put aside",
  options: [
    { flags: "--all", summary: "all windows" },
    { flags: "--expired", summary: "those that are past their end" },
    { flags: "--archive <dir>", summary: "write what is destroyed there first" },
    driftOption,
  ],
  examples: ["belay finalize 0042", "belay finalize --expired", "belay finalize --all --json"],
  async run(context, { args: [version], flags }) {
    const chosen = [version, flags.all, flags.expired].filter(Boolean);
    if (chosen.length !== 1) {
      throw new BelayError("BELAY_USAGE", "Say which: a version, --expired, or --all", {
        state: untouched,
        hint: "What is destroyed cannot be brought back. belay status shows what is kept.",
      });
    }
    const { finalize } = await import("../../app/finalize.ts");
    const which = version === undefined ? (flags.all ? "all" : "expired") : { version };
    const allowDrift = flags.allowDrift === true;
    const archive = text(flags.archive);
    const result = await finalize(context.settings, {
      ...{ which, allowDrift },
      ...(archive === undefined ? {} : { archive }),
    });
    const { count, renderRun } = await import("../render/run.ts");
    if (!context.json) {
      for (const { version: of, name, destroyed, archives } of result.finalized) {
        context.output.line(`✓ ${of} ${name}: ${destroyed.join(", ") || "nothing was left"}`);
        for (const dir of archives) context.output.line(`  archived in ${dir}`);
      }
    }
    const done = result.finalized.length;
    const nothing = done === 0 && result.error === undefined;
    return renderRun(
      context,
      result,
      nothing ? "No undo window to end" : `${count(done, "undo window")} ended`,
    );
  },
});
