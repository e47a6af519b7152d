// Owns: filling the tables of a database with made-up rows, in an order in which foreign keys find
// rows to refer to. A table that refuses its rows is told of, never thrown; a lost connection is
// thrown. Every statement is its own transaction, and no setting of the session is changed.

import type { Session } from "../../dialect.ts";
import type { Filled, FillOptions } from "../../rehearsal.ts";
import { quote } from "../names.ts";
import { settleLate } from "./fill-late.ts";
import { type Filling, givenTo } from "./fill-makers.ts";
import { orderOf, partsOf, type Turn } from "./fill-order.ts";
import { Parents } from "./fill-parents.ts";
import { refusalOf } from "./fill-refusal.ts";
import { fillWave } from "./fill-wave.ts";
import { boundsOf, readShapes, rowsOf, type TableShape } from "./table-shapes.ts";
import { learnValues } from "./values-learned.ts";

/** Partitions whose bounds are tried when rows go in by way of the whole. */
const partsTried = 50;

/** In the order of table names. */
export async function fill(session: Session, options: FillOptions): Promise<Filled[]> {
  const shapes = await readShapes(session);
  const all = new Map(shapes.tables.map((table) => [table.oid, table]));
  const { tables, absent } = await choose(session, shapes.tables, options);
  const filling: Filling = {
    ...{ session, options, order: orderOf(tables) },
    parents: new Parents(session, all, options),
    around: await learnValues(session, shapes, options.rows),
  };
  const filled = new Map(absent.map((each) => [each.table, each]));
  const parts = partsOf(tables);
  const fillWaves = async (waves: readonly Turn[][]) => {
    for (const wave of waves) {
      const whole = wave
        .flat()
        .filter(({ partitioned, name }) => partitioned && !options.only?.has(name));
      for (const table of whole) filled.set(table.name, sumOf(table, parts, all, filled));
      const turns = wave.map((turn) => turn.filter((table) => !whole.includes(table)));
      for (const each of await fillWave(filling, turns)) filled.set(each.table, each);
    }
  };
  await fillWaves(filling.order.waves);
  for (const table of tables) {
    const given = givenTo(table, options);
    for (const key of table.foreignKeys.filter((each) => filling.order.late.has(each))) {
      const target = all.get(key.target);
      const able = key.columns.every((at) => given?.has(at) ?? true);
      if (target !== undefined && able) await settleLate(session, table, key, target);
    }
  }
  if (tables.some(({ triggers }) => triggers)) {
    const emptied = await emptyOf(session, tables, filled);
    await fillWaves(emptied.map((table) => [[table]]));
  }
  return [...filled.values()].sort((a, b) => (a.table < b.table ? -1 : 1));
}

/** Tables whose rows are gone again: other tables' triggers may have removed them. */
async function emptyOf(
  session: Session,
  tables: readonly TableShape[],
  filled: ReadonlyMap<string, Filled>,
): Promise<TableShape[]> {
  const some = tables.filter(({ name }) => (filled.get(name)?.inserted ?? 0) > 0);
  if (some.length === 0) return [];
  const parts = some.map(
    (table, at) => `SELECT ${at} AS t WHERE NOT EXISTS (SELECT FROM ${rowsOf(table)})`,
  );
  try {
    const rows = await session.query<{ t: number }>(parts.join(" UNION ALL "));
    return rows.flatMap(({ t }) => some[t] ?? []);
  } catch (error) {
    refusalOf(error);
    return [];
  }
}

/** The tables to fill, and what the server says of those, or of columns, that are not there. */
async function choose(
  session: Session,
  tables: readonly TableShape[],
  { only }: FillOptions,
): Promise<{ tables: TableShape[]; absent: Filled[] }> {
  if (only === undefined) return { tables: [...tables], absent: [] };
  const chosen: TableShape[] = [];
  const absent: Filled[] = [];
  for (const [name, columns] of only) {
    const table = tables.find((each) => each.name === name);
    const unknown = columns.filter(
      (column) => !table?.columns.some((each) => each.name === column),
    );
    if (table !== undefined && unknown.length === 0) {
      chosen.push(table.partitioned ? byWayOfWhole(table, tables) : table);
      continue;
    }
    const names = unknown.length > 0 ? `(${unknown.map(quote).join(", ")})` : "";
    const values =
      unknown.length > 0 ? `VALUES (${unknown.map(() => "NULL").join(", ")})` : "DEFAULT VALUES";
    try {
      await session.run(`INSERT INTO ${name} ${names} ${values}`);
    } catch (error) {
      absent.push({ table: name, inserted: 0, why: refusalOf(error).words });
    }
  }
  chosen.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { tables: chosen, absent };
}

/** A row of a partitioned table has to fit one of its partitions. */
function byWayOfWhole(table: TableShape, tables: readonly TableShape[]): TableShape {
  const parts = partsOf(tables);
  const byOid = new Map(tables.map((each) => [each.oid, each]));
  const leaves = (oid: string): TableShape[] =>
    (parts.get(oid) ?? []).flatMap((part) => {
      const each = byOid.get(part);
      if (each === undefined) return [];
      return each.partitioned ? leaves(part) : [each];
    });
  const bounds = leaves(table.oid)
    .slice(0, partsTried)
    .map(({ checks }) => checks.find(({ name }) => name === undefined)?.sql ?? "true");
  if (bounds.length === 0) return table;
  const any = boundsOf(bounds.map((each) => `(${each})`).join(" OR "), table.columns);
  return { ...table, checks: [...table.checks, any] };
}

/** Its rows are those of its partitions. */
function sumOf(
  table: TableShape,
  parts: ReadonlyMap<string, string[]>,
  all: ReadonlyMap<string, TableShape>,
  filled: ReadonlyMap<string, Filled>,
): Filled {
  const own = (parts.get(table.oid) ?? []).flatMap(
    (oid) => filled.get(all.get(oid)?.name ?? "") ?? [],
  );
  const inserted = own.reduce((sum, each) => sum + each.inserted, 0);
  const why = own.find((each) => each.why !== undefined)?.why;
  if (own.length === 0) return { table: table.name, inserted, why: "it has no partition" };
  return { table: table.name, inserted, ...(why === undefined ? {} : { why }) };
}
