// Owns: how to make publications and what they publish again.

import { clause, definition, identity, type Recipe, recipe } from "./recipe.ts";

const publishes = `concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
  CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END)`;

/** SQL: the options of publication \`p\`, all of them. */
export const publicationOptions = definition({
  publish: `quote_literal(${publishes})`,
  publish_via_partition_root: "p.pubviaroot::text",
  publish_generated_columns: `CASE to_jsonb(p) ->> 'pubgencols' WHEN 's' THEN 'stored' WHEN 'n' THEN 'none' END`,
});

/** What it publishes comes back by the recipes of its members. */
export const publication: Recipe = recipe(`
  SELECT p.oid::text, ARRAY[format('CREATE PUBLICATION %I%s WITH ', p.pubname,
    CASE WHEN p.puballtables THEN ' FOR ALL TABLES' ELSE '' END) || ${publicationOptions}] AS create
  FROM pg_publication p WHERE p.oid = ANY ($1::oid[])`);

/** SQL: the member \`r\` of a publication, as ADD and SET take it. */
export const publishedTable = `format('TABLE ONLY %s%s%s', ${identity("pg_class", "r.prrelid")},
  coalesce((SELECT ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')' FROM pg_attribute a
    WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::int2[])), ''),
  ${clause("WHERE (%s)", "pg_get_expr(r.prqual, r.prrelid)")})`;

export const publicationTable: Recipe = recipe(`
  SELECT r.oid::text, ARRAY[format('ALTER PUBLICATION %I ADD ', p.pubname) || ${publishedTable}] AS create
  FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid WHERE r.oid = ANY ($1::oid[])`);

export const publicationSchema: Recipe = recipe(`
  SELECT r.oid::text, ARRAY[format('ALTER PUBLICATION %I ADD TABLES IN SCHEMA %I', p.pubname, n.nspname)] AS create
  FROM pg_publication_namespace r JOIN pg_publication p ON p.oid = r.pnpubid JOIN pg_namespace n ON n.oid = r.pnnspid
  WHERE r.oid = ANY ($1::oid[])`);
