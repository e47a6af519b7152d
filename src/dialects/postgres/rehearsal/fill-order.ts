// Owns: the order in which tables are filled, so that foreign keys find rows to refer to, and what to
// do where tables refer to each other in a circle.

import type { ForeignKeyShape, TableShape } from "./table-shapes.ts";

/** Tables that are filled by one statement; more than one when their keys, which refuse NULL, form a circle. */
export type Turn = TableShape[];

export interface FillOrder {
  /** Tables of one wave do not refer to each other, but for those of one turn. */
  waves: Turn[][];
  /** Keys that are NULL at first and get their values when all tables have rows. */
  late: Set<ForeignKeyShape>;
  /** Keys between tables of one turn. */
  circular: Set<ForeignKeyShape>;
}

export function orderOf(tables: readonly TableShape[]): FillOrder {
  const order: FillOrder = { waves: [], late: new Set(), circular: new Set() };
  const waiting = new Map(tables.map((table) => [table.oid, table]));
  const needs = needsOf(tables, waiting);
  while (waiting.size > 0) {
    const free = [...waiting.values()].filter((table) => needs(table, false).length === 0);
    const wave =
      free.length > 0 ? free.map((table) => [table]) : [nextTurn([...waiting.values()], needs)];
    for (const turn of wave) settleKeys(turn, waiting, order);
    for (const { oid } of wave.flat()) waiting.delete(oid);
    order.waves.push(wave);
  }
  return order;
}

/** What becomes of the keys that refer to tables which have no rows yet. */
function settleKeys(turn: Turn, waiting: ReadonlyMap<string, TableShape>, order: FillOrder): void {
  for (const table of turn) {
    for (const key of table.foreignKeys.filter(({ target }) => waiting.has(target))) {
      if (!refusesNull(table, key)) order.late.add(key);
      else if (turn.some(({ oid }) => oid === key.target)) order.circular.add(key);
    }
  }
}

/** What a table waits for, by way of all its keys or of those that refuse NULL. */
type Needs = (table: TableShape, hard: boolean) => string[];

function needsOf(tables: readonly TableShape[], waiting: ReadonlyMap<string, TableShape>): Needs {
  const parts = partsOf(tables);
  return (table, hard) => {
    const keys = table.foreignKeys.filter((key) => !hard || refusesNull(table, key));
    // A partitioned table has the rows of its partitions.
    const all = [...keys.map(({ target }) => target), ...(parts.get(table.oid) ?? [])];
    return all.filter((oid) => oid !== table.oid && waiting.has(oid));
  };
}

/** Where no table is free: of those that wait for each other only, the one that lacks least. */
function nextTurn(tables: readonly TableShape[], needs: Needs): Turn {
  const circle = circleIn(tables, (table) => needs(table, false));
  const [least] = circle
    .filter((table) => needs(table, true).length === 0)
    .sort((a, b) => needs(a, false).length - needs(b, false).length);
  return least ? [least] : circleIn(circle, (table) => needs(table, true));
}

function refusesNull(table: TableShape, { columns, full }: ForeignKeyShape): boolean {
  const required = columns.map((at) => table.columns[at]?.required === true);
  return full ? required.includes(true) : !required.includes(false);
}

/** Partitions by the oid of the table they are parts of. */
export function partsOf(tables: readonly TableShape[]): Map<string, string[]> {
  const parts = new Map<string, string[]>();
  for (const { oid, parent } of tables) {
    if (parent !== null) parts.set(parent, [...(parts.get(parent) ?? []), oid]);
  }
  return parts;
}

/** Tables that need each other and nothing else. There are such where no table is free. */
function circleIn(
  tables: readonly TableShape[],
  needs: (table: TableShape) => string[],
): TableShape[] {
  const byOid = new Map(tables.map((table) => [table.oid, table]));
  const reach = (from: TableShape): Set<string> => {
    const reached = new Set<string>();
    const open = [from];
    for (let table = open.pop(); table !== undefined; table = open.pop()) {
      for (const oid of needs(table)) {
        const next = byOid.get(oid);
        if (next === undefined || reached.has(oid)) continue;
        reached.add(oid);
        open.push(next);
      }
    }
    return reached;
  };
  const reaches = new Map(tables.map((table) => [table.oid, reach(table)]));
  const circle = tables.find((table) =>
    [...(reaches.get(table.oid) ?? [])].every((oid) => reaches.get(oid)?.has(table.oid)),
  );
  const members = circle && reaches.get(circle.oid);
  return members === undefined ? [...tables] : tables.filter(({ oid }) => members.has(oid));
}
