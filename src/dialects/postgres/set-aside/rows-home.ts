// Owns: the rows that applications have written to an empty twin, brought over to the table that was
// set aside, while both are there: at the price of those rows, whatever the size of the table.
//
// What the migration itself wrote to the twin is undone by then, as captured rows are. So each row of
// it is newer than any row of the table, and stays where both are in each other's way; the older one
// is told with all its values. The policy to restore has it the other way round.

import type { Question } from "../../../core/plan.ts";
import { policySetting, restores } from "../capture/conflicts.ts";
import { tellRows } from "../capture/newer.ts";
import { doBlock, inShelf } from "../capture/shelf.ts";
import { readColumns, readKeys } from "../capture/targets.ts";
import { isInternal } from "../internal-trigger.ts";
import type { Lookup } from "../kind.ts";
import { literal, quote } from "../names.ts";
import type { ShelfId } from "../shelf-names.ts";
import type { Aside } from "./candidates.ts";
import { collisions, type Unique, uniquesOf } from "./collisions.ts";

export interface Homecoming {
  table: Aside;
  uniques: Unique[];
  /** Those that hold values of their own. */
  columns: { name: string; always: boolean }[];
  generated: string[];
  /** Both kinds, in their order. */
  all: { name: string; number: number }[];
  /** Of the users, and how each is enabled. */
  triggers: { name: string; enable: string }[];
  /** As captures of other statements know it. */
  captured: Parameters<typeof tellRows>[0];
  /** Rows of the tables refer to its rows, so these must not go. */
  referenced: boolean;
}

interface Facts
  extends Record<string, unknown>,
    Omit<Homecoming, "table" | "uniques" | "columns" | "captured"> {
  columns: Homecoming["columns"] | null;
}

/** Undefined: where rows are in each other's way, it could not be settled. */
export async function homecoming(catalog: Lookup, table: Aside): Promise<Homecoming | undefined> {
  const [facts] = await catalog.rows<Facts>(
    `SELECT a.columns, a.generated, a.all, coalesce((SELECT json_agg(json_build_object('name', tgname, 'enable', CASE tgenabled
            WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE' END) ORDER BY tgname)
          FROM pg_trigger g WHERE tgrelid = $1::oid AND NOT ${isInternal("g")} AND tgenabled <> 'D'), '[]') AS triggers,
       EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND confrelid = $1::oid) AS referenced
     FROM (SELECT json_agg(json_build_object('name', attname, 'number', attnum) ORDER BY attnum) AS all,
         json_agg(json_build_object('name', attname, 'always', attidentity = 'a') ORDER BY attnum)
           FILTER (WHERE attgenerated = '') AS columns,
         coalesce(array_agg(attname::text) FILTER (WHERE attgenerated <> ''), '{}') AS generated
       FROM pg_attribute WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped) AS a`,
    [table.oid],
  );
  const columns = facts?.columns;
  if (facts === undefined || !columns) return undefined;
  const uniques = await uniquesOf(catalog, table.oid);
  if (facts.referenced) {
    const [key, ...others] = uniques;
    const names = key?.parts.map(({ expression }) => expression) ?? [];
    const isWritable = columns.every(({ name, always }) => !always || isAmong(names, name));
    if (key?.isKey !== true || others.length > 0 || !isWritable) return undefined;
  }
  const known = await readColumns(catalog, table.oid);
  const [key = []] = await readKeys(catalog, table.oid, known);
  return { ...facts, columns, table, uniques, captured: { columns: known, key } };
}

/** Expressions of plain columns are names, quoted where SQL needs it. */
function isAmong(expressions: readonly string[], name: string): boolean {
  return expressions.some((each) => each === name || each === quote(name));
}

export function rowsHome(id: ShelfId, number: number, home: Homecoming): string {
  const { table, uniques, triggers } = home;
  const alter = `ALTER TABLE ONLY ${table.shelved}`;
  const all = [
    // A policy that hides rows from this role makes it fail, and not pass over them.
    "PERFORM pg_catalog.set_config('row_security', 'off', true);",
    `IF NOT EXISTS (SELECT FROM ${table.sql}) THEN RETURN; END IF;`,
    ...triggers.map(({ name }) => `${alter} DISABLE TRIGGER ${quote(name)};`),
    ...(uniques.length === 0 ? [insert(home)] : settled(id, number, home)),
    // The server alters no table on which checks are still to be run; statements behind this may want to.
    "SET CONSTRAINTS ALL IMMEDIATE;",
    ...triggers.map(({ name, enable }) => `${alter} ${enable} TRIGGER ${quote(name)};`),
  ];
  return doBlock(`BEGIN
  ${all.join("\n  ")}
END`);
}

