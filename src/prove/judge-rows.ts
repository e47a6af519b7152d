// Owns: the judgement about rows after a rollback: which are gone, which hold another value, which
// were left behind, and which sequences would give out values again. Pure; it knows only what was
// read from the database.

import type { Conflict, Loss } from "../core/plan.ts";
import type { Contents, Row, SequencePlace, TableRows } from "../dialects/rehearsal.ts";
import { withConflicts } from "./expect-conflicts.ts";
import {
  type Cell,
  type ExpectedRow,
  type ExpectedTable,
  expectTable,
  keyOf,
  textOf,
} from "./expect-rows.ts";
import { successorOf } from "./succession.ts";

/** A database's contents at the stations of a rehearsal. */
export interface Stations {
  before: Contents;
  /** After the up. */
  migrated: Contents;
  /** After the writers that followed it. */
  written: Contents;
  /** In between, when they had deleted, and inserted nothing yet; absent: they deleted nothing. */
  thinned?: Contents | undefined;
  /** After the rollback. */
  back: Contents;
  /** What the rollback says that it left as it is. */
  conflicts?: readonly Conflict[];
}

export interface RowJudgement {
  /** Rows that had to be there after the rollback. */
  checked: number;
  /** Of these, rows that are gone or hold another value. */
  lost: number;
  losses: Loss[];
}

export function judgeRows(stations: Stations): RowJudgement {
  const { before, migrated, thinned, written, back, conflicts = [] } = stations;
  const judgement: RowJudgement = { checked: 0, lost: 0, losses: [] };
  // Each may have taken a value of a sequence.
  let inserted = rowsIn(written) > rowsIn(migrated) ? rowsIn(written) - rowsIn(migrated) + 10 : 0;
  for (const table of before.tables) {
    const now = successorOf(table, before.tables, migrated.tables);
    const later = now && written.tables.find(({ identity }) => identity === now.identity);
    const thin = now && thinned?.tables.find(({ identity }) => identity === now.identity);
    const meanwhile = now && later && { migrated: now, thinned: thin, written: later };
    const all = expectTable(table, meanwhile);
    const expected = meanwhile ? withConflicts(table, all, meanwhile, conflicts) : all;
    inserted += expected.inserted;
    const found = back.tables.find((each) => each.name === table.name);
    judgeTable(table, expected, found, judgement);
  }
  for (const place of before.sequences) {
    const loss = judgeSequence(place, { before, migrated, written, back }, inserted);
    if (loss !== undefined) judgement.losses.push(loss);
  }
  return judgement;
}

function rowsIn({ tables }: Contents): number {
  return tables.reduce((sum, { rows }) => sum + rows.length, 0);
}

// --------------------------------------------------------------------------------------- tables

interface Tally {
  gone: { before: string[]; written: string[] };
  /** By column. */
  changed: Map<string, string[]>;
  extra: string[];
}

function judgeTable(
  table: TableRows,
  expected: ExpectedTable,
  back: TableRows | undefined,
  judgement: RowJudgement,
): void {
  const firm = expected.rows.filter((row) => !row.optional);
  judgement.checked += firm.length;
  if (back === undefined) {
    judgement.lost += firm.length;
    if (firm.length > 0) {
      const why = "the rollback does not bring the table back";
      judgement.losses.push({ object: `table ${table.name}`, why, rows: firm.length });
    }
    return;
  }
  const tally: Tally = { gone: { before: [], written: [] }, changed: new Map(), extra: [] };
  judgement.lost += new Matching(table, expected, back, tally).lost();
  judgement.losses.push(...lossesOf(table, tally));
}

/** The rows expected and the rows found, side by side. */
class Matching {
  private readonly table: TableRows;
  private readonly expected: ExpectedTable;
  private readonly tally: Tally;
  /** Found rows in the order of the table's own columns; a missing column has undefined cells. */
  private readonly found: (readonly Cell[])[];
  private readonly missing: boolean[];

  constructor(table: TableRows, expected: ExpectedTable, back: TableRows, tally: Tally) {
    this.table = table;
    this.expected = expected;
    this.tally = tally;
    const positions = table.columns.map(({ name }) =>
      back.columns.findIndex((each) => each.name === name),
    );
    this.missing = positions.map((position) => position < 0);
    this.found = back.rows.map((row: Row) => positions.map((position) => row[position]));
  }

  /** Fills the tally; returns how many expected rows are not as they have to be. */
  lost(): number {
    const { key } = this.table;
    const keyed =
      key !== undefined &&
      !key.some((position) => this.missing[position]) &&
      isUnique(this.expected.rows, key);
    const name = (row: readonly Cell[]) => (keyed ? keyOf(row, key) : textOf(row));
    const left = new Map<string, (readonly Cell[])[]>();
    for (const row of this.found) {
      const same = left.get(name(row));
      if (same === undefined) left.set(name(row), [row]);
      else same.push(row);
    }
    let lost = 0;
    const unmatched: ExpectedRow[] = [];
    for (const row of firmFirst(this.expected.rows)) {
      const known = keyed ? !key.some((at) => row.cells[at] === undefined) : true;
      const same = known ? left.get(name(row.cells))?.shift() : undefined;
      if (same === undefined) unmatched.push(row);
      else if (this.changed(row, same)) lost += 1;
    }
    return lost + this.matchLoosely(unmatched, [...left.values()].flat());
  }

