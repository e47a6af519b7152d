// Owns: the way back as statements: the undos of a migration in reverse order. Pure.

import { keptOf, type Undo, type UndoStatement } from "../core/plan.ts";
import type { UndoEntry } from "../journal/record.ts";

/** Reverse order is valid by construction: each step back starts where its statement had ended. */
export function undoStatements(entries: readonly UndoEntry[]): UndoStatement[] {
  const lastDrop = entries.findLastIndex(isDropForGood);
  return entries
    .flatMap((entry, at) => {
      if (entry.undo.kind === "irreversible") return [];
      const { searchPath } = entry;
      const mayBeGone = at < lastDrop && holdsNothing(entry.undo);
      const context = { searchPath, ...(mayBeGone && { mayBeGone }) };
      return [entry.undo.sql.map((statement) => ({ ...statement, ...context }))];
    })
    .toReversed()
    .flat();
}

/** Where something is kept, its statements belong together: the last of them throw away what was kept. */
function holdsNothing(undo: Undo): boolean {
  const isPlain = undo.kind === "exact" || undo.kind === "lossy";
  return isPlain && keptOf(undo) === undefined && undo.sql.every(({ merges }) => !merges);
}

/** Nothing of it comes back, not even empty. */
function isDropForGood({ changes, undo }: UndoEntry): boolean {
  const isDrop = changes.some(({ kind }) => kind.startsWith("drop-"));
  return isDrop && undo.kind === "lossy" && undo.sql.length === 0;
}
