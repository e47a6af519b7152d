// Owns: making the twin of a column and giving it every row's value while applications go on writing.
// From the moment it is there a trigger keeps it right for what is written, and the rows that were
// there already are filled block by block. A value that does not convert fails nobody's write: the row
// is marked, and the exchange, or the filling itself, then fails with the server's words.

import type { Repeat } from "../../../core/plan.ts";
import { doBlock, dollar } from "../capture/shelf.ts";
import { literal, quote } from "../names.ts";
import { hiddenName, shelfSchema } from "../shelf-names.ts";
import type { Change } from "../type-change-undo.ts";
import type { Twin } from "./twin.ts";

/** Types whose values are read and written in one way only. */
const plain = ["int2", "int4", "int8", "numeric", "text", "varchar", "bpchar", "bool", "uuid"];

/**
 * As the migration's role, because whoever writes need not be allowed what the expression uses; and with
 * this session's settings, where they decide how values are read and written.
 */
export function asHere({ old, now, using }: Change): string {
  const isPlain = using.form !== "other" && [old, now].every(({ name }) => plain.includes(name));
  const others = ["TimeZone", "DateStyle", "IntervalStyle", "extra_float_digits", "bytea_output"];
  const settings = ["search_path", ...(isPlain ? [] : [...others, "lc_monetary"])];
  return ["SECURITY DEFINER", ...settings.map((name) => `SET ${name} FROM CURRENT`)].join(" ");
}

/** The table's name, as expressions may write it in front of a column. */
const alias = ({ change }: Twin) => quote(change.table.name);

/** The value of an expression over columns that are fields of `record`. */
export function valueThere({ there, ...twin }: Twin, record: (column: string) => string): string {
  const fields = there.reads.map((name) => `${record(name)} AS ${quote(name)}`);
  return `(SELECT (${there.sql}) FROM (SELECT ${fields.join(", ")}) AS ${alias({ there, ...twin })})`;
}

/** Byte for byte: not every type has an operator for equality. */
export function identical(one: string, other: string): string {
  return `ROW(${one})::record OPERATOR(pg_catalog.*=) ROW(${other})::record`;
}

export function triggerName({ id }: Twin, what: string): string {
  return quote(hiddenName(id, what));
}

/** One transaction, in which the table is locked for a moment. */
export function prepare(twin: Twin): string[] {
  const { id, change, names, there } = twin;
  const { table, facts, sql } = change;
  const alter = `ALTER TABLE ${table.sql}`;
  const isTheirs = identical(`OLD.${names.fresh}`, `NEW.${names.fresh}`);
  const trigger = (event: string, when = "") =>
    `CREATE TRIGGER ${triggerName(twin, `forward_${event.toLowerCase()}`)} BEFORE ${event} ON ${table.sql}
  FOR EACH ROW ${when}EXECUTE FUNCTION ${names.forward}()`;
  return [
    `CREATE SCHEMA ${quote(shelfSchema(id))}`,
    `${alter} ADD COLUMN ${names.fresh} ${sql.now}, ADD COLUMN ${names.misfit} text`,
    // What the server would refuse in the end it refuses here.
    `EXPLAIN UPDATE ${table.sql} AS ${alias(twin)} SET ${names.fresh} = (${there.sql})`,
    ...(facts.expression === null
      ? []
      : [
          `${alter} ALTER COLUMN ${names.fresh} SET DEFAULT ${facts.expression}`,
          `${alter} ALTER COLUMN ${names.fresh} DROP DEFAULT`,
        ]),
    `CREATE FUNCTION ${names.forward}() RETURNS trigger LANGUAGE plpgsql ${asHere(change)} AS ${dollar(
      `#variable_conflict use_column
BEGIN
  NEW.${names.fresh} := ${valueThere(twin, (name) => `NEW.${quote(name)}`)};
  NEW.${names.misfit} := NULL;
  RETURN NEW;
EXCEPTION WHEN OTHERS THEN
  NEW.${names.fresh} := NULL;
  NEW.${names.misfit} := SQLERRM;
  RETURN NEW;
END`,
    )}`,
    trigger("INSERT"),
    // Filling a row is none of the writes that it is for.
    trigger("UPDATE", `WHEN (${isTheirs}) `),
  ];
}

/** Of one batch. What was written since the trigger is there has its value, and marked rows have none. */
export function fill(twin: Twin): string {
  const { change, names, there } = twin;
  return `UPDATE ${change.table.sql} AS ${alias(twin)} SET ${names.fresh} = (${there.sql})
  WHERE ctid >= $1 AND ctid < $2 AND ${isUnfilled(twin)}`;
}

export function filling(twin: Twin): Repeat {
  const table = twin.change.table.sql;
  const left = `SELECT FROM ${table} AS ${alias(twin)} WHERE ${isUnfilled(twin)}`;
  return { sweeps: { table, left }, ...(twin.silent && { quietly: true }) };
}

function isUnfilled({ change, names, there }: Twin): string {
  // A cast leaves NULL alone.
  const source = change.using.form === "other" ? `(${there.sql})` : names.column;
  return `${names.fresh} IS NULL AND ${names.misfit} IS NULL AND ${source} IS NOT NULL`;
}

/** Stands in for NOT NULL, which would be looked for under a lock; each is a transaction. */
export function requiring({ change, names }: Twin): string[] {
  const alter = `ALTER TABLE ${change.table.sql}`;
  return [
    `${alter} ADD CONSTRAINT ${names.required} CHECK (${names.fresh} IS NOT NULL) NOT VALID`,
    `${alter} VALIDATE CONSTRAINT ${names.required}`,
  ];
}

/** Finds the marked rows at once; there are hardly any. */
export function misfitIndex({ id, change, names }: Twin): string {
  return `CREATE INDEX CONCURRENTLY ${quote(hiddenName(id, "misfits"))} ON ${change.table.sql} ((1)) WHERE ${names.misfit} IS NOT NULL`;
}

/** Takes back all that is there of it; the exchange has not been, or has been taken back. */
export function withoutTwin({ id, change, names, indexes }: Twin): string {
  const { table } = change;
  const spares = indexes.flatMap(({ spare }) => (spare ? `DROP INDEX IF EXISTS ${spare};` : []));
  return doBlock(`BEGIN
  DROP SCHEMA IF EXISTS ${quote(shelfSchema(id))} CASCADE;
  ${spares.join("\n  ")}
  ALTER TABLE ${table.sql} DROP COLUMN IF EXISTS ${names.fresh}, DROP COLUMN IF EXISTS ${names.misfit};
END`);
}

/** A clause for errors: `public.t.c`. */
export const shownColumn = ({ change: { table, column } }: Twin) =>
  literal(`${table.schema}.${table.name}.${column}`);
