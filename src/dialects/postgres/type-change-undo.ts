// Owns: the undo of ALTER COLUMN TYPE: back to the old type with all that the change touches on
// its way: default, storage, and what the server reads anew with the new type's operators.

import type { ColumnDef } from "@pgsql/types";
import {
  inTransaction,
  type Loss,
  nothingToUndo,
  type Question,
  type Undo,
} from "../../core/plan.ts";
import { alter, onTable } from "./alter-table.ts";
import { type ColumnFacts, columnFacts } from "./column-definition.ts";
import { readsColumn } from "./column-readers.ts";
import { type ColumnType, canCast, columnType, namedType, typeSql } from "./column-type.ts";
import { recreateConstraint } from "./constraint-definition.ts";
import { keepValues } from "./kept-values.ts";
import type { Lookup, TableCommand, Unsettled } from "./kind.ts";
import { literal, quote } from "./names.ts";
import { notNullConstraint } from "./not-null.ts";
import { partitionIndexes } from "./partition-indexes.ts";
import type { Relation } from "./relation.ts";
import { countRows, countWhere, isSmall, type RowCount } from "./row-count.ts";
import type { ShelfId } from "./shelf-names.ts";
import {
  isFixedZone,
  isInteger,
  isLossless,
  isString,
  needsZone,
  usingBack,
} from "./type-change.ts";
import { type Using, usingOf } from "./type-using.ts";
import { ours, unlessUnfit } from "./unless-violated.ts";
import { untriggered } from "./users-triggers.ts";

/** A change of a column's type, as the catalog has it before. */
export interface Change {
  table: Relation;
  column: string;
  facts: ColumnFacts;
  old: ColumnType;
  now: ColumnType;
  /** As SQL. */
  sql: { old: string; now: string };
  using: Using;
  /** In which `timestamp` and `timestamptz` are turned into each other. */
  zone: string;
}

export function recallTypeChange(
  node: TableCommand,
  catalog: Lookup,
  loss: Loss,
): Promise<Undo | Unsettled> {
  return onTable(node, catalog, async (table): Promise<Undo> => {
    const change = await typeChange(node, catalog, table);
    if (change === undefined) return nothingToUndo;
    const back = await backSql(node, catalog, change);
    const indexes = await partitionIndexes(catalog, table, change.facts.number);
    const lost = await lostBy(catalog, change);
    const id = catalog.shelf?.();
    if (id && expressionLoss(change, loss).length === 0) {
      const whole = [...back, ...(indexes ? [indexes] : [])];
      const kept = await keptChange(catalog, id, change, whole, lost !== undefined);
      if (kept) return kept;
    }
    const sql = back.map(inTransaction);
    if (indexes) sql.push(ours(indexes, { table: table.sql }));
    const all = [
      ...(lost === undefined ? [] : [{ ...loss, ...lost }]),
      ...expressionLoss(change, loss),
    ];
    return all.length === 0 ? { kind: "exact", sql } : { kind: "lossy", sql, losses: all };
  });
}

/** Undefined: there is no such column or type, and the statement will fail. */
export async function typeChange(
  node: TableCommand,
  catalog: Lookup,
  table: Relation,
): Promise<Change | undefined> {
  const column = node.command.name ?? "";
  const definition = definitionOf(node);
  const facts = await columnFacts(catalog, table, column);
  const old = await columnType(catalog, table, column);
  const now = await namedType(catalog, definition.typeName);
  if (!facts || !old || !now || !definition.typeName) return undefined;
  const using = usingOf(definition, column);
  return {
    ...{ table, column, facts, old, now, using },
    sql: { old: facts.type, now: typeSql(definition.typeName) },
    zone: using.form === "zone" ? using.zone : await timeZone(catalog),
  };
}

/** `USING ...` of the way back; see {@link usingBack}. */
export async function usingOfWayBack(catalog: Lookup, change: Change): Promise<string> {
  const { old, now, column } = change;
  const castable = {
    back: await canCast(catalog, now, old),
    again: await canCast(catalog, old, now),
  };
  return usingBack({ ...change, column: quote(column), castable });
}

