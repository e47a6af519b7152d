// Owns: the undo of a migration as a whole, from the undos of its statements. Pure.
// A statement alone may be lossy while the migration is not: rows written to a table that the same
// migration created go away with the table. And the other way round: rows that a function or a
// trigger changed behind a harmless statement are a loss that no statement names.

import type { Undo } from "../core/plan.ts";
import type { RowChange, UndoEntry } from "../journal/record.ts";

/** Kinds of changes to rows; their object is the table. */
const rowKinds = new Set(["insert", "update", "delete", "merge", "truncate", "copy"]);

/** Entries in the order in which their statements ran; same order out, perhaps one more at the end. */
export function composeUndo(
  entries: readonly UndoEntry[],
  rows: readonly RowChange[],
): UndoEntry[] {
  const created = new Set<string>();
  const named = new Set<string>();
  const composed = entries.map((entry) => {
    for (const change of entry.changes) {
      const object = qualified(change.object, entry.searchPath);
      if (change.kind === "create-table" && entry.undo.kind === "exact") created.add(object);
      if (rowKinds.has(change.kind)) named.add(object);
    }
    return isCovered(entry, created)
      ? { ...entry, undo: { kind: "exact", sql: [] } as Undo }
      : entry;
  });
  const hidden = rows.filter(
    (row) => isTouched(row) && !created.has(row.table) && !named.has(row.table),
  );
  return hidden.length === 0 ? composed : [...composed, hiddenRows(hidden)];
}

function isCovered(entry: UndoEntry, created: ReadonlySet<string>): boolean {
  return (
    entry.undo.kind === "lossy" &&
    entry.changes.every(
      (change) =>
        rowKinds.has(change.kind) && created.has(qualified(change.object, entry.searchPath)),
    )
  );
}

function hiddenRows(rows: readonly RowChange[]): UndoEntry {
  return {
    line: 0,
    changes: rows.map((row) => ({ kind: "update", object: row.table })),
    undo: {
      kind: "lossy",
      sql: [],
      losses: rows.map((row) => ({
        object: `rows of ${row.table}`,
        why: "changed by a function, trigger or DO block of this migration; what they were is not kept",
        rows: row.inserted + row.updated + row.deleted,
      })),
    },
    searchPath: [],
  };
}

/** An unqualified name is created in, and found in, the first schema of the path. */
function qualified(name: string, searchPath: readonly string[]): string {
  return name.includes(".") || searchPath[0] === undefined ? name : `${searchPath[0]}.${name}`;
}

function isTouched({ inserted, updated, deleted }: RowChange): boolean {
  return inserted + updated + deleted > 0;
}
