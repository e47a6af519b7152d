// Owns: the moment in which the twin takes the column's name, and the way back. Both touch the catalog
// alone, so their time does not depend on how many rows there are; NOT NULL is validated behind that.

import { inTransaction, type Question, type UndoStatement } from "../../../core/plan.ts";
import { doBlock } from "../capture/shelf.ts";
import { constraintBack } from "../constraint-back.ts";
import type { Lookup } from "../kind.ts";
import { literal, quote } from "../names.ts";
import { rowKey } from "../row-key.ts";
import { hiddenName, shelfSchema } from "../shelf-names.ts";
import { ours as alone, unfinished, unlessViolatedBlock, violatedBy } from "../unless-violated.ts";
import { backwardFunction, backwardTrigger } from "./backward.ts";
import { shownColumn, triggerName } from "./fill.ts";
import { stateOf, type Twin } from "./twin.ts";

/** Statements of one transaction. */
export function exchange(twin: Twin): string[] {
  const { change, names, indexes, required, sequence } = twin;
  const { table, facts } = change;
  const alter = `ALTER TABLE ${table.sql}`;
  const at = `${alter} ALTER COLUMN ${names.column}`;
  return [
    `LOCK TABLE ${table.sql} IN ACCESS EXCLUSIVE MODE`,
    unchanged(twin),
    ...["insert", "update"].map(
      (event) => `DROP TRIGGER ${triggerName(twin, `forward_${event}`)} ON ${table.sql}`,
    ),
    `DROP FUNCTION ${names.forward}()`,
    ...indexes.flatMap(({ away }) => away),
    ...(sequence ? [`ALTER SEQUENCE ${sequence} OWNED BY NONE`] : []),
    ...(facts.expression === null ? [] : [`${at} DROP DEFAULT`]),
    ...(facts.notNull ? [`${at} DROP NOT NULL`] : []),
    `${alter} RENAME COLUMN ${names.column} TO ${names.old}`,
    `${alter} RENAME COLUMN ${names.fresh} TO ${names.column}`,
    ...(facts.expression === null ? [] : [`${at} SET DEFAULT ${facts.expression}`]),
    ...required,
    ...(facts.notNull ? [`${alter} DROP CONSTRAINT ${names.required}`] : []),
    ...indexes.flatMap(({ there }) => there),
    ...(sequence ? [`ALTER SEQUENCE ${sequence} OWNED BY ${table.sql}.${names.column}`] : []),
    ...attributes(twin, at),
    backwardFunction(twin),
    backwardTrigger(twin),
  ];
}

/** What hangs on the column is what it was when all this was planned, and every row has its value. */
function unchanged(twin: Twin): string {
  const { change, names, there, state } = twin;
  const { table } = change;
  return doBlock(`BEGIN
  IF ${stateOf(change)} IS DISTINCT FROM ${literal(state)} THEN
    RAISE EXCEPTION USING MESSAGE = ${shownColumn(twin)} || ' has been changed while its new form was being built',
      ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run the migration again.';
  END IF;
  -- There is an index of them, of which no statistics tell yet. The server says what is wrong.
  PERFORM pg_catalog.set_config('enable_seqscan', 'off', true);
  PERFORM pg_catalog.count((${there.sql})) FROM ${table.sql} AS ${quote(table.name)} WHERE ${names.misfit} IS NOT NULL;
  IF EXISTS (SELECT FROM ${table.sql} WHERE ${names.misfit} IS NOT NULL) THEN
    RAISE EXCEPTION USING MESSAGE = ${shownColumn(twin)} || ' holds a value that does not convert: '
      || (SELECT ${names.misfit} FROM ${table.sql} WHERE ${names.misfit} IS NOT NULL LIMIT 1), ERRCODE = 'data_exception';
  END IF;
  PERFORM pg_catalog.set_config('enable_seqscan', 'on', true);
END`);
}

/** What the column has beside its type; storage and compression become what is usual for the type. */
function attributes({ change, names }: Twin, at: string): string[] {
  const { table, facts } = change;
  return [
    ...(facts.statistics ? [`${at} SET STATISTICS ${facts.statistics}`] : []),
    ...(facts.options ? [`${at} SET (${facts.options.join(", ")})`] : []),
    ...(facts.comment === null
      ? []
      : [`COMMENT ON COLUMN ${table.sql}.${names.column} IS ${literal(facts.comment)}`]),
    ...(facts.grants ?? []).map(
      ({ privilege, grantee, grantable }) =>
        `GRANT ${privilege} (${names.column}) ON ${table.sql} TO ${grantee}${grantable ? " WITH GRANT OPTION" : ""}`,
    ),
  ];
}