/** With values that are kept, where some would be lost; undefined where that cannot be done. */
async function keptChange(
  catalog: Lookup,
  id: ShelfId,
  change: Change,
  back: readonly string[],
  loses: boolean,
): Promise<Undo | undefined> {
  const { table, column, facts, sql, using, old, now } = change;
  const why = `values written since do not fit ${sql.old}`;
  const place = { shelf: id, table: table.sql, column, why };
  const misfits = await misfitsOf(catalog, change);
  if (!loses) {
    return {
      kind: "exact",
      sql: [{ ...unlessUnfit(back, place), asks: [allRows(table), misfits()] }],
    };
  }
  const isTheirs = using.form === "other";
  const values = await keepValues(catalog, id, table, column, {
    ...{ number: facts.number, isTheirs },
    isSingle: old.name === "float8" && now.name === "float4" && !old.array && !now.array,
  });
  if (values === undefined) return undefined;
  const { before, after, leave, blank, rows, isOurs } = values;
  const at = `ALTER TABLE ${table.sql} ALTER COLUMN ${quote(column)}`;
  return {
    kind: "captured",
    // Where the type has to stay, the old values stay where they are.
    sql: [
      {
        ...unlessUnfit(
          [
            ...leave,
            untriggered(table.sql, [
              ...(facts.notNull ? [`${at} DROP NOT NULL`] : []),
              ...blank,
              ...back,
              ...values.back,
              ...(facts.notNull ? await requiredAgain(catalog, table, column, facts.number) : []),
            ]),
          ],
          place,
        ),
        asks: [rows, misfits(isOurs)],
      },
    ],
    kept: { shelf: id, before, after },
  };
}

async function requiredAgain(
  catalog: Lookup,
  table: Relation,
  column: string,
  number: number,
): Promise<string[]> {
  const own = { oid: table.oid, table: table.sql, number, value: null };
  const constraint = await notNullConstraint(catalog, own);
  return constraint
    ? recreateConstraint(catalog, constraint.oid)
    : [`ALTER TABLE ${table.sql} ALTER COLUMN ${quote(column)} SET NOT NULL`];
}

function definitionOf({ command }: TableCommand): ColumnDef {
  return command.def && "ColumnDef" in command.def ? command.def.ColumnDef : {};
}

async function timeZone(catalog: Lookup): Promise<string> {
  const [found] = await catalog.rows<{ zone: string }>(
    "SELECT current_setting('TimeZone') AS zone",
  );
  return found?.zone ?? "UTC";
}

/** Undefined when every value can be had back. */
async function lostBy(catalog: Lookup, change: Change): Promise<RowCount | undefined> {
  // A generated column is computed again.
  if (change.facts.generated !== "" || keepsAll(change)) return undefined;
  const lost = (await changedBy(catalog, change)) ?? (await valuesIn(catalog, change));
  return lost.rows === 0 && !lost.estimated ? undefined : lost;
}

/** Those that a default gave are values like others here: nobody gives them again. */
async function valuesIn(catalog: Lookup, { table, column }: Change): Promise<RowCount> {
  if (!(await isSmall(catalog, table))) return countRows(catalog, table, column);
  return countWhere(catalog, table, `${quote(column)} IS NOT NULL`);
}

function keepsAll({ old, now, using, zone }: Change): boolean {
  if (using.form === "other") return false;
  if (needsZone(old, now)) return isFixedZone(zone);
  return isLossless(old, now, using.form === "none" ? "assignment" : "explicit");
}

/** Rows that are not the same after changing there and back; only asked where casts cannot fail. */
async function changedBy(catalog: Lookup, change: Change): Promise<RowCount | undefined> {
  const { table, column, old, now, sql, using, zone } = change;
  if (using.form === "other" || !(await isSmall(catalog, table))) return undefined;
  const name = quote(column);
  if (needsZone(old, now)) {
    const at = `AT TIME ZONE '${zone.replaceAll("'", "''")}'`;
    return countWhere(catalog, table, `(${name} ${at}) ${at} IS DISTINCT FROM ${name}`);
  }
  const safe = (isString(old) && (isString(now) || using.form === "cast")) || narrows(old, now);
  if (!safe || old.array) return undefined;
  return countWhere(catalog, table, differsThereAndBack(name, old, sql));
}

/**
 * SQL that cannot fail, or it would end the migration's transaction: a value that was rounded up may
 * be one too large for the type that it came from.
 */
function differsThereAndBack(name: string, old: ColumnType, sql: Change["sql"]): string {
  const there = `${name}::${sql.now}`;
  if (isWholeOrNumeric(old)) return `${there}::numeric IS DISTINCT FROM ${name}::numeric`;
  const differs = `${there}::${sql.old}::text IS DISTINCT FROM ${name}::text`;
  const limit = floatLimits[old.name];
  if (limit === undefined) return differs;
  return `CASE WHEN abs(${name}) < ${limit} THEN ${differs} ELSE ${name} IS NOT NULL END`;
}