  /** Rows whose key or whole content is not known; one that agrees in what is known will do. */
  private matchLoosely(unmatched: readonly ExpectedRow[], left: (readonly Cell[])[]): number {
    let lost = 0;
    let slack = this.expected.slack;
    for (const row of firmFirst(unmatched)) {
      const agrees = (other: readonly Cell[]) =>
        row.cells.every((cell, at) => cell === undefined || cell === other[at]);
      const isLoose = row.cells.includes(undefined) || this.missing.includes(true);
      const at = isLoose ? left.findIndex(agrees) : -1;
      if (at >= 0) left.splice(at, 1);
      else if (row.optional || (!row.written && slack-- > 0)) continue;
      else {
        lost += 1;
        this.tally.gone[row.written ? "written" : "before"].push(shownRow(this.table, row.cells));
      }
    }
    this.tally.extra.push(...left.map((row) => shownRow(this.table, row)));
    return lost;
  }

  private changed(expected: ExpectedRow, found: readonly Cell[]): boolean {
    let changed = false;
    expected.cells.forEach((cell, at) => {
      const isOld = expected.not !== undefined && at in expected.not;
      if (cell === undefined && isOld && expected.not?.[at] === found[at]) {
        changed = true;
        this.note(at, `${shownRow(this.table, expected.cells)}: what was written since is gone`);
      }
      if (cell === undefined || cell === found[at]) return;
      changed = true;
      const where = shownRow(this.table, expected.cells);
      const is = this.missing[at] ? "is gone" : `is ${shownCell(found[at])}`;
      this.note(at, `${where}: ${shownCell(cell)} ${is}`);
    });
    return changed;
  }

  private note(at: number, line: string): void {
    const column = this.table.columns[at]?.name ?? "";
    const list = this.tally.changed.get(column) ?? [];
    list.push(line);
    this.tally.changed.set(column, list);
  }
}

/** A row that has to be there comes before one like it that need not. */
function firmFirst(rows: readonly ExpectedRow[]): ExpectedRow[] {
  return [...rows].sort((a, b) => Number(a.optional) - Number(b.optional));
}

/** Later rows may have been allowed a key that another has already. */
function isUnique(rows: readonly ExpectedRow[], key: readonly number[]): boolean {
  const firm = rows.filter(({ cells }) => !key.some((at) => cells[at] === undefined));
  return new Set(firm.map(({ cells }) => keyOf(cells, key))).size === firm.length;
}

function lossesOf({ name }: TableRows, { gone, changed, extra }: Tally): Loss[] {
  const losses: Loss[] = [];
  const add = (object: string, why: string, examples: readonly string[]) => {
    if (examples.length === 0) return;
    losses.push({ object, why: `${why}, e.g. ${examples[0]}`, rows: examples.length });
  };
  for (const [column, examples] of changed) {
    add(`column ${name}.${column}`, "another value after the rollback", examples);
  }
  add(`rows of ${name}`, "gone after the rollback", gone.before);
  add(`rows written to ${name} after the migration`, "gone after the rollback", gone.written);
  add(`rows of ${name}`, "left behind by the rollback", extra);
  return losses;
}

/** By its key where it has one: `id = 7`. */
function shownRow({ columns, key }: TableRows, cells: readonly Cell[]): string {
  const positions = key ?? columns.map((_, at) => at).slice(0, 4);
  const parts = positions
    .filter((at) => cells[at] !== undefined)
    .map((at) => `${columns[at]?.name} = ${shownCell(cells[at])}`);
  return parts.join(", ") || "a row";
}

function shownCell(cell: Cell): string {
  if (cell === null || cell === undefined) return "NULL";
  const text = cell.length > 60 ? `${cell.slice(0, 59)}…` : cell;
  return JSON.stringify(text);
}

// ------------------------------------------------------------------------------------ sequences

/**
 * Behind is what hurts: the next rows would take keys that exist. Ahead is a gap, and told when
 * nothing but an explicit setval explains it.
 */
function judgeSequence(
  was: SequencePlace,
  { before, migrated, written, back }: Stations,
  inserted: number,
): Loss | undefined {
  const is = back.sequences.find((each) => each.name === was.name);
  // Its absence is a difference of the catalog.
  if (is === undefined) return undefined;
  const up = successorOf(was, before.sequences, migrated.sequences);
  const later = up && written.sequences.find(({ identity }) => identity === up.identity);
  const drawn = later !== undefined && up !== undefined && later.next !== up.next;
  const sign = was.ascending ? 1n : -1n;
  const ahead = (from: SequencePlace | undefined) => (is.next - (from ?? was).next) * sign;
  const object = `sequence ${was.name}`;
  const places = `it would give ${is.next}, before the migration ${was.next}`;
  if (ahead(was) < 0n || (drawn && up.next * sign >= was.next * sign && ahead(later) < 0n)) {
    const why = `behind after the rollback: ${places}${drawn ? `, and ${later.next} is next since` : ""}`;
    return { object, why, rows: null };
  }
  // Each row that came with the migration may have taken a value, or a few where it counts in steps.
  if (!drawn && ahead(was) > BigInt(inserted) * 100n) {
    return { object, why: `elsewhere after the rollback: ${places}`, rows: null };
  }
  return undefined;
}
