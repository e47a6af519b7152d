// Owns: how to make publications and what they publish again.

import type { Node } from "@pgsql/types";
import type { Lock } from "../../../core/plan.ts";
import type { Lookup } from "../kind.ts";
import { relationName } from "../names.ts";
import { clause, definition, identity, type Recipe, recipe } from "./recipe.ts";

const publishes = `concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
  CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END)`;

/** SQL: the options of publication \`p\`, all of them. */
const publicationOptions = definition({
  publish: `quote_literal(${publishes})`,
  publish_via_partition_root: "p.pubviaroot::text",
  publish_generated_columns: `CASE to_jsonb(p) ->> 'pubgencols' WHEN 's' THEN 'stored' WHEN 'n' THEN 'none' END`,
});

/** What it publishes comes back by the recipes of its members. */
export const publication: Recipe = recipe(`
  SELECT p.oid::text, ARRAY[format('CREATE PUBLICATION %I%s WITH ', p.pubname,
    CASE WHEN p.puballtables THEN ' FOR ALL TABLES' ELSE '' END) || ${publicationOptions}] AS create
  FROM pg_publication p WHERE p.oid = ANY ($1::oid[])`);

/** Columns and conditions of members, and schemas, are PostgreSQL 15's. */
async function isBefore15(catalog: Lookup): Promise<boolean> {
  const [row] = await catalog.rows<{ old: boolean }>(
    "SELECT current_setting('server_version_num')::int < 150000 AS old",
  );
  return row?.old ?? false;
}

/** SQL: the member `r` of a publication, as DROP takes it. */
const table = `'TABLE ONLY ' || ${identity("pg_class", "r.prrelid")}`;

/** SQL: the rest of it, as ADD takes it. */
const part = `coalesce((SELECT ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')' FROM pg_attribute a
    WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::int2[])), '')
  || ${clause("WHERE (%s)", "pg_get_expr(r.prqual, r.prrelid)")}`;

export const publicationTable: Recipe = async (catalog, oids) =>
  recipe(`
    SELECT r.oid::text, ARRAY[format('ALTER PUBLICATION %I ADD ', p.pubname) || ${table}
      || ${(await isBefore15(catalog)) ? "''" : part}] AS create
    FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid WHERE r.oid = ANY ($1::oid[])`)(
    catalog,
    oids,
  );

export const publicationSchema: Recipe = recipe(`
  SELECT r.oid::text, ARRAY[format('ALTER PUBLICATION %I ADD TABLES IN SCHEMA %I', p.pubname, n.nspname)] AS create
  FROM pg_publication_namespace r JOIN pg_publication p ON p.oid = r.pnpubid JOIN pg_namespace n ON n.oid = r.pnnspid
  WHERE r.oid = ANY ($1::oid[])`);

export interface PublicationState {
  /** `(publish = 'insert', ...)` */
  options: string;
  /** As DROP takes each, to as ADD takes it. */
  members: Map<string, string>;
}

export async function publicationState(catalog: Lookup, name: string): Promise<PublicationState> {
  const isOld = await isBefore15(catalog);
  const schemas = `UNION ALL SELECT format('TABLES IN SCHEMA %I', n.nspname), ''
    FROM pg_publication_namespace s JOIN pg_publication p ON p.oid = s.pnpubid
      JOIN pg_namespace n ON n.oid = s.pnnspid WHERE p.pubname = $1::name`;
  const members = await catalog.rows<{ name: string; part: string }>(
    `SELECT ${table} AS name, ${isOld ? "''" : part} AS part FROM pg_publication_rel r
       JOIN pg_publication p ON p.oid = r.prpubid WHERE p.pubname = $1::name ${isOld ? "" : schemas}`,
    [name],
  );
  const [row] = await catalog.rows<{ options: string }>(
    `SELECT ${publicationOptions} AS options FROM pg_publication p WHERE p.pubname = $1::name`,
    [name],
  );
  return {
    options: row?.options ?? "",
    members: new Map(members.map((each) => [each.name, each.name + each.part])),
  };
}

/** On the tables that are named; those of a whole schema are not locked. */
export function publicationLocks(objects: readonly Node[] | undefined): Lock[] {
  return (objects ?? []).flatMap((object) => {
    const relation = "PublicationObjSpec" in object && object.PublicationObjSpec.pubtable?.relation;
    return relation
      ? [{ table: relationName(relation), mode: "SHARE UPDATE EXCLUSIVE" as const }]
      : [];
  });
}
