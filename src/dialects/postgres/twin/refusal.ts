// Owns: which columns cannot have a twin, and why. What reads a column by its number would have to be
// made anew on the twin; where that is more than indexes and NOT NULL, the statement runs as written.

import type { Node } from "@pgsql/types";
import type { ColumnType } from "../column-type.ts";
import { isInternal } from "../internal-trigger.ts";
import type { Lookup } from "../kind.ts";
import { parts } from "../names.ts";
import { isHidden } from "../shelf-names.ts";
import type { Change } from "../type-change-undo.ts";

interface Answer extends Record<string, unknown> {
  why: string | null;
}

/** Clauses that complete "table t has 98 MB; ...". Undefined: it can have one. */
export async function refusalOf(catalog: Lookup, change: Change): Promise<string | undefined> {
  const { table, facts } = change;
  const [found] = await catalog.rows<Answer>(refusal, [table.oid, facts.number, change.sql.now]);
  if (found?.why) return found.why;
  const [reader] = await catalog.rows<Answer>(readers, [table.oid, facts.number]);
  if (reader?.why) return `${reader.why} depends on the column`;
  const [index] = await catalog.rows<Answer>(indexes, [table.oid, facts.number]);
  if (index?.why) return `index ${index.why} is more than a plain one`;
  const [unique] = await catalog.rows<Answer>(uniques, [table.oid, facts.number]);
  if (unique?.why && !tellsApart(change)) {
    return `index ${unique.why} is unique, and values that differ in the new type may be equal in the old one`;
  }
  return undefined;
}

const refusal = `SELECT CASE
    WHEN c.relkind <> 'r' OR c.relispartition OR EXISTS (SELECT FROM pg_inherits
      WHERE inhparent = c.oid OR inhrelid = c.oid) THEN 'it is no table of its own'
    WHEN c.reloftype <> 0 THEN 'its columns are those of a type'
    WHEN EXISTS (SELECT FROM pg_rewrite WHERE ev_class = c.oid) THEN 'it has rules'
    WHEN row_security_active(c.oid) THEN 'row security hides rows of it'
    WHEN EXISTS (SELECT FROM pg_publication_tables p
      WHERE p.schemaname = n.nspname AND p.tablename = c.relname) THEN 'a publication sends its rows elsewhere'
    WHEN EXISTS (SELECT FROM pg_depend d JOIN pg_attribute o ON o.attrelid = d.objid
      WHERE d.refclassid = 'pg_type'::regclass AND d.refobjid = c.reltype
        AND d.classid = 'pg_class'::regclass AND d.objsubid <> 0) THEN 'its row type is used elsewhere'
    WHEN EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND ${isHidden("g.tgname")})
      THEN 'an earlier change of a type in it can still be undone; belay finalize ends that'
    WHEN (SELECT typtype = 'd' FROM pg_type WHERE oid = to_regtype($3))
      THEN 'the server looks at all rows to add a column of a domain'
    WHEN a.attidentity <> '' THEN 'it is an identity column'
    WHEN a.attgenerated <> '' THEN 'it is a generated column'
    WHEN EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'n'
      AND k.conkey[1] = a.attnum AND NOT k.convalidated) THEN 'its NOT NULL is not validated'
    WHEN EXISTS (SELECT FROM pg_seclabel l WHERE l.classoid = 'pg_class'::regclass
      AND l.objoid = c.oid AND l.objsubid = a.attnum) THEN 'it has a security label'
    -- They see what the others see, and may set the column after we have read it.
    WHEN EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT ${isInternal("g")}
      AND g.tgtype & 3 = 3 AND g.tgtype & 20 <> 0 AND g.tgname > 'belay_')
      THEN 'a trigger of its own runs after those that keep both columns'
    WHEN EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT ${isInternal("g")}
      AND g.tgtype & 16 <> 0 AND g.tgattr = '' AND (g.tgenabled IN ('A', 'R')
        OR g.tgenabled = 'O' AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)))
      THEN 'its triggers would fire for every row'
  END AS why
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = $2
  WHERE c.oid = $1::oid`;

