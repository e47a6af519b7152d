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
  written: TableRows;
}

export function expectTable(before: TableRows, meanwhile: Meanwhile | undefined): ExpectedTable {
  if (meanwhile === undefined) {
    return { rows: before.rows.map((row) => asItWas(row)), slack: 0, inserted: 0 };
  }
  const columns = columnsOf(before, meanwhile.migrated);
  const key = before.key?.map((position) => columns[position]?.now ?? -1);
  return key !== undefined && !key.includes(-1)
    ? byKey(before, meanwhile, columns, before.key ?? [], key)
    : byContent(before, meanwhile, columns);
}

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
  { migrated, written }: Meanwhile,
  columns: readonly Column[],
  keyBefore: readonly number[],
  keyNow: readonly number[],
): ExpectedTable {
  const expected = new Map<string, ExpectedRow>();
  for (const row of before.rows) expected.set(keyOf(row, keyBefore), asItWas(row));
  const earlier = new Map(migrated.rows.map((row) => [keyOf(row, keyNow), row]));
  const later = new Map(written.rows.map((row) => [keyOf(row, keyNow), row]));
  let inserted = 0;
  for (const [key, row] of earlier) {
    const known = expected.get(key);
    if (known === undefined) inserted += 1;
    const now = later.get(key);
    if (now === undefined) expected.delete(key);
    else if (known !== undefined) update(known, row, now, columns, before);
    else if (!sameRow(row, now)) {
      const anything = columns.map(() => undefined);
      expected.set(key, { cells: anything, written: true, optional: true });
    }
  }
  for (const [key, row] of later) {
    if (!earlier.has(key)) expected.set(key, asWritten(row, columns));
  }
  return { rows: [...expected.values()], slack: 0, inserted };
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
