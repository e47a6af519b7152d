// Owns: the object in the catalog behind a name of a statement, with the names by which SQL of ours
// can reach it whatever the search_path.

import type { Lookup } from "../kind.ts";
import type { Target } from "./object-type.ts";

/** One object of the catalog. */
export interface Found extends Record<string, unknown> {
  /** The system catalog that holds it. */
  catalog: string;
  oid: string;
  /** Attribute number; 0 for whole objects. */
  attribute: number;
  /** As pg_identify_object has it: `function`, `table constraint`, ... */
  type: string;
  /** Quoted for SQL; null for objects of no schema. */
  schema: string | null;
  /** Unquoted own name; null for those that have none (casts). */
  name: string | null;
  /** As pg_identify_object has it: qualified and quoted, `public.f(integer)`, `audit on public.t`. */
  identity: string;
}

/** `pg_identify_object` gives no names where names are not unique. */
export const identityColumns = `
  o.type, CASE WHEN o.identity LIKE 'pg\\_temp.%' THEN 'pg_temp' ELSE o.schema END AS schema, o.identity,
  CASE a.catalog
    WHEN 'pg_proc' THEN (SELECT proname FROM pg_proc WHERE oid = a.oid)
    WHEN 'pg_constraint' THEN (SELECT conname FROM pg_constraint WHERE oid = a.oid)
    WHEN 'pg_trigger' THEN (SELECT tgname FROM pg_trigger WHERE oid = a.oid)
    WHEN 'pg_rewrite' THEN (SELECT rulename FROM pg_rewrite WHERE oid = a.oid)
    WHEN 'pg_policy' THEN (SELECT polname FROM pg_policy WHERE oid = a.oid)
    WHEN 'pg_opclass' THEN (SELECT opcname FROM pg_opclass WHERE oid = a.oid)
    WHEN 'pg_opfamily' THEN (SELECT opfname FROM pg_opfamily WHERE oid = a.oid)
    ELSE (parse_ident(o.name))[1] END AS name`;

/**
 * SQL: whether the object `o` outlives its session. What is temporary, or on something that is, has
 * no undo: no other session can see it.
 */
export const isLasting = `o.identity !~ '(^|^for | on |^\\()pg_temp\\.'`;

/**
 * In the order of the targets, without those that do not exist or are temporary. Never raises for
 * missing ones.
 */
export async function findAll(catalog: Lookup, targets: readonly Target[]): Promise<Found[]> {
  if (targets.length === 0) return [];
  const values = targets.map(
    ({ catalog: of, oid, attribute }, index) => `(${index}, '${of}', ${oid}, ${attribute ?? 0})`,
  );
  const rows = await catalog.rows<Found>(
    `SELECT a.catalog, a.oid::text, a.attribute, ${identityColumns}
     FROM (VALUES ${values.join(", ")}) a(position, catalog, oid, attribute),
       LATERAL pg_identify_object(a.catalog::regclass, a.oid, a.attribute) o
     WHERE a.oid IS NOT NULL AND a.attribute IS NOT NULL AND o.identity IS NOT NULL AND ${isLasting}
     ORDER BY a.position`,
  );
  return rows;
}

export async function find(catalog: Lookup, target: Target): Promise<Found | undefined> {
  return (await findAll(catalog, [target]))[0];
}

/** The words that stand before the identity in ALTER, COMMENT ON and DROP, where not the type's own. */
const words: Record<string, string> = {
  // ROUTINE takes the argument types alone, where AGGREGATE wants `*` and ORDER BY.
  aggregate: "ROUTINE",
  "composite type": "TYPE",
  "composite type column": "COLUMN",
  "domain constraint": "CONSTRAINT",
  "foreign table column": "COLUMN",
  "foreign-data wrapper": "FOREIGN DATA WRAPPER",
  "materialized view column": "COLUMN",
  "statistics object": "STATISTICS",
  "table column": "COLUMN",
  "table constraint": "CONSTRAINT",
  "view column": "COLUMN",
};

/** `FUNCTION public.f(integer)`, for ALTER, COMMENT ON and DROP. */
export function sqlOf({ type, identity }: Pick<Found, "type" | "identity">): string {
  return `${wordOf(type)} ${nameSql({ type, identity })}`;
}

export function wordOf(type: string): string {
  return words[type] ?? type.toUpperCase();
}

/** The identity in SQL's own order of words. */
function nameSql({ type, identity }: Pick<Found, "type" | "identity">): string {
  if (type === "domain constraint")
    return identity.replace(/ on (?=(?:[^"]|"[^"]*")*$)/, " ON DOMAIN ");
  if (type === "user mapping") return `FOR ${identity.replace(/ on server /, " SERVER ")}`;
  if (type === "transform")
    return identity.replace(/^for /, "FOR ").replace(/ on language /, " LANGUAGE ");
  return identity;
}

/** The identity that the object has once it was given another name or schema. */
export function identityAs(found: Found, change: { schema?: string; name?: string }): string {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const schema = found.schema === null ? "" : `${found.schema}.`;
  const isSchemaFirst = schema !== "" && found.identity.startsWith(schema);
  const rest = isSchemaFirst ? found.identity.slice(schema.length) : found.identity;
  const prefix =
    change.schema === undefined ? (isSchemaFirst ? schema : "") : `${quoted(change.schema)}.`;
  if (change.name === undefined) return prefix + rest;
  const own = /^(?:"(?:[^"]|"")*"|[^"(. ]+)/.exec(rest)?.[0] ?? "";
  return prefix + quoted(change.name) + rest.slice(own.length);
}
