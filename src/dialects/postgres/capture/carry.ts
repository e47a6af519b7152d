// Owns: rows written to a table that has taken the place of another one (a table rebuilt by hand:
// the old one renamed or dropped, one of its name made anew). The new table goes with a rollback;
// what was written to it since comes over to the old one.
//
// At the end of the migration the new table's rows are copied. The rollback, before anything else,
// keeps the differences as captured rows the other way round: a row that came since is one to put
// back. When the old table stands under its name again, they are merged into it as such. Columns
// that both have are carried, of rows that have the same key. Where the migration has put other
// values into the new table, a later one means something else in the old: that is a conflict.

import type { Lookup } from "../kind.ts";
import { literal, quote } from "../names.ts";
import { type ShelfId, shelfSchema } from "../shelf-names.ts";
import { rounded, sequencesAhead, validatedAgain } from "./carried.ts";
import { type Column, differs, hasKey, type KeyPart, newCell, oldCell, stored } from "./cells.ts";
import { inShelf } from "./shelf.ts";
import { type CapturedTable, readColumns, readKeys, readTargets, type Target } from "./targets.ts";
import { dropMerge, undoCapture } from "./undo.ts";

/** A table and the one that has its name now; oids. */
export interface Replaced {
  before: string;
  after: string;
}

export interface Carry {
  /** Run when all else of the migration has. */
  copy: string[];
  /** Run before anything else of the rollback, in its one transaction. */
  compare: string[];
  /** Run when all else of the rollback has. */
  merge: string[];
  /** Those whose later rows come over, as {@link CapturedTable.shown}. */
  tables: string[];
}

/** Undefined: none of them can be followed. */
export async function carryRows(
  catalog: Lookup,
  id: ShelfId,
  pairs: readonly Replaced[],
): Promise<Carry | undefined> {
  const { targets } = await readTargets(
    catalog,
    await tablesOf(
      catalog,
      pairs.map(({ after }) => after),
    ),
  );
  const carried: Carried[] = [];
  for (const target of targets) {
    const pair = pairs.find(({ after }) => after === target.oid);
    const each = pair && (await carriedTo(catalog, pair.before, target, carried.length + 1));
    if (each) carried.push(each);
  }
  if (carried.length === 0) return undefined;
  const targetsBack = carried.map(({ back }) => back);
  const firing = inShelf(id, "firing");
  return {
    copy: [
      `CREATE SCHEMA IF NOT EXISTS ${quote(shelfSchema(id))}`,
      ...carried.flatMap((each) => copied(id, each)),
    ],
    compare: [
      `LOCK TABLE ${targetsBack.map(({ sql }) => sql).join(", ")} IN SHARE ROW EXCLUSIVE MODE`,
      `CREATE SEQUENCE ${firing}`,
      // Three statements as it were: see `event` below.
      `SELECT pg_catalog.setval(${literal(firing)}, ${Object.keys(firings).length})`,
      ...carried.flatMap((each) => compared(id, each)),
    ],
    merge: [
      ...targetsBack.map((target) => deletedWhole(id, target)),
      ...undoCapture(id, targetsBack),
      ...targetsBack.map((target) => rounded(id, target)),
      ...dropMerge(id, targetsBack),
      ...targetsBack.map(sequencesAhead),
      validatedAgain,
      ...targetsBack.map(({ number }) => `DROP TABLE ${inShelf(id, "rows", number)} CASCADE`),
      `DROP SEQUENCE ${firing}`,
      `DROP SCHEMA ${quote(shelfSchema(id))}`,
    ],
    tables: targetsBack.map(({ shown }) => shown),
  };
}

interface Carried {
  /** Columns of the new table, in the order of those of `back`. */
  from: Column[];
  /** The old table under the name that both have. */
  back: Target;
}

async function carriedTo(
  catalog: Lookup,
  oid: string,
  after: Target,
  number: number,
): Promise<Carried | undefined> {
  const before = await readColumns(catalog, oid);
  const from: Column[] = [];
  const columns: Column[] = [];
  for (const column of after.columns) {
    const old = before.find(({ name, hidden }) => name === column.name && !hidden);
    if (column.hidden || old === undefined || !fits(column, old)) continue;
    from.push(byValue(column));
    columns.push(byValue(old));
  }
  const keys = await readKeys(catalog, after.oid, from);
  for (const known of keys) {
    const key = known.map((part) => ({ ...part, column: columns[part.at]! }));
    if (!(await tellsApart(catalog, oid, before, key))) continue;
    const { sql, shown } = after;
    const back = {
      ...{ oid, sql, shown, number, rows: sql, members: [], columns, key },
      ...{ byRow: false, partitioned: false, resolution: "not carried over" },
    };
    return { from, back };
  }
  return undefined;
}

/** Types whose values are the same ones, as far as they fit; those that do not are conflicts. */
const kin = [
  ["int2", "int4", "int8"],
  ["text", "varchar"],
];

function fits(column: Column, old: Column): boolean {
  const names = [column, old].map(nativeName);
  return column.type === old.type || kin.some((all) => names.every((name) => all.includes(name)));
}

