// Owns: the same writes on two databases, one of which has been migrated: what the server refuses
// or what has another effect on either is done on neither.

import type { Session } from "../../../src/dialects/dialect.ts";
import { type Column, edgeValue, keyValue, type Table, tablesOf } from "./edge-rows.ts";

const rowsPerTable = 12;

/** A table as it was before, and what it is called now. */
interface Place {
  was: Table;
  name: string;
  columns: (Column & { now: string })[];
}

/** Fills every table. Both databases are as yet the same. */
export async function fillBoth(plain: Session, migrated: Session): Promise<number> {
  const places = placesOf(await tablesOf(plain), await tablesOf(migrated));
  let written = 0;
  for (const place of places) {
    for (let row = 0; row < rowsPerTable; row++) {
      const tries = [row, 0].map((seed) => (now: boolean) => insert(place, row, seed, now));
      for (const write of tries) {
        if (!(await both(plain, migrated, write))) continue;
        written++;
        break;
      }
    }
  }
  return written;
}

/** What an application writes that knows the tables and columns of `before`. */
export async function writeBoth(plain: Session, migrated: Session, before: Table[]) {
  const places = placesOf(before, await tablesOf(migrated));
  let written = 0;
  for (const place of places) {
    const writes: Write[] = [];
    for (let row = 100; row < 106; row++)
      writes.push((now) => insert(place, row, row % 2 && row, now));
    // Rows that were there before, of the planted ones and of the filled ones.
    for (const key of [1, 2, 3, 5001, 5002, 5003, 5004]) {
      for (const column of place.columns) {
        if (place.was.key.includes(column.number)) continue;
        // The last one that the server takes stays.
        for (const seed of [0, key, key + 1]) {
          writes.push((now) => update(place, key, column, seed, now));
        }
      }
    }
    for (const key of [2, 5003, 5005]) writes.push((now) => remove(place, key, now));
    for (const write of writes) if (await both(plain, migrated, write)) written++;
  }
  return written;
}

type Statement = { sql: string; values: unknown[] } | undefined;
/** With the names of now, or those of before. */
type Write = (now: boolean) => Statement;

/** `seed` chooses the values, 0 harmless ones; `row` the key. */
function insert({ was, name, columns }: Place, row: number, seed: number, now: boolean): Statement {
  if (columns.length === 0) return undefined;
  const values = columns.map((column, index) =>
    was.key.includes(column.number)
      ? keyValue(column, row)
      : edgeValue(column, seed === 0 ? 0 : seed + index),
  );
  const names = columns.map((column) => (now ? column.now : column.name)).join(", ");
  const places = values.map((_, index) => `$${index + 1}`).join(", ");
  return {
    sql: `INSERT INTO ${now ? name : was.name} (${names}) OVERRIDING SYSTEM VALUE
      VALUES (${places})`,
    values,
  };
}

function update(
  place: Place,
  key: number,
  column: Place["columns"][number],
  seed: number,
  now: boolean,
) {
  const set = `${now ? column.now : column.name} = $1`;
  const value = edgeValue(column, seed);
  return byKey(place, key, now, (table, where) => ({
    sql: `UPDATE ${table} SET ${set} WHERE ${where}`,
    values: [value],
  }));
}

function remove(place: Place, key: number, now: boolean): Statement {
  return byKey(place, key, now, (table, where) => ({
    sql: `DELETE FROM ${table} WHERE ${where}`,
    values: [],
  }));
}

function byKey(
  { was, name, columns }: Place,
  key: number,
  now: boolean,
  make: (table: string, where: string) => Statement,
): Statement {
  const column = columns.find(({ number, type }) => number === was.key[0] && /int/.test(type));
  if (column === undefined) return undefined;
  return make(now ? name : was.name, `${now ? column.now : column.name} = ${key}`);
}

async function both(plain: Session, migrated: Session, write: Write): Promise<boolean> {
  const [old, now] = [write(false), write(true)];
  if (old === undefined || now === undefined) return false;
  const done = await attempt(plain, old);
  const alike = done === (await attempt(migrated, now)) && done > 0;
  for (const session of [plain, migrated]) await session.run(alike ? "COMMIT" : "ROLLBACK");
  return alike;
}

/** Rows changed; -1 when it failed. Leaves the transaction open. */
async function attempt(session: Session, { sql, values }: NonNullable<Statement>): Promise<number> {
  await session.run("BEGIN");
  try {
    const [first] = await session.query<{ n: number }>(
      `WITH done AS (${sql} RETURNING 1) SELECT count(*)::int AS n FROM done`,
      values,
    );
    // Deferred constraints must fail here, not at COMMIT.
    await session.run("SET CONSTRAINTS ALL IMMEDIATE");
    return first?.n ?? 0;
  } catch {
    return -1;
  }
}

/**
 * Where things of before are now: under their old name, unless that is now the name of another one
 * that was there before; else by identity. What is neither is not written.
 */
function placesOf(before: Table[], after: Table[]): Place[] {
  return before.flatMap((was) => {
    const is = find(after, before, was, (table) => table.oid);
    if (is === undefined) return [];
    const columns = was.columns.flatMap((column) => {
      const now = find(is.columns, was.columns, column, ({ number }) => number);
      return now === undefined ? [] : [{ ...column, now: now.name }];
    });
    return [{ was, name: is.name, columns }];
  });
}

function find<T extends { name: string }>(
  after: T[],
  before: T[],
  was: T,
  identity: (thing: T) => number,
): T | undefined {
  const named = after.find(({ name }) => name === was.name);
  const isAnother =
    named !== undefined &&
    before.some((other) => other !== was && identity(other) === identity(named));
  if (named !== undefined && !isAnother) return named;
  return after.find((thing) => identity(thing) === identity(was));
}
