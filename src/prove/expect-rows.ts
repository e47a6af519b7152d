// Owns: which rows a table has to have after a rollback: those it had before the migration, with
// what was written since, as far as the old shape can hold it. Pure.
//
// What the writers did is read from the database (before and after them), never assumed: triggers
// and cascades count too. A cell that follows from no rule may hold anything.

import type { Row, TableRows } from "../dialects/rehearsal.ts";
import { columnSuccessors } from "./succession.ts";

/** Undefined: it may hold anything. */
export type Cell = string | null | undefined;

export interface ExpectedRow {
  cells: Cell[];
  /** Values that may not be there again: something else was written over them. */
  not?: Cell[];
  /** An application wrote it, or wrote to it, after the migration. */
  written: boolean;
  /** Nobody can say whether it has to be there. */
  optional: boolean;
}

export interface ExpectedTable {
  rows: ExpectedRow[];
  /** Rows that somebody deleted, nobody knows which: so many may be missing. */
  slack: number;
  /** Rows that the migration itself inserted. */
  inserted: number;
}

/** The same table after the migration, before and after the writers. */
export interface Meanwhile {
  migrated: TableRows;
  /** Behind the deletes, before the inserts; absent: nothing was deleted. */
  thinned: TableRows | undefined;
  written: TableRows;
}

export function expectTable(before: TableRows, meanwhile: Meanwhile | undefined): ExpectedTable {
  if (meanwhile === undefined) {
    return { rows: before.rows.map((row) => asItWas(row)), slack: 0, inserted: 0 };
  }
  const columns = columnsOf(before, meanwhile.migrated);
  const key = before.key?.map((position) => columns[position]?.now ?? -1);
  const now = meanwhile.migrated.key;
  const isSame = now !== undefined && key !== undefined && sameSet(now, key);
  // Without its key the table may have taken rows that are alike in it.
  const holds = (rows: readonly Row[]) =>
    key !== undefined && new Set(rows.map((row) => keyOf(row, key))).size === rows.length;
  const isLeft =
    now === undefined && holds(meanwhile.migrated.rows) && holds(meanwhile.written.rows);
  if (key !== undefined && !key.includes(-1) && (isSame || isLeft)) {
    return byKey(before, meanwhile, columns, before.key ?? [], key);
  }
  const expected =
    now === undefined
      ? byContent(before, meanwhile, columns)
      : byNewKey(before, meanwhile, columns, now);
  const isMadeAnew = meanwhile.migrated.identity !== before.identity;
  if (key === undefined || !isMadeAnew) return expected;
  return { ...expected, rows: withoutTwins(before, expected.rows) };
}

/**
 * Of a table made anew a later row that is as one of before, in all that the old table has, is that
 * one there. In the table itself it is one more.
 */
function withoutTwins(before: TableRows, rows: readonly ExpectedRow[]): ExpectedRow[] {
  const old = new Map(before.rows.map((row) => [keyOf(row, before.key ?? []), row] as const));
  const isThere = (cells: readonly Cell[]) =>
    rows.some((each) => !each.written && each.cells.every((cell, at) => cell === cells[at]));
  return rows.filter(({ cells, written }) => {
    const twin = written ? old.get(keyOf(cells, before.key ?? [])) : undefined;
    if (twin === undefined || !isThere(twin)) return true;
    return !cells.every((cell, at) => cell === undefined || cell === twin[at]);
  });
}

const sameSet = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((each) => b.includes(each));

interface Column {
  /** Its position after the migration; -1 when it is gone. */
  now: number;
  /** What is written to it after the migration has to be in it after the rollback. */
  comparable: boolean;
  /** No row had this value after the migration, and the type is still the old one. */
  isNovel(cell: Cell): boolean;
}

function columnsOf(before: TableRows, migrated: TableRows): Column[] {
  const successors = columnSuccessors(before, migrated);
  return before.columns.map((column, was) => {
    const now = successors[was] ?? -1;
    const is = migrated.columns[now];
    const sameType = is !== undefined && is.type === column.type;
    const comparable =
      sameType &&
      !is.generated &&
      !column.generated &&
      sameValues(before.rows, was, migrated.rows, now);
    const known = new Set(migrated.rows.map((row) => row[now]));
    return { now, comparable, isNovel: (cell) => sameType && !known.has(cell ?? null) };
  });
}

/**
 * Whether the migration left a column's values alone. Where it did not, the rollback may have to
 * turn later values too, and only its author knows how.
 */
function sameValues(a: readonly Row[], was: number, b: readonly Row[], now: number): boolean {
  const values = (rows: readonly Row[], at: number) =>
    rows.map((row) => JSON.stringify(row[at])).sort();
  if (a.length === b.length) {
    return values(a, was).join("\n") === values(b, now).join("\n");
  }
  // Rows came or went; those that stayed are looked at by their values.
  const [less, more] =
    a.length < b.length ? [values(a, was), values(b, now)] : [values(b, now), values(a, was)];
  const left = counted(more);
  return less.every((value) => take(left, value));
}