/** In the order in which they run. What the old type cannot hold is told as a conflict. */
export async function exchangeBack(catalog: Lookup, twin: Twin): Promise<UndoStatement[]> {
  const { id, change, names, required, indexes, sequence } = twin;
  const { table, column, facts, sql } = change;
  const alter = `ALTER TABLE ${table.sql}`;
  const key = await rowKey(catalog, table);
  const ours = (statements: readonly string[]): UndoStatement => ({
    ...inTransaction(doBlock(`BEGIN\n${statements.map((each) => `  ${each};`).join("\n")}\nEND`)),
    merges: [`${table.schema}.${table.name}`],
    locks: [{ table: table.sql, mode: "ACCESS EXCLUSIVE" }],
  });
  const keys = indexes.filter(({ constraint }) => constraint === "p");
  const others = indexes.filter(({ constraint }) => constraint !== "p");
  const returning = { table: table.sql, shelf: id };
  const exchanged = ours([
    `LOCK TABLE ${table.sql} IN ACCESS EXCLUSIVE MODE`,
    "PERFORM pg_catalog.set_config('enable_seqscan', 'off', true)",
    `INSERT INTO belay.conflict (shelf, target, key, columns, theirs, ours, resolution, why)
    SELECT ${literal(id)}, ${literal(table.sql)}, ${key}, ARRAY[${literal(column)}],
      pg_catalog.jsonb_build_object(${literal(column)}, ${names.old}::text),
      pg_catalog.jsonb_build_object(${literal(column)}, ${names.column}::text),
      ${literal(`does not fit ${sql.old}: `)} || CASE WHEN ${names.old} IS NULL THEN 'left empty' ELSE 'what was there before stays' END, ${names.misfit}
    FROM ${table.sql} WHERE ${names.misfit} IS NOT NULL`,
    "PERFORM pg_catalog.set_config('enable_seqscan', 'on', true)",
    `DROP TRIGGER ${triggerName(twin, "backward")} ON ${table.sql}`,
    ...(sequence ? [`ALTER SEQUENCE ${sequence} OWNED BY NONE`] : []),
    `${alter} DROP COLUMN ${names.column}, DROP COLUMN ${names.misfit}`,
    `${alter} RENAME COLUMN ${names.old} TO ${names.column}`,
    ...others.flatMap(({ back }) => back),
    ...(facts.expression === null
      ? []
      : [`${alter} ALTER COLUMN ${names.column} SET DEFAULT ${facts.expression}`]),
    ...(sequence ? [`ALTER SEQUENCE ${sequence} OWNED BY ${table.sql}.${names.column}`] : []),
    `DROP SCHEMA ${quote(shelfSchema(id))} CASCADE`,
  ]);
  return [
    { ...exchanged, asks: [misfitsOf(twin)] },
    ...(required.length === 0
      ? []
      : await constraintBack(catalog, {
          ...returning,
          ...{ again: required, name: `NOT NULL of ${column}`, type: "n", column },
        })),
    ...keys.map(({ name, back }): UndoStatement => {
      // It needs NOT NULL, which comes in a transaction of its own where the table is large. Until
      // then its index keeps the rows apart.
      const told = { ...returning, why: `${name} is not there again` };
      const block = unlessViolatedBlock(back, violatedBy(told));
      const otherwise = doBlock(`BEGIN ${unfinished(told)}; END`);
      return { ...alone(block, { table: table.sql }), behind: { oid: table.oid, otherwise } };
    }),
  ];
}

/** The mark is live, and its column has a name that nobody changes. */
function misfitsOf({ id, change, names }: Twin): Question {
  const { table, column } = change;
  return {
    what: "misfits",
    object: `${table.schema}.${table.name}.${column}`,
    sql: `SELECT pg_catalog.count(*) FROM asked_1 WHERE ${names.misfit} IS NOT NULL`,
    reads: [{ oid: table.oid, columns: [{ name: hiddenName(id, `misfits of ${column}`) }] }],
  };
}
