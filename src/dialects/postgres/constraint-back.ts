// Owns: putting a constraint back over rows that were written without it. Where they do not satisfy
// it, that is no reason to fail, and none to change what somebody wrote: it comes back NOT VALID, so
// that it holds for what is written from now on, or stays away where the server cannot do that; and
// a line in `belay.conflict` says so.

import {
  inTransaction,
  type LockMode,
  type Question,
  type UndoStatement,
} from "../../core/plan.ts";
import { doBlock } from "./capture/shelf.ts";
import type { Lookup } from "./kind.ts";
import { literal, quote } from "./names.ts";
import type { Recreation } from "./objects/recreate.ts";
import type { ShelfId } from "./shelf-names.ts";
import { violationsOf } from "./violations.ts";

export interface Returning {
  /** Statements that make it again; the first adds it. */
  again: readonly string[];
  name: string;
  /** Qualified, quoted. */
  table: string;
  /** `pg_constraint.contype`. */
  type: string;
  /** Of a NOT NULL. */
  column?: string;
  shelf?: ShelfId;
}

interface Facts extends Record<string, unknown> {
  partitioned: boolean;
  version: number;
}

/** Plain where nothing is kept: then nobody has promised anything about later rows. */
export async function constraintBack(
  catalog: Lookup,
  { again, name, table, type, column, shelf = "" }: Returning,
): Promise<UndoStatement[]> {
  const [add = "", ...rest] = again;
  if (catalog.shelf === undefined || add === "" || / NOT VALID$/.test(add)) {
    return again.map(inTransaction);
  }
  const [facts] = await catalog.rows<Facts>(
    `SELECT relkind = 'p' AS partitioned, current_setting('server_version_num')::int AS version
       FROM pg_class WHERE oid = to_regclass($1)`,
    [table],
  );
  const asks = [await violationsOf(catalog, { name, table, type, column })];
  const isNew = (facts?.version ?? 0) >= 180_000;
  const conflict = (why: string) => ({ shelf, table, why: `${name} ${why}` });
  const unvalidated = "is NOT VALID: rows written since do not satisfy it";
  const absent = "is not there again: rows written since do not satisfy it";
  const lands = rest.map((sql) => unlessMissing(sql, name, table));
  if ((type === "c" || type === "f") && !facts?.partitioned) {
    const validate = `ALTER TABLE ${table} VALIDATE CONSTRAINT ${quote(name)}`;
    return [
      ...[`${add} NOT VALID`, ...rest].map(inTransaction),
      {
        ...unlessViolated(validate, conflict(unvalidated), { mode: "SHARE UPDATE EXCLUSIVE" }),
        asks,
      },
    ];
  }
  if (type === "n" && isNew) {
    return [
      { ...unlessViolated(add, conflict(unvalidated), { fallback: `${add} NOT VALID` }), asks },
      ...rest.map(inTransaction),
    ];
  }
  return [{ ...unlessViolated(add, conflict(absent)), asks }, ...lands];
}

/**
 * What a CASCADE took along, made again: constraints and indexes of tables that stay meet the rows
 * that were written without them.
 */
export async function othersBack(
  catalog: Lookup,
  { made }: Pick<Recreation, "made">,
  shelf: ShelfId = "",
): Promise<UndoStatement[]> {
  const back: UndoStatement[] = [];
  for (const { of, sql } of made) {
    const [on] =
      catalog.shelf === undefined ? [] : await catalog.rows<On>(onWhat, [of.oid, of.catalog]);
    if (on === undefined) back.push(...sql.map(inTransaction));
    else if (on.type !== null) {
      const { name, table, type } = on;
      back.push(...(await constraintBack(catalog, { again: sql, name, table, type, shelf })));
    } else {
      const why = `index ${on.name} is not there again`;
      back.push(unlessUnfit(sql, { shelf, table: on.table, why }));
    }
  }
  return back;
}

