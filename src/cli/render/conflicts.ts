// Owns: saying where a rollback and what was written since did not agree.

import type { Conflict } from "../../core/plan.ts";
import type { Output } from "../output.ts";

/** More lines than this nobody reads; all of them are in `belay.conflict`. */
const linesAtMost = 10;

export function conflictLines(conflicts: readonly Conflict[], output: Output): void {
  for (const { target, key, columns, resolution } of conflicts.slice(0, linesAtMost)) {
    const row = key === null ? "" : ` ${JSON.stringify(key)}`;
    const cells = columns === null ? "" : ` ${columns.join(", ")}`;
    output.aside(output.paint.yellow(`  conflict  ${target}${row}${cells}: ${resolution}`));
  }
  const more = conflicts.length - linesAtMost;
  if (more > 0)
    output.aside(output.paint.yellow(`  and ${more} more: SELECT * FROM belay.conflict`));
}
