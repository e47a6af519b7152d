// Owns: putting a constraint back over rows that were written without it. Where they do not satisfy
// it, that is no reason to fail, and none to change what somebody wrote: it comes back NOT VALID, so
// that it holds for what is written from now on, or stays away where the server cannot do that; and
// a line in `belay.conflict` says so.

import { sha256 } from "../../core/hash.ts";
import { inTransaction, type UndoStatement } from "../../core/plan.ts";
import { doBlock } from "./capture/shelf.ts";
import type { Lookup } from "./kind.ts";
import { literal, quote } from "./names.ts";
import type { Recreation } from "./objects/recreate.ts";
import { hiddenName, type ShelfId } from "./shelf-names.ts";
import {
  ours,
  type Told,
  unfinished,
  unlessMissing,
  unlessUnfit,
  unlessViolated,
  unlessViolatedBlock,
  violatedBy,
} from "./unless-violated.ts";
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
  const conflict = (why: string): Told => ({ shelf, table, why: `${name} ${why}` });
  const lands = rest.map((sql) => unlessMissing(sql, name, table));
  const [own] = asks[0]?.reads ?? [];
  const place = own && { oid: own.oid, number: own.columns[0]?.number };
  if ((type === "c" || type === "f" || (type === "n" && isNew)) && !facts?.partitioned && place) {
    const told = conflict("is NOT VALID");
    return [
      ...[`${add} NOT VALID`, ...rest].map(inTransaction),
      { ...validated(place.oid, type === "n" ? { number: place.number } : { name }, told), asks },
    ];
  }
  if (type === "n" && isNew) {
    const unvalidated = violatedBy(conflict("is NOT VALID"));
    return [
      { ...unlessViolated(add, unvalidated, { fallback: `${add} NOT VALID` }), asks },
      ...rest.map(inTransaction),
    ];
  }
  if (type === "n" && !facts?.partitioned && place?.number && !/^ALTER TABLE ONLY /.test(add)) {
    const told = conflict("is not there again");
    const statements = requiredAgain({ oid: place.oid, number: place.number }, column ?? "", told);
    return [...statements.map((each) => ({ ...each, ...(each.behind && { asks }) })), ...lands];
  }
  return [{ ...unlessViolated(add, violatedBy(conflict("is not there again"))), asks }, ...lands];
}

/** Of a constraint that is NOT VALID. Found by number, since it may run when the table has another name. */
function validated(
  oid: string,
  { name, number }: { name?: string; number?: number | undefined },
  told: Told,
): UndoStatement {
  const ofColumn = `(SELECT conname FROM pg_catalog.pg_constraint
      WHERE conrelid = ${oid} AND contype = 'n' AND conkey[1] = ${number})`;
  const constraint = name === undefined ? ofColumn : literal(name);
  // Where it does not fit the table as it is, it has not come back.
  const validate = `IF EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conrelid = ${oid} AND conname = ${constraint}) THEN
    EXECUTE pg_catalog.format('ALTER TABLE %s VALIDATE CONSTRAINT %I', ${oid}::pg_catalog.oid::pg_catalog.regclass, ${constraint});
  END IF`;
  const statement = unlessViolated(validate, violatedBy(told), { mode: "SHARE UPDATE EXCLUSIVE" });
  return { ...statement, behind: { oid, otherwise: doBlock(`BEGIN ${unfinished(told)}; END`) } };
}

/**
 * Up to 17 NOT NULL cannot be NOT VALID. A check that can says the same; once it is validated, the
 * server takes its word, and it is not needed any more.
 */
function requiredAgain(
  { oid, number }: { oid: string; number: number },
  column: string,
  told: Told,
): UndoStatement[] {
  const check = hiddenName(sha256(`${oid}.${number}`).slice(0, 8), "not_null");
  const alter = (command: string) =>
    `EXECUTE pg_catalog.format('ALTER TABLE %s ${command}', ${oid}::pg_catalog.oid::pg_catalog.regclass, ${literal(check)})`;
  const drop = alter("DROP CONSTRAINT %I");
  const set = `EXECUTE pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', ${oid}::pg_catalog.oid::pg_catalog.regclass,
    (SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = ${oid} AND attnum = ${number}))`;
  const block = unlessViolatedBlock([alter("VALIDATE CONSTRAINT %I"), set], violatedBy(told));
  const { table } = told;
  const add = `ALTER TABLE ${table} ADD CONSTRAINT ${quote(check)} CHECK (${quote(column)} IS NOT NULL) NOT VALID`;
  return [
    inTransaction(add),
    {
      ...ours(`BEGIN\n${block};\n${drop};\nEND`, { table }),
      behind: { oid, otherwise: doBlock(`BEGIN ${unfinished(told)}; ${drop}; END`) },
    },
  ];
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