interface On extends Record<string, unknown> {
  name: string;
  /** Qualified, quoted. */
  table: string;
  /** Null for an index. */
  type: string | null;
}

const onWhat = `
  SELECT a.name, a.type, format('%I.%I', n.nspname, t.relname) AS table FROM (
      SELECT conname::text AS name, contype::text AS type, conrelid AS oid FROM pg_constraint
        WHERE $2 = 'pg_constraint' AND oid = $1::oid AND conrelid <> 0 AND contype <> 't'
      UNION ALL
      SELECT indexrelid::regclass::text, NULL, indrelid FROM pg_index
        WHERE $2 = 'pg_class' AND indexrelid = $1::oid) a
    JOIN pg_class t ON t.oid = a.oid JOIN pg_namespace n ON n.oid = t.relnamespace`;

const violations = [
  ...["check_violation", "foreign_key_violation", "not_null_violation"],
  ...["unique_violation", "exclusion_violation"],
  // A key over a column of which some row still has no value.
  "object_not_in_prerequisite_state",
].join(" OR ");

/**
 * The statement; or `fallback`, and a line in the list of conflicts, where rows do not allow it.
 * How many would not is not known, unless its caller does.
 */
export function unlessViolated(
  sql: string,
  { shelf, table, why }: { shelf: ShelfId; table: string; why: string },
  { fallback, mode }: { fallback?: string; mode?: LockMode } = {},
): UndoStatement {
  const values = [shelf, table, `${why}: `].map(literal).join(", ");
  return ours(
    `BEGIN
  ${sql};
EXCEPTION WHEN ${violations} THEN
  INSERT INTO belay.conflict (shelf, target, resolution) VALUES (${values} || SQLERRM);${fallback ? `\n  ${fallback};` : ""}
END`,
    { table, asks: [unknown("violations", table)], mode },
  );
}

/**
 * All of the statements, or none and a line in the list of conflicts, where a value does not fit.
 * `column`: the one that keeps its values then.
 */
export function unlessUnfit(
  statements: readonly string[],
  { shelf, table, column, why }: { shelf: ShelfId; table: string; column?: string; why: string },
): UndoStatement {
  const columns = column === undefined ? "NULL" : `ARRAY[${literal(column)}]`;
  const told = `INSERT INTO belay.conflict (shelf, target, columns, resolution)
    VALUES (${literal(shelf)}, ${literal(table)}, ${columns}, ${literal(`${why}: `)} || SQLERRM)`;
  return allUnlessUnfit(statements, [told], [table]);
}

/** All of the statements; or, where a value does not fit, none of them and `told` instead. */
export function allUnlessUnfit(
  statements: readonly string[],
  told: readonly string[],
  tables: string[],
): UndoStatement {
  const block = `BEGIN
${statements.map((sql) => `  ${sql};`).join("\n")}
EXCEPTION WHEN data_exception OR ${violations} THEN
${told.map((sql) => `  ${sql};`).join("\n")}
END`;
  const locks = tables.map((table) => ({ table, mode: "ACCESS EXCLUSIVE" as const }));
  const asks = tables.map((table) => unknown("violations", table));
  return { ...inTransaction(doBlock(block)), merges: tables, locks, asks };
}

/** What is said of a constraint that may have stayed away. */
function unlessMissing(sql: string, name: string, table: string): UndoStatement {
  return ours(
    `BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conname = ${literal(name)}
      AND conrelid = ${literal(table)}::pg_catalog.regclass) THEN
    ${sql};
  END IF;
END`,
    { table },
  );
}

function unknown(what: Question["what"], object: string): Question {
  return { what, object, sql: null, reads: [] };
}

function ours(
  block: string,
  {
    table,
    asks,
    mode = "ACCESS EXCLUSIVE",
  }: { table: string; asks?: Question[]; mode?: LockMode | undefined },
): UndoStatement {
  const locks = [{ table, mode }];
  return { ...inTransaction(doBlock(block)), merges: [table], locks, ...(asks && { asks }) };
}