function byKey(
  before: TableRows,
  { migrated, thinned, written }: Meanwhile,
  columns: readonly Column[],
  keyBefore: readonly number[],
  keyNow: readonly number[],
): ExpectedTable {
  const expected = new Map<string, ExpectedRow>();
  for (const row of before.rows) expected.set(keyOf(row, keyBefore), asItWas(row));
  const earlier = new Map(migrated.rows.map((row) => [keyOf(row, keyNow), row]));
  const later = new Map(written.rows.map((row) => [keyOf(row, keyNow), row]));
  for (const key of deletedIn(thinned, earlier, keyNow)) {
    earlier.delete(key);
    expected.delete(key);
  }
  let inserted = 0;
  for (const [key, row] of earlier) {
    const known = expected.get(key);
    if (known === undefined) inserted += 1;
    const now = later.get(key);
    if (now === undefined) expected.delete(key);
    else if (known !== undefined) update(known, row, now, columns, before);
    else if (!sameRow(row, now)) {
      expected.set(key, anyRow(columns));
    }
  }
  for (const [key, row] of later) {
    if (!earlier.has(key)) expected.set(key, asWritten(row, columns));
  }
  return { rows: [...expected.values()], slack: 0, inserted };
}

/** A row of the same key that was inserted later is another one. */
function deletedIn(
  thinned: TableRows | undefined,
  earlier: ReadonlyMap<string, Row>,
  key: readonly number[],
): string[] {
  if (thinned === undefined) return [];
  const stayed = new Set(thinned.rows.map((row) => keyOf(row, key)));
  return [...earlier.keys()].filter((each) => !stayed.has(each));
}

function update(
  expected: ExpectedRow,
  earlier: Row,
  later: Row,
  columns: readonly Column[],
  { columns: described }: TableRows,
): void {
  if (sameRow(earlier, later)) return;
  expected.written = true;
  columns.forEach(({ now, comparable, isNovel }, at) => {
    if (described[at]?.generated) expected.cells[at] = undefined;
    if (now < 0 || earlier[now] === later[now]) return;
    const was = expected.cells[at];
    expected.cells[at] = comparable ? later[now] : undefined;
    if (comparable || !isNovel(later[now])) return;
    expected.not ??= [];
    expected.not[at] = was;
  });
}

/** The migration has given the table another key: rows are followed by that, from those alike. */
function byNewKey(
  before: TableRows,
  { migrated, thinned, written }: Meanwhile,
  columns: readonly Column[],
  key: readonly number[],
): ExpectedTable {
  const shared = columns.flatMap(({ comparable }, at) => (comparable ? [at] : []));
  const alike = groupedBy(before.rows, shared);
  const nowShared = shared.map((at) => columns[at]?.now ?? -1);
  const groupOf = (row: Row) => alike.get(keyOf(row, nowShared)) ?? [];
  const earlier = new Map(migrated.rows.map((row) => [keyOf(row, key), row]));
  const later = new Map(written.rows.map((row) => [keyOf(row, key), row]));
  const gone = new Set(deletedIn(thinned, earlier, key));
  for (const [name, row] of earlier) {
    const now = gone.has(name) ? undefined : later.get(name);
    if (now !== undefined && sameRow(row, now)) continue;
    followed(groupOf(row), (only) => {
      if (now === undefined) only.optional = true;
      else update(only, row, now, columns, before);
    });
  }
  const rows = [...alike.values()].flat();
  for (const [name, row] of later) {
    if (!earlier.has(name) || gone.has(name)) rows.push(asWritten(row, columns));
  }
  return { rows, slack: 0, inserted: Math.max(0, migrated.rows.length - before.rows.length) };
}

/** Which of several alike it is, nobody can say: then each may hold anything. */
function followed(group: readonly ExpectedRow[], follow: (only: ExpectedRow) => void): void {
  const [only, ...others] = group;
  if (only !== undefined && others.length === 0) follow(only);
  else for (const each of group) Object.assign(each, anyRow(each.cells));
}

function groupedBy(rows: readonly Row[], positions: readonly number[]): Map<string, ExpectedRow[]> {
  const groups = new Map<string, ExpectedRow[]>();
  for (const row of rows) {
    const name = keyOf(row, positions);
    groups.set(name, [...(groups.get(name) ?? []), asItWas(row)]);
  }
  return groups;
}

function anyRow(columns: readonly unknown[]): ExpectedRow {
  return { cells: columns.map(() => undefined), written: true, optional: true };
}

function byContent(
  before: TableRows,
  { migrated, written }: Meanwhile,
  columns: readonly Column[],
): ExpectedTable {
  const left = counted(migrated.rows.map(textOf));
  const born = written.rows.filter((row) => !take(left, textOf(row)));
  const deleted = [...left.values()].reduce((sum, count) => sum + count, 0);
  const rows = before.rows.map((row) => asItWas(row));
  rows.push(...born.map((row) => asWritten(row, columns)));
  const inserted = Math.max(0, migrated.rows.length - before.rows.length);
  return { rows, slack: deleted, inserted };
}

function asItWas(row: Row): ExpectedRow {
  return { cells: [...row], written: false, optional: false };
}

function asWritten(row: Row, columns: readonly Column[]): ExpectedRow {
  const cells = columns.map(({ now, comparable }) => (comparable ? row[now] : undefined));
  return { cells, written: true, optional: false };
}

export function keyOf(row: readonly Cell[], positions: readonly number[]): string {
  return JSON.stringify(positions.map((position) => row[position]));
}

export function textOf(row: readonly Cell[]): string {
  return JSON.stringify(row);
}

function sameRow(a: Row, b: Row): boolean {
  return a.every((value, index) => value === b[index]);
}

/** How often each text occurs. */
export function counted(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

/** One of that text, if there is one left. */
export function take(counts: Map<string, number>, text: string): boolean {
  const count = counts.get(text) ?? 0;
  if (count > 1) counts.set(text, count - 1);
  else counts.delete(text);
  return count > 0;
}
