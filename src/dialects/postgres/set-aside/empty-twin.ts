// Owns: an empty table that is like another one in all that can be seen of it, made under its name
// when that has moved away. Everything is asked while the old one still has its name.

import { recreateConstraint } from "../constraint-definition.ts";
import { recreateIndex } from "../index-definition.ts";
import { isInternal } from "../internal-trigger.ts";
import type { Lookup } from "../kind.ts";
import { type Found, identityColumns } from "../objects/found.ts";
import { publicationTable } from "../objects/publication-recipes.ts";
import { creationsOf } from "../objects/recreate.ts";
import { columnSettings } from "../objects/relation-recipes.ts";
import { satellitesOf } from "../objects/satellites.ts";
import { optionSql } from "../options.ts";
import type { Aside } from "./candidates.ts";

export interface Twins {
  /** Columns, defaults and storage. */
  create: string[];
  /** Keys, checks and indexes; then owners and privileges. */
  fill: string[];
  /** What leads to other tables, or acts on rows. */
  connect: string[];
}

export async function twinsOf(catalog: Lookup, tables: readonly Aside[]): Promise<Twins> {
  const oids = tables.map(({ oid }) => oid);
  const parts = await partsOf(catalog, oids);
  const satellites = await satellitesOf(catalog, parts);
  const of = (each: { key: string }) => satellites.get(each.key) ?? [];
  const isWhole = ({ catalog: name }: Found) => name === "pg_class";
  const made = await creationsOf(
    catalog,
    parts.filter(({ catalog: name }) => name !== "pg_class" && name !== "pg_constraint"),
  );
  const { keys, foreign } = await constraintsOf(catalog, oids);
  return {
    create: await createdLike(catalog, tables),
    fill: [...keys, ...(await indexesOf(catalog, oids)), ...parts.filter(isWhole).flatMap(of)],
    connect: [
      ...foreign,
      ...parts
        .filter((each) => !isWhole(each))
        .flatMap((each) => {
          const { create = [], finish = [] } = made.get(each.key) ?? {};
          return [...create, ...of(each), ...finish];
        }),
      ...(await settingsOf(catalog, oids)),
      ...(await publishedAs(catalog, oids)),
    ],
  };
}

interface Shape extends Record<string, unknown> {
  oid: string;
  unlogged: boolean;
  method: string;
  tablespace: string;
  options: string[];
}

/** All that the session's own defaults could decide otherwise is named. */
async function createdLike(catalog: Lookup, tables: readonly Aside[]): Promise<string[]> {
  const shapes = await catalog.rows<Shape>(
    `SELECT c.oid::text, c.relpersistence = 'u' AS unlogged, quote_ident(m.amname) AS method,
       quote_ident(s.spcname) AS tablespace, coalesce(c.reloptions, '{}') || ARRAY(
         SELECT 'toast.' || option FROM pg_class t, unnest(t.reloptions) option WHERE t.oid = c.reltoastrelid) AS options
     FROM pg_class c JOIN pg_am m ON m.oid = c.relam JOIN pg_database d ON d.datname = current_database()
       JOIN pg_tablespace s ON s.oid = coalesce(nullif(c.reltablespace, 0), d.dattablespace)
     WHERE c.oid = ANY ($1::oid[])`,
    [tables.map(({ oid }) => oid)],
  );
  return tables.map(({ oid, sql, shelved }) => {
    const { unlogged, method, tablespace, options } = shapes.find((each) => each.oid === oid)!;
    return [
      `CREATE ${unlogged ? "UNLOGGED " : ""}TABLE ${sql}`,
      `(LIKE ${shelved} INCLUDING DEFAULTS INCLUDING GENERATED) USING ${method}`,
      ...(options.length === 0 ? [] : [`WITH (${options.map(optionSql).join(", ")})`]),
      `TABLESPACE ${tablespace}`,
    ].join(" ");
  });
}

