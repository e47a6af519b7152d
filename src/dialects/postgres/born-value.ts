// Owns: what an INSERT finds in a hidden column that it does not name. Its default may fail (it asks
// for a setting, or is too long for a type that the column has been given), and a domain may refuse to
// be empty; who no longer knows the column must meet with neither.

import type { UndoStatement } from "../../core/plan.ts";
import { dollar } from "./capture/shelf.ts";
import type { Lookup } from "./kind.ts";
import { literal, quote } from "./names.ts";
import type { Relation } from "./relation.ts";
import { hiddenName, type ShelfId, shelfSchema } from "./shelf-names.ts";
import { ours } from "./unless-violated.ts";

interface Default extends Record<string, unknown> {
  /** Qualified, quoted: partitions may have defaults of their own. */
  table: string;
  expression: string;
  type: string;
  /** Under its domains, which may refuse nothing. */
  base: string;
  /** Functions of the user's. */
  calls: boolean;
}

/** The server's own; what PL/pgSQL would read as a word of its own is qualified. */
const typeSql = `CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace THEN format_type(a.atttypid, a.atttypmod)
  ELSE (SELECT format('%I.%I', nspname, t.typname) FROM pg_namespace WHERE oid = t.typnamespace) END`;

/** Those that may fail in some session, the table's own and its children's. */
export async function fallibleDefaults(
  catalog: Lookup,
  table: Relation,
  column: string,
): Promise<Default[]> {
  const [path] = await catalog.rows<{ path: string }>(
    "SELECT current_setting('search_path') AS path, set_config('search_path', '', true)",
  );
  const found = await catalog.rows<Default>(
    `WITH RECURSIVE family(oid) AS (
         SELECT $1::oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN family f ON i.inhparent = f.oid)
     SELECT format('%I.%I', n.nspname, c.relname) AS table, pg_get_expr(d.adbin, d.adrelid) AS expression,
       ${typeSql} AS type,
       (WITH RECURSIVE layer AS (SELECT t.oid, t.typtype, t.typbasetype
          UNION ALL SELECT b.oid, b.typtype, b.typbasetype FROM layer JOIN pg_type b ON b.oid = layer.typbasetype)
          SELECT format('%I.%I', bn.nspname, b.typname) FROM layer JOIN pg_type b USING (oid)
            JOIN pg_namespace bn ON bn.oid = b.typnamespace WHERE layer.typtype <> 'd') AS base,
       EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_attrdef'::regclass
         AND e.objid = d.oid AND e.refclassid = 'pg_proc'::regclass) AS calls
     FROM family f JOIN pg_attribute a ON a.attrelid = f.oid AND a.attname = $2::name
       JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum JOIN pg_type t ON t.oid = a.atttypid
       JOIN pg_class c ON c.oid = f.oid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE a.attidentity = '' AND a.attgenerated = '' ORDER BY 1`,
    [table.oid, column],
  );
  await catalog.rows("SELECT set_config('search_path', $1, true)", [path?.path ?? ""]);
  const fallible: Default[] = [];
  for (const each of found) if (await mayFail(catalog, each)) fallible.push(each);
  return fallible;
}

