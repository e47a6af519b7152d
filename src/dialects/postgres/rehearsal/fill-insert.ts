// Owns: bringing made-up rows into a table: many at once, and where the server refuses, in halves
// until the culprits are alone; then others in their place. Every statement is its own transaction.

import type { Session } from "../../dialect.ts";
import { inHalves, type Patience, type Refusal, refusalOf } from "./fill-refusal.ts";
import { cellSql, type MadeRow, type RowMaker } from "./fill-rows.ts";
import type { TableShape } from "./table-shapes.ts";

/** Rows per statement, and tables per batch. */
const chunk = { rows: 500, tables: 40 };

/** Rounds of rows in place of others, and how many may bring nothing: of refusals, of equal keys. */
const rounds = { all: 8, refused: 2, taken: 4 };

/** Refused statements after which a table is given up. */
const refusals = 40;

/** Single rows that are tried to find out what the server wants. */
const probes = 10;

/** A table and the rows to begin with. */
export interface Filler {
  table: TableShape;
  maker: RowMaker;
  first: readonly MadeRow[];
}

export interface Inserted {
  count: number;
  /** The server's last refusal. */
  refusal?: Refusal | undefined;
}

/**
 * All first rows of many tables without triggers or rules, whose statements do all of it or fail.
 * Returns those that are done.
 */
export async function insertBatch<T extends Filler>(
  session: Session,
  fillers: readonly T[],
): Promise<Set<T>> {
  const done = new Set<T>();
  for (let from = 0; from < fillers.length; from += chunk.tables) {
    await inHalves(fillers.slice(from, from + chunk.tables), { left: 12 }, async (some) => {
      // Statements of one text are one transaction.
      await session.run(some.map(({ table, first }) => insertSql(table, first)).join(";\n"));
      for (const each of some) done.add(each);
    });
  }
  return done;
}

/** `wanted` rows, or fewer. */
export async function insertRows(
  session: Session,
  { table, maker, first }: Filler,
  wanted: number,
): Promise<Inserted> {
  const patience: Patience = { left: refusals };
  let count = await insertAll(session, table, first, patience);
  if (count < wanted && patience.last !== undefined) {
    count += await probe(session, table, maker, patience);
  }
  const kinds = patience.last
    ? (["hinted", "wild", "plain"] as const)
    : (["plain", "wild"] as const);
  const idlers = patience.last ? rounds.refused : rounds.taken;
  for (let round = 0, idle = 0; round < rounds.all && idle < idlers; round++) {
    if (count >= wanted || patience.left <= 0) break;
    const rows = maker.others(wanted - count, kinds[round % kinds.length] ?? "plain", round + 1);
    const more = await insertAll(session, table, rows, patience);
    count += more;
    idle = more === 0 ? idle + 1 : 0;
  }
  return { count, refusal: patience.last };
}

/** Something other than the values, a trigger or a function in a check, decides; by what, shows. */
async function probe(
  session: Session,
  table: TableShape,
  maker: RowMaker,
  patience: Patience,
): Promise<number> {
  for (const row of maker.others(probes, "hinted", 1)) {
    const count = await insertAll(session, table, [row], patience);
    if (count > 0) maker.praise(row);
    if (count > 0 || patience.left <= 0) return count;
  }
  return 0;
}

async function insertAll(
  session: Session,
  table: TableShape,
  rows: readonly MadeRow[],
  patience: Patience,
  before = "",
): Promise<number> {
  // Equal keys are no refusal. Rules, and keys that are checked later, exclude ON CONFLICT.
  const after = table.conflicts && table.columns.length > 0 ? " ON CONFLICT DO NOTHING" : "";
  let count = 0;
  for (let from = 0; from < rows.length; from += chunk.rows) {
    await inHalves(rows.slice(from, from + chunk.rows), patience, async (some) => {
      count += await session.run(before + insertSql(table, some) + after);
    });
  }
  return count;
}

/** The same without the application's triggers; only a superuser may. */
export async function insertUntriggered(
  session: Session,
  table: TableShape,
  rows: readonly MadeRow[],
): Promise<number> {
  // Statements of one text are one transaction, and the setting ends with it.
  const before = "SET LOCAL session_replication_role = replica; ";
  return insertAll(session, table, rows, { left: 10 }, before);
}

/** Rows of several tables by one statement: foreign keys are checked at its end. */
export async function insertTogether(
  session: Session,
  fillers: readonly Filler[],
): Promise<Inserted[]> {
  const parts = fillers.map(
    ({ table, first }, place) => `i${place} AS (${insertSql(table, first)} RETURNING 1)`,
  );
  const counts = fillers.map(
    (_, place) => `(SELECT pg_catalog.count(*)::pg_catalog.int4 FROM i${place}) AS n${place}`,
  );
  try {
    const sql = `WITH ${parts.join(", ")} SELECT ${counts.join(", ")}`;
    const [row = {}] = await session.query<Record<string, number>>(sql);
    return fillers.map((_, place) => ({ count: row[`n${place}`] ?? 0 }));
  } catch (error) {
    const refusal = refusalOf(error);
    return fillers.map(() => ({ count: 0, refusal }));
  }
}

/** Literals take the type of their column, so none needs to be named. */
function insertSql(table: TableShape, rows: readonly MadeRow[]): string {
  const into = `INSERT INTO ${table.name}`;
  const given = table.columns.flatMap((_, at) =>
    rows.some((row) => row[at] !== undefined) ? at : [],
  );
  const columns = given.length > 0 ? given : table.columns.slice(0, 1).map(() => 0);
  if (columns.length === 0) return rows.map(() => `${into} DEFAULT VALUES`).join(";\n");
  const names = columns.map((at) => table.columns[at]?.sql).join(", ");
  const forced = given.some((at) => table.columns[at]?.always) ? " OVERRIDING SYSTEM VALUE" : "";
  const values = rows.map((row) => `(${columns.map((at) => cellSql(row[at])).join(", ")})`);
  return `${into} (${names})${forced} VALUES ${values.join(",\n")}`;
}
