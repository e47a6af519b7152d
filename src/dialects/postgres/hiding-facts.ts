// Owns: what a column has that matters when it is hidden and when it returns, read from the catalog.

import { fallibleDefaults, type Refusing, refusingDomain } from "./born-value.ts";
import { recreateConstraint } from "./constraint-definition.ts";
import { recreateIndex } from "./index-definition.ts";
import type { Lookup } from "./kind.ts";
import { quote } from "./names.ts";
import type { Relation } from "./relation.ts";
import { isHidden } from "./shelf-names.ts";

/** Something that the server would drop with the column. */
export interface HiddenPart {
  /** `INDEX`, `SEQUENCE`, `STATISTICS`; `CONSTRAINT` with its table. */
  words: string;
  schema: string;
  name: string;
  /** Qualified, quoted; only of constraints that are renamed on their table. */
  table: string | null;
  /** It stays, under a reserved name. */
  keeps: boolean;
  /** Takes it off. */
  off: string;
  /** Makes it again. */
  again: string[];
  /** `pg_constraint.contype`; null for what is no constraint. */
  type: string | null;
}

export interface HidingColumn {
  number: number;
  impossible: boolean;
  notNull: boolean;
  /** Of its default; the word `identity` for an identity column; null for neither. */
  expression: string | null;
  /** The default is one value, and the column has to be unique; or the author has another for them. */
  dropsDefault: boolean;
  /** What may fail of the table's, and of its children's. */
  fallible: Awaited<ReturnType<typeof fallibleDefaults>>;
  /** A row may have nothing there. */
  mayBeEmpty: boolean;
  /** Neither default nor nothing is a value of it. */
  refusing: Refusing | undefined;
  /** Server version 18 and later: NOT NULL is a constraint with this name. */
  notNullName: string | null;
  parts: HiddenPart[];
}

interface Facts extends Record<string, unknown> {
  number: number;
  impossible: boolean;
  notNull: boolean;
  identity: boolean;
  expression: string | null;
  variable: boolean;
}

const family = `WITH RECURSIVE family(oid, attnum) AS (
    SELECT a.attrelid, a.attnum FROM pg_attribute a
      WHERE a.attrelid = $1::oid AND a.attname = $2::name AND a.attnum > 0 AND NOT a.attisdropped
  UNION
    SELECT i.inhrelid, a.attnum FROM family f JOIN pg_inherits i ON i.inhparent = f.oid
      JOIN pg_attribute a ON a.attrelid = i.inhrelid AND a.attname = $2::name)`;

export async function hidingColumn(
  catalog: Lookup,
  table: Relation,
  column: string,
  { isFilled }: { isFilled: boolean },
): Promise<HidingColumn | undefined> {
  const [facts] = await catalog.rows<Facts>(
    `${family}
     SELECT a.attnum::int AS number, a.attnotnull AS "notNull", a.attidentity <> '' AS identity,
       pg_get_expr(d.adbin, d.adrelid) AS expression,
       -- Each row has another value of these.
       coalesce(pg_get_expr(d.adbin, d.adrelid) ~ '^(pg_catalog\\.)?(nextval|gen_random_uuid|uuid_generate_v[14]|uuidv[47])\\(', false) AS variable,
       c.relkind NOT IN ('r', 'p') OR c.reloftype <> 0 OR a.attgenerated <> '' OR a.attinhcount > 0
         OR EXISTS (SELECT FROM family f JOIN pg_attribute o ON o.attrelid = f.oid
           AND o.attnum = f.attnum WHERE f.oid <> a.attrelid AND o.attislocal)
         OR EXISTS (SELECT FROM family f JOIN pg_partitioned_table p ON p.partrelid = f.oid
           WHERE f.attnum = ANY (p.partattrs) OR p.partexprs IS NOT NULL)
         OR EXISTS (SELECT FROM family f JOIN pg_depend e ON e.refclassid = 'pg_class'::regclass
           AND e.refobjid = f.oid AND e.refobjsubid = f.attnum AND e.classid = 'pg_attrdef'::regclass
           JOIN pg_attrdef o ON o.oid = e.objid AND (o.adrelid, o.adnum) <> (f.oid, f.attnum))
         -- Up to 17 the columns of generation are parts of the table.
         OR EXISTS (SELECT FROM family f JOIN pg_depend e ON e.classid = 'pg_class'::regclass
           AND e.objid = f.oid AND e.objsubid <> 0 AND e.refclassid = 'pg_class'::regclass
           AND e.refobjid = f.oid AND e.refobjsubid = f.attnum) AS impossible
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
       LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE a.attrelid = $1::oid AND a.attname = $2::name AND a.attnum > 0 AND NOT a.attisdropped`,
    [table.oid, column],
  );
  if (facts === undefined) return undefined;
  const indexes = await indexesOf(catalog, table, column);
  const constraints = await constraintsOf(catalog, table, column);
  const isUnique = indexes.some(({ unique, keeps }) => unique && keeps);
  const { identity, expression } = facts;
  const dropsDefault =
    expression !== null && !identity && (isFilled || (!facts.variable && isUnique));
  const hides = !facts.impossible && !identity;
  const fallible = hides && !dropsDefault ? await fallibleDefaults(catalog, table, column) : [];
  const mayBeEmpty = !identity && (expression === null || dropsDefault || fallible.length > 0);
  const refusing =
    hides && mayBeEmpty ? await refusingDomain(catalog, table, facts.number) : undefined;
  return {
    ...facts,
    impossible: facts.impossible || (refusing?.impossible ?? false),
    expression: identity ? "identity" : expression,
    dropsDefault,
    ...{ fallible, mayBeEmpty, refusing },
    notNullName: constraints.find(({ type }) => type === "n")?.name ?? null,
    parts: [
      ...constraints.filter(({ type }) => type !== "n" || !(facts.notNull && mayBeEmpty)),
      ...indexes,
      ...(await companionsOf(catalog, table, column)),
    ],
  };
}

