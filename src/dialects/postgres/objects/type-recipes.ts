// Owns: how to make types, domains, collations, schemas and extensions again.

import { clause, definition, functionName, identity, type Recipe, recipe } from "./recipe.ts";

const self = identity("pg_type", "t.oid");
const collate = (collation: string, usual: string) =>
  clause(
    "COLLATE %s",
    `CASE WHEN ${collation} <> ${usual} THEN ${identity("pg_collation", collation)} END`,
  );

const attributes = `(SELECT coalesce(string_agg(format('%I %s%s', a.attname, format_type(a.atttypid, a.atttypmod),
    ${collate("a.attcollation", "b.typcollation")}), ', ' ORDER BY a.attnum), '')
  FROM pg_attribute a JOIN pg_type b ON b.oid = a.atttypid
  WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)`;

const labels = `(SELECT coalesce(string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder), '')
  FROM pg_enum e WHERE e.enumtypid = t.oid)`;

const range = definition({
  SUBTYPE: "format_type(r.rngsubtype, NULL)",
  SUBTYPE_OPCLASS: `(SELECT format('%I.%I', n.nspname, o.opcname) FROM pg_opclass o
    JOIN pg_namespace n ON n.oid = o.opcnamespace WHERE o.oid = r.rngsubopc)`,
  COLLATION: `CASE WHEN r.rngcollation <> 0 THEN ${identity("pg_collation", "r.rngcollation")} END`,
  CANONICAL: functionName("r.rngcanonical"),
  SUBTYPE_DIFF: functionName("r.rngsubdiff"),
  MULTIRANGE_TYPE_NAME: identity("pg_type", "r.rngmultitypid"),
});

/** Base types need functions that need the type: not made again. */
export const type: Recipe = recipe(`
  SELECT t.oid::text, ARRAY[CASE
    WHEN NOT t.typisdefined THEN format('CREATE TYPE %s', ${self})
    WHEN t.typtype = 'c' THEN format('CREATE TYPE %s AS (%s)', ${self}, ${attributes})
    WHEN t.typtype = 'e' THEN format('CREATE TYPE %s AS ENUM (%s)', ${self}, ${labels})
    WHEN t.typtype = 'r' THEN format('CREATE TYPE %s AS RANGE ', ${self}) || (SELECT ${range} FROM pg_range r WHERE r.rngtypid = t.oid)
    WHEN t.typtype = 'd' THEN format('CREATE DOMAIN %s AS %s%s%s%s', ${self}, format_type(t.typbasetype, t.typtypmod),
      ${collate("t.typcollation", "b.typcollation")}, ${clause("DEFAULT %s", "pg_get_expr(t.typdefaultbin, 0)")},
      CASE WHEN t.typnotnull AND NOT EXISTS (SELECT FROM pg_constraint n WHERE n.contypid = t.oid AND n.contype = 'n')
        THEN ' NOT NULL' ELSE '' END) END] AS create
  FROM pg_type t LEFT JOIN pg_type b ON b.oid = t.typbasetype
  WHERE t.oid = ANY ($1::oid[]) AND (t.typtype IN ('c', 'e', 'r', 'd') OR NOT t.typisdefined)`);

const locale = "coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale')";

/** The columns of a collation's locale have had three names; the row as JSON has them all. */
export const collation: Recipe = recipe(`
  SELECT c.oid::text, ARRAY[format('CREATE COLLATION %s ', ${identity("pg_collation", "c.oid")}) || ${definition(
    {
      PROVIDER: "CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END",
      LOCALE: `quote_literal(${locale})`,
      LC_COLLATE: `CASE WHEN ${locale} IS NULL THEN quote_literal(c.collcollate) END`,
      LC_CTYPE: `CASE WHEN ${locale} IS NULL THEN quote_literal(c.collctype) END`,
      DETERMINISTIC: "CASE WHEN NOT c.collisdeterministic THEN 'false' END",
      RULES: "quote_literal(to_jsonb(c) ->> 'collicurules')",
      VERSION: "quote_literal(c.collversion)",
    },
  )}] AS create
  FROM pg_collation c WHERE c.oid = ANY ($1::oid[])`);

export const extension: Recipe = recipe(`
  SELECT e.oid::text, ARRAY[format('CREATE EXTENSION %I SCHEMA %I VERSION %L', e.extname, n.nspname, e.extversion)] AS create
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.oid = ANY ($1::oid[])`);

export const schema: Recipe = recipe(`
  SELECT n.oid::text, ARRAY[format('CREATE SCHEMA %I', n.nspname)] AS create
  FROM pg_namespace n WHERE n.oid = ANY ($1::oid[])`);
