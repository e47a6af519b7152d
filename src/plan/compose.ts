// Owns: the undo of a migration as a whole, from the undos of its statements. Pure.
// A statement alone may be lossy while the migration is not: rows written to a table that the same
// migration created go away with the table. And the other way round: rows that a function or a
// trigger changed behind a harmless statement are a loss that no statement names.

import { replacedTables } from "../core/catalog.ts";
import { keptOf, type Loss, type Undo, type UndoStatement } from "../core/plan.ts";
import type { CatalogChange, RowChange, UndoEntry } from "../journal/record.ts";

/** Kinds of changes to rows; their object is the table. */
const rowKinds = new Set(["insert", "update", "delete", "merge", "truncate", "copy"]);

const creations = new Set(["create-table", "create-table-as", "select-into"]);

/** Behind them a name may be another table's. */
const renamings = new Set([
  ...["drop-table", "rename-table", "set-table-schema"],
  ...["do", "call", "select", "execute", "opaque"],
]);

/** Entries in the order in which their statements ran; same order out, perhaps one more at the end. */
export function composeUndo(
  entries: readonly UndoEntry[],
  rows: readonly RowChange[],
  changed: readonly CatalogChange[] = [],
): UndoEntry[] {
  const created = new Set<string>();
  const named = new Set<string>();
  const composed = withoutOwn(entries).map((entry) => {
    for (const table of keptOf(entry.undo)?.tables ?? []) named.add(bare(table));
    for (const change of entry.changes) {
      const object = qualified(change.object, entry.searchPath);
      if (creations.has(change.kind) && isMaking(entry.undo)) created.add(object);
      if (renamings.has(change.kind)) created.clear();
      if (rowKinds.has(change.kind)) named.add(bare(object));
    }
    return isCovered(entry, created)
      ? { ...entry, undo: { kind: "exact", sql: [] } as Undo }
      : entry;
  });
  const came = tablesThatCame(changed);
  const hidden = rows.filter(
    ({ table, aliases = [], ...row }) =>
      isTouched(row) &&
      !created.has(table) &&
      !came.has(table) &&
      ![table, ...aliases].some((name) => named.has(bare(name))),
  );
  const others = uncarried(entries, changed);
  return [
    ...composed,
    ...(hidden.length === 0 ? [] : [entryOf(hiddenRows(hidden))]),
    ...(others.length === 0 ? [] : [entryOf(others)]),
  ];
}

/** Not of a temporary table, nor of one that was there. */
const isMaking = (undo: Undo) => undo.kind === "exact" && undo.sql.length > 0;

/** By the catalog, since a DO block or a function may have made them: their rows go with them. */
function tablesThatCame(changed: readonly CatalogChange[]): Set<string> {
  return new Set(
    changed.flatMap(({ before, after }) => {
      if (!after?.name.startsWith("table ") || before?.identity === after.identity) return [];
      return [after.name.slice("table ".length)];
    }),
  );
}

/** See {@link UndoStatement.unlessMadeBy}: each making has at most one that puts it back. */
function withoutOwn(entries: readonly UndoEntry[]): UndoEntry[] {
  const making: UndoStatement[] = [];
  const spared = new Set<UndoStatement>();
  for (const { undo } of entries) {
    if (undo.kind === "irreversible") continue;
    for (const text of new Set(undo.sql.flatMap(({ unlessMadeBy }) => unlessMadeBy ?? []))) {
      const made = making.findLast((each) => each.sql === text && !spared.has(each));
      if (made === undefined) continue;
      spared.add(made);
      for (const each of undo.sql) if (each.unlessMadeBy === text) spared.add(each);
    }
    making.push(...undo.sql);
  }
  return entries.map((entry) => {
    const { undo } = entry;
    if (undo.kind === "irreversible") return entry;
    const sql = undo.sql
      .filter((each) => !spared.has(each))
      .map(({ unlessMadeBy: _, ...statement }) => statement);
    return { ...entry, undo: { ...undo, sql } };
  });
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

function hiddenRows(rows: readonly RowChange[]): Loss[] {
  return rows.map((row) => ({
    object: `rows of ${row.table}`,
    why: "changed by a function, trigger or DO block of this migration; what they were is not kept",
    rows: row.inserted + row.updated + row.deleted,
    ...(row.updated + row.deleted === 0 && { whenUndone: true }),
  }));
}

/**
 * What is written to a table that has the name of one that went or was renamed goes with it, to its
 * shelf, where nothing carries it over.
 */
function uncarried(entries: readonly UndoEntry[], changed: readonly CatalogChange[]): Loss[] {
  const carried = new Set(
    entries.flatMap(({ undo }) => {
      const { carries = [], twins = [] } = keptOf(undo) ?? {};
      return [...carries, ...twins];
    }),
  );
  return replacedTables(changed)
    .filter(({ name }) => !carried.has(name))
    .map(({ name }) => {
      const object = `rows written to ${name} after the migration`;
      const why = "another table has taken its name; they stay with that one when it is put aside";
      return { object, why, rows: null, whenUndone: true };
    });
}

function entryOf(losses: Loss[]): UndoEntry {
  return { line: 0, changes: [], undo: { kind: "lossy", sql: [], losses }, searchPath: [] };
}

/** An unqualified name is created in, and found in, the first schema of the path. */
function qualified(name: string, searchPath: readonly string[]): string {
  return name.includes(".") || searchPath[0] === undefined ? name : `${searchPath[0]}.${name}`;
}

/** Names come as statements write them and as the server does. */
const bare = (name: string) => name.replaceAll('"', "");

function isTouched({ inserted, updated, deleted }: Omit<RowChange, "table">): boolean {
  return inserted + updated + deleted > 0;
}