interface Index extends Record<string, unknown> {
  oid: string;
  schema: string;
  name: string;
  unique: boolean;
  keeps: boolean;
  member: boolean;
  constraint: string | null;
  constraintName: string | null;
  type: string;
  table: string;
}

/** Constraints that are indexes included; renaming the index renames the constraint. */
async function indexesOf(catalog: Lookup, table: Relation, column: string) {
  const found = await catalog.rows<Index>(
    `${family}
     SELECT DISTINCT c.oid::text, n.nspname::text AS schema, c.relname::text AS name,
       i.indisunique OR i.indisexclusion AS unique, k.oid::text AS constraint,
       k.conname::text AS "constraintName", k.contype::text AS type, format('%I.%I', tn.nspname, t.relname) AS table,
       EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid) AS member,
       NOT i.indisprimary AND NOT i.indisexclusion AND NOT i.indisreplident AND NOT i.indisclustered
         AND i.indisvalid AND (NOT i.indisunique OR (i.indnatts = 1 AND i.indkey[0] = f.attnum
           AND i.indpred IS NULL AND coalesce(to_jsonb(i) ->> 'indnullsnotdistinct', 'false') = 'false')) AS keeps
     FROM family f JOIN pg_index i ON i.indrelid = f.oid
       JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
       LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')
     WHERE NOT ${isHidden("c.relname")} AND (f.attnum = ANY (i.indkey::int2[]) OR EXISTS (
       SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
         AND d.refclassid = 'pg_class'::regclass AND d.refobjid = f.oid AND d.refobjsubid = f.attnum))
     ORDER BY member, c.oid::text`,
    [table.oid, column],
  );
  const parts: (HiddenPart & { unique: boolean })[] = [];
  for (const { oid, schema, name, keeps, unique, constraint, ...each } of found) {
    // Members go and come with the index that they belong to; when that stays, each has a name.
    if (each.member && !keeps) continue;
    const again = keeps
      ? []
      : constraint === null
        ? ((await recreateIndex(catalog, oid)) ?? [])
        : await recreateConstraint(catalog, constraint);
    const off =
      constraint === null
        ? `DROP INDEX ${quote(schema)}.${quote(name)}`
        : `ALTER TABLE ${each.table} DROP CONSTRAINT ${quote(each.constraintName ?? "")}`;
    const type = constraint === null ? null : each.type;
    // A constraint that goes is added again by its own name; what stays is renamed as an index.
    const named = keeps
      ? { schema, name, table: null }
      : { schema, name: each.constraintName ?? name, table: each.table };
    parts.push({ words: "INDEX", keeps, off, again, unique, type, ...named });
  }
  return parts;
}

interface Constraint extends Record<string, unknown> {
  oid: string;
  type: string;
  schema: string;
  name: string;
  table: string;
}

/** Checks, foreign keys, and (18 and later) NOT NULL. */
async function constraintsOf(catalog: Lookup, table: Relation, column: string) {
  const found = await catalog.rows<Constraint>(
    `${family}
     SELECT k.oid::text, k.contype::text AS type, n.nspname::text AS schema, k.conname::text AS name,
       format('%I.%I', n.nspname, c.relname) AS table
     FROM family f JOIN pg_constraint k ON k.conrelid = f.oid AND f.attnum = ANY (k.conkey)
       JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE k.contype IN ('c', 'f', 'n') AND k.coninhcount = 0 AND k.conparentid = 0
     ORDER BY k.oid`,
    [table.oid, column],
  );
  const parts: (HiddenPart & { type: string })[] = [];
  for (const { oid, type, schema, name, table: on } of found) {
    const keeps = type === "n";
    const off = `ALTER TABLE ${on} DROP CONSTRAINT ${quote(name)}`;
    const again = keeps ? [] : await recreateConstraint(catalog, oid);
    parts.push({ words: "CONSTRAINT", schema, name, table: on, keeps, off, again, type });
  }
  return parts;
}

/** Its sequence, and statistics over it: they act on nobody, only their names are in the way. */
async function companionsOf(
  catalog: Lookup,
  table: Relation,
  column: string,
): Promise<HiddenPart[]> {
  const found = await catalog.rows<{ words: string; schema: string; name: string }>(
    `${family}
     SELECT 'SEQUENCE' AS words, n.nspname::text AS schema, c.relname::text AS name
       FROM family f JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = f.oid
         AND d.refobjsubid = f.attnum AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
         JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S' JOIN pg_namespace n ON n.oid = c.relnamespace
     UNION SELECT 'STATISTICS', n.nspname::text, s.stxname::text
       FROM family f JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = f.oid
         AND d.refobjsubid = f.attnum AND d.classid = 'pg_statistic_ext'::regclass
         JOIN pg_statistic_ext s ON s.oid = d.objid AND NOT ${isHidden("s.stxname")}
         JOIN pg_namespace n ON n.oid = s.stxnamespace`,
    [table.oid, column],
  );
  const rest = { table: null, keeps: true, off: "", again: [], type: null };
  return found.map((each) => ({ ...each, ...rest }));
}
