// Owns: statements of an undo that rows may not allow. Where they do not, that is no reason to fail:
// what was to be done is left out, and a line in `belay.conflict` says so.

import {
  inTransaction,
  type LockMode,
  type Question,
  type UndoStatement,
} from "../../core/plan.ts";
import { doBlock } from "./capture/shelf.ts";
import { literal } from "./names.ts";
import type { ShelfId } from "./shelf-names.ts";

/** What a line says. */
export interface Told {
  shelf: ShelfId;
  /** Qualified, quoted. */
  table: string;
  /** Without what the server says of it. */
  why: string;
  /** Behind that where rows are the reason. */
  because?: string;
}

export const violatedBy = (told: Told): Told => ({
  ...told,
  because: "rows written since do not satisfy it",
});

/** What stands in the list where it was not done although no row may be in its way. */
export function unfinished({ shelf, table, why }: Told): string {
  const values = [shelf, table, `${why}: its rows could not be read to the end`].map(literal);
  return `INSERT INTO belay.conflict (shelf, target, resolution) VALUES (${values.join(", ")})`;
}

const violations = [
  ...["check_violation", "foreign_key_violation", "not_null_violation"],
  ...["unique_violation", "exclusion_violation"],
  // A key over a column of which some row still has no value.
  "object_not_in_prerequisite_state",
].join(" OR ");

/** Of a column that has another type than it had: the way back of a later statement had to leave it. */
const mistyped = [
  ...["datatype_mismatch", "cannot_coerce"],
  ...["undefined_function", "undefined_object", "undefined_table"],
];

/** Of a constraint over such a column, or over what could not come back. */
const unmet = [
  ...mistyped,
  ...["undefined_column", "wrong_object_type", "invalid_foreign_key"],
].join(" OR ");

/** What casts end with besides the violations that they lead to. */
const unfit = [
  "data_exception",
  // NaN and the infinities to integers.
  "feature_not_supported",
  // A value too long for an index on the column.
  "program_limit_exceeded",
  // A check of a domain, or a cast, that raises by itself.
  "raise_exception",
  // Texts to regclass, regtype, regproc, regnamespace and the like, also by what `mistyped` names.
  ...["invalid_schema_name", "invalid_name", "syntax_error"],
  ...mistyped,
].join(" OR ");

/** PL/pgSQL: what a value is refused with that a type, or a constraint on it, does not take. */
export const misfit = `${unfit} OR ${violations}`;

/**
 * The statement; or `fallback`, and a line in the list of conflicts, where rows do not allow it.
 * How many would not is not known, unless its caller does.
 */
export function unlessViolated(
  sql: string,
  told: Told,
  { fallback, mode }: { fallback?: string; mode?: LockMode } = {},
): UndoStatement {
  const { table } = told;
  const block = unlessViolatedBlock([sql], told, fallback);
  return ours(block, { table, asks: [unknown("violations", table)], mode });
}

/** The same for several, to be part of a block. */
export function unlessViolatedBlock(
  statements: readonly string[],
  { shelf, table, why, because }: Told,
  fallback?: string,
): string {
  const tell = (text: string) =>
    `INSERT INTO belay.conflict (shelf, target, resolution) VALUES (${[shelf, table, `${text}: `].map(literal).join(", ")} || SQLERRM);`;
  return `BEGIN
${statements.map((sql) => `  ${sql};`).join("\n")}
EXCEPTION WHEN ${violations} THEN
  ${tell(because ? `${why}: ${because}` : why)}${fallback ? `\n  ${fallback};` : ""}
WHEN ${unmet} THEN
  ${tell(why)}
END`;
}

/**
 * All of the statements, or none and a line in the list of conflicts, where a value does not fit.
 * `column`: the one that keeps its values then, and its type.
 */
export function unlessUnfit(
  statements: readonly string[],
  { shelf, table, column, why }: { shelf: ShelfId; table: string; column?: string; why: string },
): UndoStatement {
  const columns = column === undefined ? "NULL" : `ARRAY[${literal(column)}]`;
  const still = column === undefined ? "" : `${stillHas(table, column)} || `;
  const told = `INSERT INTO belay.conflict (shelf, target, columns, resolution)
    VALUES (${literal(shelf)}, ${literal(table)}, ${columns}, ${still}${literal(`${why}: `)} || SQLERRM)`;
  return allUnlessUnfit(statements, [told], [table]);
}

/**
 * By what the catalog says: the way back of a later statement may have had to leave another type. Of a
 * column that is not there nothing.
 */
function stillHas(table: string, column: string): string {
  return `coalesce((SELECT ${literal(`${column} is still `)} || pg_catalog.format_type(atttypid, atttypmod) || ': '
      FROM pg_catalog.pg_attribute WHERE attrelid = ${literal(table)}::pg_catalog.regclass AND attname = ${literal(column)}), '')`;
}

/** All of the statements; or, where a value does not fit, none of them and `told` instead. */
export function allUnlessUnfit(
  statements: readonly string[],
  told: readonly string[],
  tables: string[],
): UndoStatement {
  const block = `BEGIN
${statements.map((sql) => `  ${sql};`).join("\n")}
EXCEPTION WHEN ${misfit} THEN
${told.map((sql) => `  ${sql};`).join("\n")}
END`;
  const locks = tables.map((table) => ({ table, mode: "ACCESS EXCLUSIVE" as const }));
  const asks = tables.map((table) => unknown("violations", table));
  return { ...inTransaction(doBlock(block)), merges: tables, locks, asks };
}

/** What is said of a constraint that may have stayed away. */
export function unlessMissing(sql: string, name: string, table: string): UndoStatement {
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

/** A block of an undo, whose locks its text does not show. */
export function ours(
  block: string,
  {
    table,
    asks,
    mode = "ACCESS EXCLUSIVE",
  }: { table: string; asks?: Question[]; mode?: LockMode | undefined },
): UndoStatement {
  const locks = [{ table, mode }];
  const statement = { ...inTransaction(doBlock(block)), merges: [table], mayNotFit: true, locks };
  return { ...statement, ...(asks && { asks }) };
}