async function constraintsOf(catalog: Lookup, oids: readonly string[]) {
  const found = await catalog.rows<{ oid: string; type: string }>(
    `SELECT oid::text, contype::text AS type FROM pg_constraint
      WHERE conrelid = ANY ($1::oid[]) AND contype IN ('p', 'u', 'x', 'c', 'f') AND conparentid = 0 ORDER BY oid`,
    [oids],
  );
  const keys: string[] = [];
  const foreign: string[] = [];
  for (const { oid, type } of found) {
    (type === "f" ? foreign : keys).push(...(await recreateConstraint(catalog, oid)));
  }
  return { keys, foreign };
}

/** Those of constraints come with them. */
async function indexesOf(catalog: Lookup, oids: readonly string[]): Promise<string[]> {
  const found = await catalog.rows<{ oid: string }>(
    `SELECT indexrelid::text AS oid FROM pg_index WHERE indrelid = ANY ($1::oid[]) AND NOT EXISTS (
       SELECT FROM pg_constraint k WHERE k.conindid = indexrelid AND k.contype IN ('p', 'u', 'x'))
     ORDER BY indexrelid`,
    [oids],
  );
  const sql: string[] = [];
  for (const { oid } of found) sql.push(...((await recreateIndex(catalog, oid)) ?? []));
  return sql;
}

/** What has an owner, a comment or a recipe of its own; for a NOT NULL, which comes along, its comment. */
async function partsOf(catalog: Lookup, oids: readonly string[]) {
  const found = await catalog.rows<Found>(
    `SELECT a.catalog, a.oid::text, 0 AS attribute, ${identityColumns} FROM (
         SELECT 1 AS place, 'pg_class' AS catalog, unnest($1::oid[]) AS oid
         UNION ALL SELECT 2, 'pg_class', d.objid FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
           AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY ($1::oid[]) AND d.deptype = 'i'
           AND (SELECT relkind FROM pg_class WHERE oid = d.objid) = 'S'
         UNION ALL SELECT 3, 'pg_constraint', k.oid FROM pg_constraint k WHERE k.conrelid = ANY ($1::oid[]) AND k.contype = 'n'
         UNION ALL SELECT 4, 'pg_trigger', t.oid FROM pg_trigger t WHERE t.tgrelid = ANY ($1::oid[]) AND NOT ${isInternal("t")}
         UNION ALL SELECT 5, 'pg_policy', p.oid FROM pg_policy p WHERE p.polrelid = ANY ($1::oid[])
         UNION ALL SELECT 6, 'pg_statistic_ext', s.oid FROM pg_statistic_ext s WHERE s.stxrelid = ANY ($1::oid[])
       ) a, LATERAL pg_identify_object(a.catalog::regclass, a.oid, 0) o ORDER BY a.place, a.oid`,
    [oids],
  );
  return found.map((each) => {
    const key = `${each.catalog} ${each.oid} 0`;
    return { ...each, key, of: key, tiedTo: [], needs: [] };
  });
}

/** What only ALTER TABLE can say. An index as replica identity is among the index's marks. */
async function settingsOf(catalog: Lookup, oids: readonly string[]): Promise<string[]> {
  const found = await catalog.rows<{ sql: string[] }>(
    `SELECT ${columnSettings("TABLE")} || ARRAY(SELECT format('ALTER TABLE %I.%I %s', n.nspname, c.relname, each.words)
         FROM (VALUES (c.relrowsecurity, 'ENABLE ROW LEVEL SECURITY'), (c.relforcerowsecurity, 'FORCE ROW LEVEL SECURITY'),
           (c.relreplident = 'f', 'REPLICA IDENTITY FULL'), (c.relreplident = 'n', 'REPLICA IDENTITY NOTHING'))
           each(holds, words) WHERE each.holds) AS sql
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY ($1::oid[])`,
    [oids],
  );
  return found.flatMap(({ sql }) => sql);
}

async function publishedAs(catalog: Lookup, oids: readonly string[]): Promise<string[]> {
  const members = await catalog.rows<{ oid: string }>(
    "SELECT oid::text FROM pg_publication_rel WHERE prrelid = ANY ($1::oid[]) ORDER BY oid",
    [oids],
  );
  if (members.length === 0) return [];
  const made = await publicationTable(
    catalog,
    members.map(({ oid }) => oid),
  );
  return members.flatMap(({ oid }) => made.get(oid)?.create ?? []);
}