function settled(id: ShelfId, number: number, home: Homecoming): string[] {
  const { table, referenced } = home;
  const met = inShelf(id, "met", number);
  const [before, after] = [table.shelved, table.sql].map((from) => ({ from, place: "t.ctid" }));
  const older = referenced ? `EXISTS (SELECT FROM ${met} AS m WHERE m.after = t.ctid)` : `false`;
  return [
    `CREATE TABLE ${met} AS SELECT DISTINCT before, after FROM (
    ${collisions(home.uniques, before!, after!)}) AS each;`,
    `ANALYZE ${met};`,
    `IF pg_catalog.to_regclass('belay.conflict') IS NOT NULL THEN ${told(id, met, home)} END IF;`,
    `IF ${restores} THEN`,
    `  ${insert(home, `EXISTS (SELECT FROM ${met} AS m WHERE m.after = t.ctid)`)}`,
    "ELSE",
    ...newer(met, home),
    ...(referenced
      ? []
      : [`  DELETE FROM ${table.shelved} AS t USING ${met} AS m WHERE t.ctid = m.before;`]),
    `  ${insert(home, older)}`,
    ...(referenced ? overwritten(met, home) : []),
    "END IF;",
    `DROP TABLE ${met};`,
  ];
}

/** An earlier statement's undo may find its own values in a row that somebody else has written. */
function newer(met: string, { table, captured }: Homecoming): string[] {
  if (captured.key.length === 0) return [];
  const same = captured.key.map(
    ({ column, operator }) => `t.${quote(column.name)} ${operator} a.${quote(column.name)}`,
  );
  const from = `${met} AS m JOIN ${table.shelved} AS t ON t.ctid = m.before JOIN ${table.sql} AS a ON a.ctid = m.after`;
  return [tellRows(captured, `${from} AND ${same.join(" AND ")}`)];
}

function insert({ table, columns }: Homecoming, but = "false"): string {
  const names = columns.map(({ name }) => quote(name));
  const cells = names.map((name) => `t.${name}`).join(", ");
  return `INSERT INTO ${table.shelved} (${names.join(", ")}) OVERRIDING SYSTEM VALUE
    SELECT ${cells} FROM ${table.sql} AS t WHERE NOT (${but});`;
}

/** Rows that others refer to keep their place, and their key, which is the same. */
function overwritten(met: string, { table, columns, uniques }: Homecoming): string[] {
  const key = uniques[0]?.parts.map(({ expression }) => expression) ?? [];
  const sets = columns
    .filter(({ name }) => !isAmong(key, name))
    .map(({ name }) => `${quote(name)} = a.${quote(name)}`);
  if (sets.length === 0) return [];
  return [
    `  UPDATE ${table.shelved} AS t SET ${sets.join(", ")} FROM ${met} AS m JOIN ${table.sql} AS a ON a.ctid = m.after
    WHERE t.ctid = m.before;`,
  ];
}

/** SQL: the row as jsonb, without what is computed. */
function rowJson({ generated }: Homecoming, alias: string): string {
  return `pg_catalog.to_jsonb(${alias}.*) - ARRAY[${generated.map(literal).join(", ")}]::text[]`;
}

/** SQL: the row's key as jsonb; all of it where it has none. */
export function rowKeyJson(home: Homecoming, alias: string): string {
  const { uniques, columns } = home;
  const key = uniques.find(({ isKey }) => isKey)?.parts.map(({ expression }) => expression) ?? [];
  const cells = columns
    .filter(({ name }) => isAmong(key, name))
    .map(({ name }) => `${literal(name)}, ${alias}.${quote(name)}`);
  if (cells.length === 0) return rowJson(home, alias);
  return `pg_catalog.jsonb_build_object(${cells.join(", ")})`;
}

/** Rows that are the same in all are no conflict. */
function told(id: ShelfId, met: string, home: Homecoming): string {
  const { table, columns } = home;
  const row = (alias: string) => {
    const names = columns.map(({ name }) => `${alias}.${quote(name)}`);
    return `ROW(${names.join(", ")})`;
  };
  return `INSERT INTO belay.conflict (shelf, target, resolution, key, theirs, ours, why)
    SELECT ${literal(id)}, ${literal(table.shown)},
      CASE ${policySetting} WHEN 'restore' THEN 'restored' WHEN 'park' THEN 'parked' ELSE 'kept newer' END,
      ${rowKeyJson(home, "b")}, ${rowJson(home, "b")}, ${rowJson(home, "a")},
      'a row of the same key or unique value was written since'
    FROM ${met} AS m JOIN ${table.shelved} AS b ON b.ctid = m.before JOIN ${table.sql} AS a ON a.ctid = m.after
    WHERE pg_catalog.record_image_ne(${row("b")}, ${row("a")});`;
}

/** `twin`: its oid. */
export function questionsOf({ table, uniques, all }: Homecoming, twin: string): Question[] {
  const { shown: object, oid } = table;
  const rows: Question = {
    ...{ what: "rows", object, sql: "SELECT pg_catalog.count(*) FROM asked_1" },
    reads: [{ oid: twin, columns: [] }],
  };
  if (uniques.length === 0) return [rows];
  const [newer, older] = ["asked_1", "asked_2"].map((from) => ({ from, place: "t.ctid" }));
  const conflicts: Question = {
    ...{ what: "conflicts", object },
    sql: `SELECT pg_catalog.count(DISTINCT after) FROM (${collisions(uniques, older!, newer!)}) AS met`,
    // The twin has no dropped columns, and so numbers of its own.
    reads: [
      { oid: twin, columns: all.map(({ name }, at) => ({ name, number: at + 1 })) },
      { oid, columns: all },
    ],
  };
  return [rows, conflicts];
}
