// Owns: the SQL that adds a column again as it is now, with all that ADD COLUMN cannot say, and
// with what the server drops along with it: constraints, indexes, statistics, its sequence.

import { recreateConstraint } from "./constraint-definition.ts";
import { recreateIndex } from "./index-definition.ts";
import type { Lookup } from "./kind.ts";
import { literal, quote } from "./names.ts";
import { setByPeople } from "./options.ts";
import type { Relation } from "./relation.ts";
import { ownedSequence, type SequenceState, sequenceState } from "./sequence-state.ts";

export interface ColumnFacts extends Record<string, unknown> {
  number: number;
  type: string;
  collation: string | null;
  notNull: boolean;
  /** `s` stored, `v` virtual, `""` not generated. */
  generated: string;
  /** `a` always, `d` by default, `""` no identity. */
  identity: string;
  /** Of the default, or of the generated column. */
  expression: string | null;
  /** 17 and later: SET EXPRESSION. */
  canSetExpression: boolean;
  storage: string | null;
  compression: string | null;
  statistics: string | null;
  options: string[] | null;
  foreignOptions: string | null;
  comment: string | null;
  grants: { privilege: string; grantee: string; grantable: boolean }[] | null;
}

/** `pg_attribute.attstorage` in words. */
export const storageWord = (code: string): string =>
  `CASE ${code} WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END`;

/** `pg_attribute.attcompression` in words. */
export const compressionWord = (code: string): string =>
  `CASE ${code} WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' ELSE 'DEFAULT' END`;

export async function columnFacts(
  catalog: Lookup,
  table: { oid: string },
  column: string,
): Promise<ColumnFacts | undefined> {
  const [facts] = await catalog.rows<ColumnFacts>(
    `SELECT a.attnum::int AS number, format_type(a.atttypid, a.atttypmod) AS type,
       (SELECT format('%I.%I', cn.nspname, co.collname) FROM pg_collation co
          JOIN pg_namespace cn ON cn.oid = co.collnamespace
          WHERE co.oid = a.attcollation AND a.attcollation <> t.typcollation) AS collation,
       a.attnotnull AS "notNull", a.attgenerated::text AS generated,
       a.attidentity::text AS identity, pg_get_expr(d.adbin, d.adrelid) AS expression,
       current_setting('server_version_num')::int >= 170000 AS "canSetExpression",
       CASE WHEN a.attstorage <> t.typstorage THEN ${storageWord("a.attstorage")} END AS storage,
       CASE WHEN a.attcompression <> '' THEN ${compressionWord("a.attcompression")} END AS compression,
       CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::text END AS statistics,
       ${setByPeople("a.attoptions")} AS options,
       (SELECT string_agg(format('%I %L', o.option_name, o.option_value), ', ')
          FROM pg_options_to_table(a.attfdwoptions) o) AS "foreignOptions",
       col_description(a.attrelid, a.attnum) AS comment,
       (SELECT json_agg(json_build_object('privilege', x.privilege_type, 'grantable', x.is_grantable,
            'grantee', CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END))
          FROM aclexplode(a.attacl) x) AS grants
     FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
       LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE a.attrelid = $1::oid AND a.attname = $2::name AND a.attnum > 0 AND NOT a.attisdropped`,
    [table.oid, column],
  );
  return facts;
}

/**
 * Statements that add the column again. NOT NULL needs a value for every row: it is left out
 * unless the column fills itself or `empty` says that there is no row.
 */
export async function recreateColumn(
  catalog: Lookup,
  table: Relation,
  column: string,
  empty: boolean,
): Promise<string[]> {
  const facts = await columnFacts(catalog, table, column);
  if (!facts) return [];
  const oid = await ownedSequence(catalog, table, column);
  const sequence = oid === undefined ? undefined : await sequenceState(catalog, oid);
  const name = quote(column);
  const serial = facts.identity === "" ? sequence : undefined;
  const fills = facts.expression !== null || facts.identity !== "";
  const add = [
    `ALTER TABLE ${table.sql} ADD COLUMN ${name} ${facts.type}`,
    ...(facts.collation ? [`COLLATE ${facts.collation}`] : []),
    ...valueClause(facts, sequence),
    ...(facts.notNull && (fills || empty) ? ["NOT NULL"] : []),
  ].join(" ");
  return [
    ...(serial ? [`CREATE SEQUENCE ${serial.name} AS ${serial.type} ${serial.options}`] : []),
    add,
    ...(serial ? [`ALTER SEQUENCE ${serial.name} OWNED BY ${table.sql}.${name}`] : []),
    ...(sequence ? [sequence.position] : []),
    ...attributeSql(facts, table, name),
    ...(await belongings(catalog, table, facts.number)),
  ];
}