/** Some names need quotes (`pg_catalog."varchar"`); empty for a type of the user's. */
function nativeName({ native, type }: Column): string {
  return native ? type.replaceAll('"', "").slice("pg_catalog.".length) : "";
}

/** The two tables may hold the same value in another form: 2.00 and 2.0000. */
function byValue(column: Column): Column {
  const isPadded = ["numeric", "bpchar"].includes(nativeName(column));
  return isPadded ? { ...column, exact: true } : column;
}

/** Without the length or scale that the table's own type has: the other table has another. */
function image(column: Column): string {
  const value = stored(column, "t");
  return column.native ? `CAST(${value} AS ${column.type})` : value;
}

/** A constraint may be gone for the moment; then the rows say it. Nobody writes them any more. */
async function tellsApart(
  catalog: Lookup,
  oid: string,
  columns: readonly Column[],
  key: readonly KeyPart[],
): Promise<boolean> {
  const names = key.map(({ column }) => column.name);
  const [table] = await catalog.rows<{ sql: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS sql FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.oid = $1::oid AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND (c.relkind = 'p' OR NOT EXISTS (SELECT FROM pg_inherits WHERE c.oid IN (inhrelid, inhparent)))`,
    [oid],
  );
  if (table === undefined) return false;
  const known = await readKeys(catalog, oid, columns);
  if (known.some((each) => each.every(({ column }) => names.includes(column.name)))) return true;
  const [twice] = await catalog.rows(
    `SELECT FROM ${table.sql} GROUP BY ${names.map(quote).join(", ")} HAVING count(*) > 1 LIMIT 1`,
  );
  return twice === undefined;
}

/** In the order given. */
async function tablesOf(catalog: Lookup, oids: readonly string[]): Promise<CapturedTable[]> {
  return catalog.rows<CapturedTable & Record<string, unknown>>(
    `SELECT c.oid::text, format('%I.%I', n.nspname, c.relname) AS sql,
       (pg_identify_object('pg_class'::regclass, c.oid, 0)).identity AS shown
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = ANY ($1::oid[]) AND c.relkind = 'r' AND NOT c.relispartition`,
    [oids],
  );
}

const copiedCell = (at: number) => `c${at + 1}`;

function copied(id: ShelfId, { from, back }: Carried): string[] {
  const cells = from.map((column, at) => `${image(column)} AS ${copiedCell(at)}`);
  const copy = inShelf(id, "copy", back.number);
  return [
    `CREATE TABLE ${copy} AS SELECT ${cells.join(", ")} FROM ${back.sql} AS t`,
    `COMMENT ON TABLE ${copy} IS ${literal(`rows of ${back.shown} as the migration made them`)}`,
  ];
}

/** What the application did, as the one to be undone: each kind a statement of its own. */
const firings = { i: 1, u: 2, d: 3 };

function compared(id: ShelfId, { from, back }: Carried): string[] {
  const [rows, copy] = ["rows", "copy"].map((what) => inShelf(id, what, back.number));
  const images = from.flatMap((_, at) => [
    `t.${copiedCell(at)} AS ${oldCell(at)}`,
    `b.${copiedCell(at)} AS ${newCell(at)}`,
  ]);
  const cells = from.map((column, at) => `${image(column)} AS ${copiedCell(at)}`);
  const key = back.key.map(({ at }) => {
    const { native, collatable } = from[at]!;
    const collate = native && !collatable ? "" : ` COLLATE pg_catalog."C"`;
    return `t.${copiedCell(at)}${collate} = b.${copiedCell(at)}${collate}`;
  });
  const changed = from.map(
    (column, at) => `(${differs(column, `t.${copiedCell(at)}`, `b.${copiedCell(at)}`)})`,
  );
  const event = "CASE WHEN b.is_row IS NULL THEN 'd' WHEN t.is_row IS NULL THEN 'i' ELSE 'u' END";
  const firing = Object.entries(firings).map(([name, number]) => `WHEN '${name}' THEN ${number}`);
  return [
    `CREATE TABLE ${rows} AS
  SELECT CASE ${event} ${firing.join(" ")} END AS firing, (${event})::"char" AS event, ${images.join(", ")}
  FROM (SELECT true AS is_row, ${cells.join(", ")} FROM ${back.sql} AS t) AS t
    FULL JOIN (SELECT true AS is_row, c.* FROM ${copy} AS c) AS b ON ${key.join(" AND ")}
  WHERE ${changed.join(" OR ")}`,
    `DROP TABLE ${copy}`,
  ];
}

/** A row that the application deleted goes, whatever the migration had made of it in the new table. */
function deletedWhole(id: ShelfId, { number, columns, key, sql }: Target): string {
  const sets = columns.map((column, at) => `${newCell(at)} = ${stored(column, "t")}`);
  return `UPDATE ${inShelf(id, "rows", number)} AS r SET ${sets.join(", ")}
  FROM ${sql} AS t WHERE r.event = 'i' AND ${hasKey(key, "t", "r", newCell)}`;
}
