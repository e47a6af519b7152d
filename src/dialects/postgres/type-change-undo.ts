// Owns: the undo of ALTER COLUMN TYPE: back to the old type with all that the change touches on
// its way: default, storage, and what the server reads anew with the new type's operators.

import type { ColumnDef } from "@pgsql/types";
import { inTransaction, type Loss, nothingToUndo, type Undo } from "../../core/plan.ts";
import { alter, onTable } from "./alter-table.ts";
import { type ColumnFacts, columnFacts } from "./column-definition.ts";
import { readsColumn } from "./column-readers.ts";
import { type ColumnType, canCast, columnType, namedType, typeSql } from "./column-type.ts";
import type { Lookup, TableCommand, Unsettled } from "./kind.ts";
import { quote } from "./names.ts";
import type { Relation } from "./relation.ts";
import { countRows, countWhere, isSmall, type RowCount } from "./row-count.ts";
import { isFixedZone, isLossless, isString, needsZone, usingBack } from "./type-change.ts";
import { type Using, usingOf } from "./type-using.ts";

interface Change {
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
    const column = node.command.name ?? "";
    const definition = definitionOf(node);
    const facts = await columnFacts(catalog, table, column);
    const old = await columnType(catalog, table, column);
    const now = await namedType(catalog, definition.typeName);
    if (!facts || !old || !now || !definition.typeName) return nothingToUndo;
    const using = usingOf(definition, column);
    const change: Change = {
      ...{ table, column, facts, old, now, using },
      sql: { old: facts.type, now: typeSql(definition.typeName) },
      zone: using.form === "zone" ? using.zone : await timeZone(catalog),
    };
    const sql = (await backSql(node, catalog, change)).map(inTransaction);
    const lost = await lostBy(catalog, change);
    const all = [
      ...(lost === undefined ? [] : [{ ...loss, ...lost }]),
      ...expressionLoss(change, loss),
    ];
    return all.length === 0 ? { kind: "exact", sql } : { kind: "lossy", sql, losses: all };
  });
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
  const { table, column, old, now, using, facts } = change;
  // A generated column is computed again.
  if (facts.generated !== "") return undefined;
  if (using.form !== "other") {
    if (needsZone(old, now)) {
      if (isFixedZone(change.zone)) return undefined;
    } else if (isLossless(old, now, using.form === "none" ? "assignment" : "explicit")) {
      return undefined;
    }
    const unlike = await changedBy(catalog, change);
    if (unlike) return unlike.rows === 0 ? undefined : unlike;
  }
  const held = await countRows(catalog, table, column);
  return held.rows === 0 && !held.estimated ? undefined : held;
}

/** Rows that are not the same after changing there and back; only asked where casts cannot fail. */
async function changedBy(catalog: Lookup, change: Change): Promise<RowCount | undefined> {
  const { table, column, old, now, sql, using, zone } = change;
  const name = quote(column);
  if (using.form === "zone" || needsZone(old, now)) {
    if (!(await isSmall(catalog, table))) return undefined;
    const at = `AT TIME ZONE '${zone.replaceAll("'", "''")}'`;
    return countWhere(catalog, table, `(${name} ${at}) ${at} IS DISTINCT FROM ${name}`);
  }
  const safe = isString(now) || (isString(old) && using.form === "cast") || narrows(old, now);
  if (!safe || old.array || !(await isSmall(catalog, table))) return undefined;
  return countWhere(
    catalog,
    table,
    `${name}::${sql.now}::${sql.old}::text IS DISTINCT FROM ${name}::text`,
  );
}

/** Pairs with casts both ways that never fail for a value that has passed the change. */
function narrows(old: ColumnType, now: ColumnType): boolean {
  const numbers = ["int2", "int4", "int8", "numeric", "float4", "float8"];
  const times = ["date", "timestamp", "timestamptz"];
  return [numbers, times, ["json", "jsonb"]].some(
    (group) => group.includes(old.name) && group.includes(now.name),
  );
}

async function backSql(node: TableCommand, catalog: Lookup, change: Change): Promise<string[]> {
  const { table, column, facts, old, now, sql, zone } = change;
  const name = quote(column);
  const plain = facts.generated === "";
  const hasDefault = plain && facts.expression !== null;
  const collate = facts.collation ? ` COLLATE ${facts.collation}` : "";
  const castable = {
    back: await canCast(catalog, now, old),
    again: await canCast(catalog, old, now),
  };
  const using = plain ? usingBack(name, now, old, sql, zone, castable) : "";
  const clauses = [
    ...(hasDefault ? [`ALTER COLUMN ${name} DROP DEFAULT`] : []),
    `ALTER COLUMN ${name} TYPE ${sql.old}${collate}${using}`,
    ...(hasDefault ? [`ALTER COLUMN ${name} SET DEFAULT ${facts.expression}`] : []),
    ...(facts.storage ? [`ALTER COLUMN ${name} SET STORAGE ${facts.storage}`] : []),
    ...(facts.compression ? [`ALTER COLUMN ${name} SET COMPRESSION ${facts.compression}`] : []),
  ];
  // The server writes expressions anew with the other type's operators, and would not write them
  // back as they were.
  const readers = old.oid === now.oid ? [] : await readsColumn(catalog, table, facts.number);
  return [
    ...readers.map(({ drop }) => drop),
    alter(node, clauses.join(", "), table),
    ...(plain ? [] : expressionBack(facts, table, name)),
    ...readers.flatMap(({ again }) => again),
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
  return [{ ...loss, why: "its expression gets a cast that cannot be taken out", rows: 0 }];
}