const isWholeOrNumeric = ({ name }: ColumnType) =>
  ["int2", "int4", "int8", "numeric"].includes(name);

/** Far enough from the largest value that rounding does not reach it. */
const floatLimits: Record<string, string> = { float4: "1e37", float8: "1e300" };

/** Pairs with casts both ways that never fail for a value that has passed the change. */
function narrows(old: ColumnType, now: ColumnType): boolean {
  const numbers = ["int2", "int4", "int8", "numeric", "float4", "float8"];
  const times = ["date", "timestamp", "timestamptz"];
  return [numbers, times, ["json", "jsonb"]].some(
    (group) => group.includes(old.name) && group.includes(now.name),
  );
}

async function backSql(node: TableCommand, catalog: Lookup, change: Change): Promise<string[]> {
  const { table, column, facts, old, now } = change;
  // The server writes expressions anew with the other type's operators, and would not write them
  // back as they were.
  const readers = old.oid === now.oid ? [] : await readsColumn(catalog, table, facts.number);
  const using = facts.generated === "" ? await usingOfWayBack(catalog, change) : "";
  return [
    ...readers.map(({ drop }) => drop),
    alter(node, clauses(change, using).join(", "), table),
    ...(facts.generated === "" ? [] : expressionBack(facts, table, quote(column))),
    ...readers.flatMap(({ again }) => again),
  ];
}

function clauses(change: Change, using: string): string[] {
  const { column, facts, sql } = change;
  const alterColumn = `ALTER COLUMN ${quote(column)}`;
  const plain = facts.generated === "";
  const hasDefault = plain && facts.expression !== null;
  const collate = facts.collation ? ` COLLATE ${facts.collation}` : "";
  return [
    ...(hasDefault ? [`${alterColumn} DROP DEFAULT`] : []),
    `${alterColumn} TYPE ${sql.old}${collate}${using}`,
    ...(hasDefault ? [`${alterColumn} SET DEFAULT ${facts.expression}`] : []),
    // A type change sets them to what is usual for the type.
    ...(facts.storage ? [`${alterColumn} SET STORAGE ${facts.storage}`] : []),
    ...(facts.compression ? [`${alterColumn} SET COMPRESSION ${facts.compression}`] : []),
  ];
}

function expressionBack(facts: ColumnFacts, table: Relation, name: string): string[] {
  return facts.canSetExpression
    ? [`ALTER TABLE ${table.sql} ALTER COLUMN ${name} SET EXPRESSION AS (${facts.expression})`]
    : [];
}

/** Before 17 a generated column's expression keeps the casts that the changes put around it. */
function expressionLoss({ facts }: Change, loss: Loss): Loss[] {
  if (facts.generated === "" || facts.canSetExpression) return [];
  return [
    {
      ...loss,
      why: "its expression gets a cast that cannot be taken out",
      rows: 0,
      whenUndone: true,
    },
  ];
}

/** The server writes them anew, or looks at each. */
function allRows({ oid, schema, name }: Relation): Question {
  const sql = "SELECT pg_catalog.count(*) FROM asked_1";
  return { what: "rows", object: `${schema}.${name}`, sql, reads: [{ oid, columns: [] }] };
}

/** Which values, of those that are not `isOurs`, the way back would refuse; asked where texts tell. */
async function misfitsOf(
  catalog: Lookup,
  { table, column, facts, old, now, sql }: Change,
): Promise<(isOurs?: string) => Question> {
  const [server] = await catalog.rows<{ version: number }>(
    "SELECT current_setting('server_version_num')::int AS version",
  );
  const told = [isString, isInteger].some((is) => is(old) && is(now)) && !old.array && !now.array;
  const canAsk = told && (server?.version ?? 0) >= 160_000 && facts.generated === "";
  const columns = await catalog.rows<{ name: string; number: number }>(
    `SELECT attname::text AS name, attnum::int AS number FROM pg_attribute
      WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped ORDER BY attname <> $2, attnum`,
    [table.oid, column],
  );
  const value = `t.${quote(column)}`;
  const unfit = `${value} IS NOT NULL AND NOT pg_catalog.pg_input_is_valid(${value}::text, ${literal(sql.old)})`;
  return (isOurs = "false") => ({
    what: "misfits",
    object: `${table.schema}.${table.name}.${column}`,
    sql: canAsk
      ? `SELECT pg_catalog.count(*) FROM asked_1 AS t WHERE ${unfit} AND NOT ${isOurs}`
      : null,
    reads: [{ oid: table.oid, columns }],
  });
}