/** By what they call; else tried out, unless that moves a sequence. */
async function mayFail(catalog: Lookup, { expression, type, calls }: Default): Promise<boolean> {
  if (/^([\w.]+\.)?(uuid_generate_v[14]|uuidv[47]|gen_random_uuid)\(\)$/.test(expression))
    return false;
  if (calls || /\b(current_setting|currval|lastval)\(/.test(expression)) return true;
  return !expression.includes("nextval(") && (await isRefused(catalog, type, expression));
}

/**
 * In their place, the same without failing: whoever gets a value from one still does. They stand in the
 * shelf; `back` follows when the column has its own name.
 */
export function infallible(
  id: ShelfId,
  { sql }: Relation,
  column: string,
  defaults: readonly Default[],
): { away: string[]; back: UndoStatement[] } {
  if (defaults.length === 0) return { away: [], back: [] };
  const schema = quote(shelfSchema(id));
  const name = (what: string, at: number) =>
    `${schema}.${quote(hiddenName(id, `${what}_${at + 1}`))}()`;
  const [values, safe] = ["value", "default"].map((what) =>
    defaults.map((_, at) => name(what, at)),
  ) as [string[], string[]];
  return {
    away: [
      `CREATE SCHEMA IF NOT EXISTS ${schema}`,
      `GRANT USAGE ON SCHEMA ${schema} TO PUBLIC`,
      ...defaults.flatMap((each, at) => makeSafe(each, values[at] ?? "", safe[at] ?? "")),
      `GRANT EXECUTE ON FUNCTION ${[...values, ...safe].join(", ")} TO PUBLIC`,
      ...defaults.map(
        ({ table }, at) =>
          `ALTER TABLE ONLY ${table} ALTER COLUMN ${quote(column)} SET DEFAULT ${safe[at]}`,
      ),
    ],
    back: [ours(putBack(schema, defaults, safe, values), { table: sql })],
  };
}

/** Wherever they are: a partition may have come since, or gone, and a copy been made (LIKE). */
function putBack(
  schema: string,
  defaults: readonly Default[],
  safe: readonly string[],
  values: readonly string[],
): string {
  const each = defaults.map(
    ({ expression }, at) => `(${literal(safe[at] ?? "")}, ${literal(expression)})`,
  );
  return `DECLARE
  each record;
BEGIN
  FOR each IN
    SELECT d.adrelid::pg_catalog.regclass AS target, a.attname AS name, f.expression
    FROM (VALUES ${each.join(", ")}) AS f(safe, expression)
      JOIN pg_catalog.pg_depend p ON p.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        AND p.refobjid = f.safe::pg_catalog.regprocedure AND p.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
      JOIN pg_catalog.pg_attrdef d ON d.oid = p.objid
      JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
  LOOP
    EXECUTE pg_catalog.format('ALTER TABLE ONLY %s ALTER COLUMN %I SET DEFAULT ', each.target, each.name) || each.expression;
  END LOOP;
  DROP FUNCTION ${[...safe, ...values].join(", ")};
  DROP SCHEMA ${schema};
END`;
}

/**
 * The value as the server has read it, like a default: no name in it is looked up again by roles that
 * may not see every schema. And around it what catches errors, that of a length included.
 */
function makeSafe({ type, base, expression }: Default, value: string, safe: string): string[] {
  const isPlain = base.startsWith("pg_catalog.");
  return [
    `CREATE FUNCTION ${value} RETURNS ${type} LANGUAGE sql VOLATILE RETURN ${expression}`,
    `CREATE FUNCTION ${safe} RETURNS ${base} LANGUAGE plpgsql VOLATILE AS ${dollar(`BEGIN
  ${isPlain && !type.includes(".") ? `DECLARE belay_value ${type} := ${value}; BEGIN RETURN belay_value; END` : `RETURN ${value}`};
EXCEPTION WHEN OTHERS OR ASSERT_FAILURE THEN
  RETURN NULL;
END`)}`,
  ];
}

/** Computes it as an INSERT would. */
async function isRefused(catalog: Lookup, type: string, expression: string): Promise<boolean> {
  const block = `BEGIN
  PERFORM pg_catalog.set_config('belay.born', 'taken', false);
  DECLARE
    belay_value ${type} := ${expression};
  BEGIN
    NULL;
  END;
EXCEPTION WHEN OTHERS OR ASSERT_FAILURE THEN
  PERFORM pg_catalog.set_config('belay.born', 'refused', false);
END`;
  await catalog.rows(`DO ${dollar(block)}`);
  const [found] = await catalog.rows<{ refused: boolean }>(
    "SELECT current_setting('belay.born') = 'refused' AS refused",
  );
  return found?.refused ?? false;
}

/** A domain that refuses what an INSERT would put there, and what it is over. */
export interface Refusing {
  /** Both with the collation where that is not the type's own. */
  base: string;
  domain: string;
  /** The exchange of the two loses something, or takes the time that it takes to write the table anew. */
  impossible: boolean;
}

interface DomainFacts extends Refusing, Record<string, unknown> {
  type: string;
  /** Of its own, which a column has without one. */
  expression: string | null;
}

/** Undefined: it takes what it gets. */
export async function refusingDomain(
  catalog: Lookup,
  table: Relation,
  number: number,
): Promise<Refusing | undefined> {
  const collated = (type: string) => `CASE WHEN a.attcollation <> ${type}.typcollation
    THEN (SELECT format(' COLLATE %I.%I', n.nspname, c.collname) FROM pg_collation c
      JOIN pg_namespace n ON n.oid = c.collnamespace WHERE c.oid = a.attcollation) ELSE '' END`;
  const [found] = await catalog.rows<DomainFacts>(
    `WITH RECURSIVE layer(oid, typmod) AS (
         SELECT atttypid, atttypmod FROM pg_attribute WHERE attrelid = $1::oid AND attnum = $2
       UNION ALL
         SELECT t.typbasetype, t.typtypmod FROM layer JOIN pg_type t ON t.oid = layer.oid
           WHERE t.typtype = 'd')
     SELECT format_type(b.oid, layer.typmod) || ${collated("b")} AS base, ${typeSql} AS type,
       format_type(t.oid, -1) || ${collated("t")} AS domain, pg_get_expr(t.typdefaultbin, 0) AS expression,
       layer.typmod >= 0 OR a.attstorage <> b.typstorage OR a.attcompression <> ''
         OR EXISTS (SELECT FROM pg_inherits WHERE inhparent = a.attrelid)
         OR EXISTS (SELECT FROM pg_statistic_ext s WHERE s.stxrelid = a.attrelid
           AND coalesce((to_jsonb(s) ->> 'stxstattarget')::int, -1) >= 0)
         OR EXISTS (SELECT FROM pg_index i JOIN pg_attribute ia ON ia.attrelid = i.indexrelid
           WHERE i.indrelid = a.attrelid AND coalesce(ia.attstattarget, -1) >= 0)
         -- Somewhere it is a type itself.
         OR EXISTS (SELECT FROM pg_type r JOIN pg_attribute u ON u.atttypid IN (r.oid, r.typarray)
           WHERE r.typrelid = a.attrelid) AS impossible
     FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid AND t.typtype = 'd'
       CROSS JOIN layer JOIN pg_type b ON b.oid = layer.oid AND b.typtype <> 'd'
     WHERE a.attrelid = $1::oid AND a.attnum = $2`,
    [table.oid, number],
  );
  if (found === undefined) return undefined;
  return (await isRefused(catalog, found.type, found.expression ?? "NULL")) ? found : undefined;
}
