// Owns: the way back as statements: the undos of a migration in reverse order. Pure.

import type { UndoStatement } from "../core/plan.ts";
import type { UndoEntry } from "../journal/record.ts";

/** Reverse order is valid by construction: each step back starts where its statement had ended. */
export function undoStatements(entries: readonly UndoEntry[]): UndoStatement[] {
  const lastDrop = entries.findLastIndex(isDropForGood);
  return entries
    .flatMap((entry, at) => {
      if (entry.undo.kind === "irreversible") return [];
      const { searchPath } = entry;
      const context = { searchPath, ...(at < lastDrop && { mayBeGone: true }) };
      return [entry.undo.sql.map((statement) => ({ ...statement, ...context }))];
    })
    .toReversed()
    .flat();
}

/** Nothing of it comes back, not even empty. */
function isDropForGood({ changes, undo }: UndoEntry): boolean {
  const isDrop = changes.some(({ kind }) => kind.startsWith("drop-"));
  return isDrop && undo.kind === "lossy" && undo.sql.length === 0;
}