function valueClause(facts: ColumnFacts, sequence: SequenceState | undefined): string[] {
  if (facts.identity !== "") return [identitySql(facts.identity, sequence)];
  if (facts.expression === null) return [];
  if (facts.generated === "") return [`DEFAULT ${facts.expression}`];
  const kind = facts.generated === "v" ? "VIRTUAL" : "STORED";
  return [`GENERATED ALWAYS AS (${facts.expression}) ${kind}`];
}

/** `GENERATED ... AS IDENTITY (...)` with the sequence's name and options. */
export function identitySql(identity: string, sequence: SequenceState | undefined): string {
  const when = identity === "a" ? "ALWAYS" : "BY DEFAULT";
  const options = sequence ? ` (SEQUENCE NAME ${sequence.name} ${sequence.options})` : "";
  return `GENERATED ${when} AS IDENTITY${options}`;
}

function attributeSql(facts: ColumnFacts, table: Relation, name: string): string[] {
  const alter = `ALTER TABLE ${table.sql} ALTER COLUMN ${name}`;
  return [
    ...(facts.storage ? [`${alter} SET STORAGE ${facts.storage}`] : []),
    ...(facts.compression ? [`${alter} SET COMPRESSION ${facts.compression}`] : []),
    ...(facts.statistics ? [`${alter} SET STATISTICS ${facts.statistics}`] : []),
    ...(facts.options ? [`${alter} SET (${facts.options.join(", ")})`] : []),
    ...(facts.foreignOptions ? [`${alter} OPTIONS (${facts.foreignOptions})`] : []),
    ...(facts.comment === null
      ? []
      : [`COMMENT ON COLUMN ${table.sql}.${name} IS ${literal(facts.comment)}`]),
    ...(facts.grants ?? []).map(
      ({ privilege, grantee, grantable }) =>
        `GRANT ${privilege} (${name}) ON ${table.sql} TO ${grantee}${grantable ? " WITH GRANT OPTION" : ""}`,
    ),
  ];
}

interface Belonging extends Record<string, unknown> {
  catalog: string;
  oid: string;
  definition: string | null;
}

/** What is dropped with the column, here and in the children that have the column from here. */
async function belongings(catalog: Lookup, table: Relation, number: number): Promise<string[]> {
  const found = await catalog.rows<Belonging>(
    `WITH RECURSIVE family(oid, attnum) AS (
         SELECT $1::oid, $2::int
       UNION
         SELECT i.inhrelid, ca.attnum::int FROM pg_inherits i
           JOIN family f ON i.inhparent = f.oid
           JOIN pg_attribute pa ON pa.attrelid = f.oid AND pa.attnum = f.attnum
           JOIN pg_attribute ca ON ca.attrelid = i.inhrelid AND ca.attname = pa.attname)
     SELECT DISTINCT d.classid::regclass::text AS catalog, d.objid::text AS oid,
       CASE WHEN d.classid = 'pg_statistic_ext'::regclass
         THEN pg_get_statisticsobjdef(d.objid) END AS definition
     FROM family f JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass
         AND d.refobjid = f.oid AND d.refobjsubid = f.attnum
       LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
       LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
     WHERE (k.conrelid IN (SELECT oid FROM family) AND k.contype IN ('c', 'f', 'p', 'u', 'x')
         AND k.coninhcount = 0 AND k.conparentid = 0)
       OR (c.relkind IN ('i', 'I') AND NOT c.relispartition
         AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = c.oid
           AND o.contype IN ('p', 'u', 'x')))
       OR d.classid = 'pg_statistic_ext'::regclass
     ORDER BY catalog, oid`,
    [table.oid, number],
  );
  const sql: string[] = [];
  // Indexes first: a foreign key may need a unique one.
  for (const each of found.toSorted((a, b) => rank(a.catalog) - rank(b.catalog))) {
    if (each.catalog === "pg_class") sql.push(...((await recreateIndex(catalog, each.oid)) ?? []));
    else if (each.definition === null) sql.push(...(await recreateConstraint(catalog, each.oid)));
    else sql.push(each.definition);
  }
  return sql;
}

function rank(catalog: string): number {
  return ["pg_class", "pg_constraint", "pg_statistic_ext"].indexOf(catalog);
}
