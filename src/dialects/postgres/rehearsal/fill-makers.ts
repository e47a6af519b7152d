// Owns: what the maker of a table's rows gets to know: which rows its foreign keys may refer to, which
// keys it has to make because others count on them, which columns it may give values for.

import type { Session } from "../../dialect.ts";
import type { FillOptions } from "../../rehearsal.ts";
import type { FillOrder } from "./fill-order.ts";
import type { Parents, Referenced } from "./fill-parents.ts";
import { RowMaker } from "./fill-rows.ts";
import type { ForeignKeyShape, TableShape } from "./table-shapes.ts";
import { type Surroundings, valuesOf } from "./values-of-type.ts";
import { Random } from "./values-random.ts";

/** What the filling of all tables has in common. */
export interface Filling {
  session: Session;
  options: FillOptions;
  parents: Parents;
  around: Surroundings;
  order: FillOrder;
}

/** Keys promised to other rows of the same statement: far from what a sequence gives. */
const promisedFrom = 1_000_000;

/** Of the rows that a key may refer to: some are left alone, so that they can be deleted. */
const referredShare = 3 / 4;

/** Keys whose rows have to be loaded before. */
export function keysToLoad({ order }: Filling, table: TableShape): ForeignKeyShape[] {
  return table.foreignKeys.filter((key) => !order.late.has(key) && !order.circular.has(key));
}

/** `turn`: the tables that are filled by the same statement, this one among them. */
export function makerOf(
  filling: Filling,
  turn: readonly TableShape[],
  table: TableShape,
): RowMaker {
  const { options, parents, around, order } = filling;
  const promise = (of: TableShape, at: number, index: number) => {
    const { type, modifier } = of.columns[at] ?? {};
    const values = type && valuesOf(type, modifier ?? -1, around);
    return values?.ordinary(promisedFrom + index) ?? `${promisedFrom + index}`;
  };
  const referred = new Map<ForeignKeyShape, Referenced[]>();
  for (const key of keysToLoad(filling, table)) {
    const all = parents.of(table, key);
    const most = Math.ceil(all.length * referredShare);
    referred.set(key, isUnique(table, key) ? all : all.slice(0, most));
  }
  const promised = new Map<number, (index: number) => string>();
  for (const source of turn) {
    for (const key of source.foreignKeys.filter((each) => order.circular.has(each))) {
      const target = turn.find(({ oid }) => oid === key.target) ?? table;
      const positions = positionsOf(key, target);
      if (target === table) {
        for (const at of positions) promised.set(at, (index) => promise(table, at, index));
      }
      if (source === table) {
        const row = (index: number) => positions.map((at) => promise(target, at, index));
        referred.set(
          key,
          promisedRows(options.rows, target === table && !isUnique(table, key), row),
        );
      }
    }
  }
  return new RowMaker({
    ...{ table, around, rows: options.rows, parents: referred, late: order.late, promised },
    random: new Random(options.seed, table.name),
    given: givenTo(table, options),
  });
}

/** Row n refers to row n of the other table, or, in a hierarchy, to one before it. */
function promisedRows(rows: number, hierarchy: boolean, row: (index: number) => string[]) {
  return Array.from({ length: rows }, (_, n) => row(hierarchy ? n >> 1 : n));
}

function positionsOf({ targetColumns }: ForeignKeyShape, target: TableShape): number[] {
  return targetColumns.map((name) => target.columns.findIndex((column) => column.name === name));
}

/** No two rows may refer to the same. */
function isUnique(table: TableShape, { columns }: ForeignKeyShape): boolean {
  return table.keys.some((key) => key.columns.every((at) => columns.includes(at)));
}

/** Positions of the columns to give values for; undefined: all. */
export function givenTo(table: TableShape, { only }: FillOptions): Set<number> | undefined {
  const names = only?.get(table.name) ?? [];
  if (names.length === 0) return undefined;
  return new Set(table.columns.flatMap(({ name }, at) => (names.includes(name) ? at : [])));
}
