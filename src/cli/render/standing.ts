// Owns: what stands against taking migrations back, for people: a block for each, the last one first.

import type { StatusRow } from "../../app/status.ts";
import type { UndoStanding } from "../../app/undo-standing.ts";
import type { Output } from "../output.ts";

type Answer = UndoStanding["against"][number];

export function renderStandings(migrations: readonly StatusRow[], output: Output): void {
  for (const { version, name, undo } of migrations.toReversed()) {
    const { standing, until } = undo;
    if (!standing) continue;
    const title = output.paint.bold(`${version} ${name}`);
    const end = until === null ? "" : ` until ${until.slice(0, 16).replace("T", " ")}`;
    output.line();
    const how = undo.verdict === "exact" ? "" : " with --accept-loss";
    output.line(`${title}  can be taken back${how}${end}${timeOf(standing)}`);
    for (const line of linesOf(standing, output)) output.line(`  ${line}`);
  }
}

function timeOf({ aboutMs, unasked }: UndoStanding): string {
  if (unasked !== null) return "";
  if (aboutMs === null) return ", in a time that is unknown";
  return `, in about ${aboutMs < 100 ? "0.1" : (aboutMs / 1000).toFixed(1)} s`;
}

function linesOf({ unasked, locks, rows, against }: UndoStanding, { paint }: Output): string[] {
  if (unasked !== null) return [paint.dim(`what stands against it is ${unasked}`)];
  const label = (name: string) => paint.dim(name.padEnd(8));
  return [
    ...locks.map(({ table, mode }) => `${label("lock")} ${mode} on ${table}`),
    ...(rows === 0 ? [] : [`${label("rows")} ${rows ?? "unknown"} to go over`]),
    ...(against.length === 0
      ? [`${label("against")} ${paint.green("nothing")}`]
      : against.map((each) => `${label("against")} ${paint.yellow(said(each))}`)),
  ];
}

const words: Record<Answer["what"], (rows: string, object: string) => string> = {
  rows: (rows, object) => `${rows} of ${object}`,
  conflicts: (rows, object) => `${rows} of ${object} changed by both sides`,
  misfits: (rows, object) => `${rows} with a value in ${object} that the old type cannot hold`,
  violations: (rows, object) => `${rows} against ${object}`,
};

function said({ what, object, count, why }: Answer): string {
  const rows = count === null ? "unknown: rows" : count === 1 ? "1 row" : `${count} rows`;
  return `${words[what](rows, object)}${why === undefined ? "" : ` (${why})`}`;
}
