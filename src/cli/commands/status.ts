import type { StatusRow } from "../../app/status.ts";
import { exit } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";

const colours = {
  applied: "green",
  pending: "yellow",
  interrupted: "red",
  rolledBack: "cyan",
} as const;

/** `keeps 2 until 2026-11-27 17:38, 1.5 MB`. */
function windowOf(until: string | null, kept: { objects: string[]; bytes: number }): string {
  if (until === null || kept.objects.length === 0) return "";
  const size = kept.bytes > 0 ? `, ${(kept.bytes / 1e6).toFixed(1)} MB` : "";
  return `keeps ${kept.objects.length} until ${until.slice(0, 16).replace("T", " ")}${size}`;
}

export const command = defineCommand({
  name: "status",
  summary: "what is applied, pending, rolled back, interrupted",
  options: [
    { flags: "--exit-code", summary: "exit 1 when something is pending or interrupted" },
    { flags: "--undo", summary: "ask the database what stands against taking each back" },
  ],
  examples: ["belay status", "belay status --undo", "belay status --json --exit-code"],
  async run({ settings, output, json }, { flags }) {
    const { status } = await import("../../app/status.ts");
    const { coloured } = await import("../render/plan.ts");
    const { renderStandings } = await import("../render/standing.ts");
    const { table } = await import("../render/table.ts");
    const { paint } = output;
    const result = await status(settings, { undo: flags.undo === true });
    const verdictOf = ({ possible, verdict }: StatusRow["undo"]) => {
      if (verdict === null) return "";
      const hasEnded = verdict === "exact" && !possible;
      return hasEnded ? paint.dim("undo window ended") : `undo ${coloured(verdict, output)}`;
    };
    if (json) output.document(result);
    const rows = result.migrations.map(({ version, name, state, appliedAt, undo, kept, file }) => [
      paint[colours[state]](state === "rolledBack" ? "rolled back" : state),
      version,
      name,
      appliedAt === null ? "" : appliedAt.slice(0, 19).replace("T", " "),
      verdictOf(undo),
      windowOf(undo.until, kept),
      file === "present" ? "" : paint.red(`file ${file}`),
    ]);
    for (const line of table(rows)) output.line(line);
    if (flags.undo === true) renderStandings(result.migrations, output);
    for (const note of result.notes) output.aside(paint.dim(note));
    if (result.migrations.length === 0) output.line("No migrations yet: belay new NAME");
    if (result.interrupted) output.line(paint.red("Interrupted: run belay recover."));
    const isOpen = result.pending > 0 || result.interrupted;
    return flags.exitCode && isOpen ? exit.no : exit.done;
  },
});
