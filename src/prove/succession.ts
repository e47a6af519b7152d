// Owns: which table, and which column, an application means after a migration by the name that it
// knew before. A renamed one is the same; one made anew under the old name has taken its place, and
// the old one, if it is still there under another name, stands aside. Pure.

import type { Contents, TableRows } from "../dialects/rehearsal.ts";

interface Named {
  name: string;
  identity: string;
}

/** The successor among `later` of one that was among `earlier`. */
export function successorOf<T extends Named>(
  one: Named,
  earlier: readonly Named[],
  later: readonly T[],
): T | undefined {
  const named = later.find(({ name }) => name === one.name);
  const isNew = named && !earlier.some(({ identity }) => identity === named.identity);
  if (named !== undefined && (isNew || named.identity === one.identity)) return named;
  return later.find(({ identity }) => identity === one.identity);
}

/** The one that `later` has succeeded; undefined when it is new, or stands aside. */
export function predecessorOf<T extends Named>(
  one: Named,
  earlier: readonly T[],
  later: readonly Named[],
): T | undefined {
  return earlier.find((each) => successorOf(each, earlier, later) === one);
}

/**
 * For each column of the earlier table its position in the later one, or -1. One that is still there
 * under another name is followed; what is written to the one that took its name is put aside with it.
 */
export function columnSuccessors(before: TableRows, now: TableRows): number[] {
  // Column numbers of another table mean nothing.
  const earlier =
    before.identity === now.identity
      ? before.columns
      : before.columns.map(({ name }) => ({ name, identity: "" }));
  return earlier.map((column) => {
    const same = now.columns.find(({ identity }) => identity === column.identity);
    const found = same ?? successorOf(column, earlier, now.columns);
    return found === undefined ? -1 : now.columns.indexOf(found);
  });
}

/**
 * Whether an application would write to it. A new table that the migration has filled is its own: a
 * backup, rows set aside; and so is one that stands aside.
 */
export function isForWriters(table: TableRows, before: Contents, migrated: Contents): boolean {
  if (predecessorOf(table, before.tables, migrated.tables) !== undefined) return true;
  return (
    !before.tables.some(({ identity }) => identity === table.identity) && table.rows.length === 0
  );
}