/** All but its default, its sequence, NOT NULL, keys, and indexes, which are looked at apart. */
const readers = `SELECT pg_describe_object(d.classid, d.objid, d.objsubid) AS why
  FROM pg_depend d LEFT JOIN pg_class x ON d.classid = 'pg_class'::regclass AND x.oid = d.objid
    LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
    LEFT JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid
  WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = $1::oid AND d.refobjsubid = $2
    AND (f.adnum = d.refobjsubid AND f.adrelid = d.refobjid OR x.relkind = 'i'
      OR x.relkind = 'S' AND d.deptype = 'a'
      OR k.conrelid = d.refobjid AND k.contype IN ('n', 'p', 'u')) IS NOT TRUE
  ORDER BY d.classid, d.objid LIMIT 1`;

const reading = `FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  WHERE i.indrelid = $1::oid AND NOT ${isHidden("c.relname")} AND ($2 = ANY (i.indkey::int2[])
    OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
      AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1::oid AND d.refobjsubid = $2))`;

const indexes = `SELECT c.relname::text AS why ${reading}
    AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL OR NOT i.indisvalid OR NOT i.indimmediate
      OR i.indisexclusion OR i.indisreplident OR i.indisclustered OR c.reltablespace <> 0
      OR coalesce(to_jsonb(i) ->> 'indnullsnotdistinct', 'false') = 'true')
  ORDER BY c.relname LIMIT 1`;

const uniques = `SELECT c.relname::text AS why ${reading} AND i.indisunique
  ORDER BY c.relname LIMIT 1`;

/** Whether two values of the new type are never equal in the old one, given that each leads there again. */
function tellsApart({ old, now }: Change): boolean {
  const isText = ({ name, array }: ColumnType) => !array && ["text", "varchar"].includes(name);
  const hasOneForm = ["int2", "int4", "int8", "uuid", "date", "bool"].includes(now.name);
  return (hasOneForm && !now.array) || (isText(now) && isText(old));
}

/** The columns that an expression reads; or why it cannot be evaluated row by row. */
export async function readsOf(
  catalog: Lookup,
  { table, column }: Change,
  { expression, sql }: { expression: Node | undefined; sql: string },
): Promise<string[] | string> {
  const seen: Seen = { columns: new Set([column]), functions: new Set(), why: undefined };
  walk(expression, seen);
  if (seen.why !== undefined) return seen.why;
  if (/\$[12]/.test(sql)) return "its expression has $1 or $2 in it";
  const known = await catalog.rows<{ name: string }>(
    `SELECT attname::text AS name FROM pg_attribute
     WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped AND attname = ANY ($2::text[])`,
    [table.oid, [...seen.columns]],
  );
  if (known.length < seen.columns.size) return "its expression reads more than columns";
  // PostgreSQL 14 calls one form of AT TIME ZONE volatile; it is stable, and 15 says so.
  const volatile = await catalog.rows(
    `SELECT FROM pg_proc WHERE proname = ANY ($1::text[]) AND (provolatile = 'v' OR prokind <> 'f' OR pronargs = 0)
       AND oid <> 'pg_catalog.timezone(text, timetz)'::regprocedure`,
    [[...seen.functions]],
  );
  if (volatile.length > 0) return "its expression may have another value each time";
  return [...seen.columns];
}

interface Seen {
  columns: Set<string>;
  functions: Set<string>;
  why: string | undefined;
}

function walk(value: unknown, seen: Seen): void {
  if (typeof value !== "object" || value === null) return;
  for (const [field, inner] of Object.entries(value)) {
    if (field === "ColumnRef") {
      const fields = parts((inner as { fields?: Node[] }).fields);
      const name = fields.at(-1) ?? "*";
      if (name === "*" || fields.length > 2) seen.why = "its expression reads more than columns";
      else seen.columns.add(name);
    } else if (field === "SQLValueFunction") {
      seen.why = "its expression may have another value each time";
    } else if (field === "funcname") seen.functions.add(parts(inner as Node[]).at(-1) ?? "");
    walk(inner, seen);
  }
}
