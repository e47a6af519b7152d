// Owns: the way back as statements: the undos of a migration in reverse order. Pure.

import type { UndoStatement } from "../core/plan.ts";
import type { UndoEntry } from "../journal/record.ts";

/** Reverse order is valid by construction: each step back starts where its statement had ended. */
export function undoStatements(entries: readonly UndoEntry[]): UndoStatement[] {
  return entries
    .toReversed()
    .flatMap((entry) =>
      entry.undo.kind === "irreversible"
        ? []
        : entry.undo.sql.map((statement) => ({ ...statement, searchPath: entry.searchPath })),
    );
}
