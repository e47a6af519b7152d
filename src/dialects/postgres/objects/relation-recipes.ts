// Owns: how to make again what stands on or is a relation: views, materialized views, foreign
// tables, indexes, defaults, constraints, triggers, rules, policies, statistics.

import { setByPeople } from "../options.ts";
import { clause, identity, optionsClause, type Recipe, recipe } from "./recipe.ts";

const self = identity("pg_class", "c.oid");

/** Settings of single columns that CREATE has no words for. */
export const columnSettings = (words: string) => `ARRAY(
  SELECT format('ALTER ${words} %s ALTER COLUMN %I SET %s', ${self}, a.attname, s.setting)
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid, LATERAL (VALUES
    (1, CASE WHEN coalesce(a.attstattarget, -1) >= 0 THEN 'STATISTICS ' || a.attstattarget END),
    (2, CASE WHEN a.attstorage <> t.typstorage THEN 'STORAGE ' || CASE a.attstorage
      WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END),
    (3, CASE a.attcompression WHEN 'p' THEN 'COMPRESSION pglz' WHEN 'l' THEN 'COMPRESSION lz4' END),
    (4, '(' || array_to_string(${setByPeople("a.attoptions")}, ', ') || ')')
  ) s(position, setting)
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND s.setting IS NOT NULL
  ORDER BY a.attnum, s.position)`;

/** pg_get_viewdef: as the server would print it, by the names that the search_path sees now. */
const query = "btrim(rtrim(pg_get_viewdef(c.oid), ';'))";
const options = clause("WITH (%s)", "array_to_string(c.reloptions, ', ')");

export const view: Recipe = recipe(`
  SELECT c.oid::text, ARRAY[format('CREATE VIEW %s%s AS %s', ${self}, ${options}, ${query})] AS create
  FROM pg_class c WHERE c.oid = ANY ($1::oid[])`);

export const materializedView: Recipe = recipe(`
  SELECT c.oid::text, ARRAY[format('CREATE MATERIALIZED VIEW %s USING %I%s%s AS %s WITH %sDATA',
      ${self}, m.amname, ${options}, ${clause("TABLESPACE %I", "s.spcname")}, ${query},
      CASE WHEN c.relispopulated THEN '' ELSE 'NO ' END),
    CASE c.relreplident
      WHEN 'f' THEN format('ALTER MATERIALIZED VIEW %s REPLICA IDENTITY FULL', ${self})
      WHEN 'n' THEN format('ALTER MATERIALIZED VIEW %s REPLICA IDENTITY NOTHING', ${self}) END
    ] || ${columnSettings("MATERIALIZED VIEW")} AS create
  FROM pg_class c JOIN pg_am m ON m.oid = c.relam LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
  WHERE c.oid = ANY ($1::oid[])`);

/** Those that take part in inheritance or partitioning are not made again. */
export const foreignTable: Recipe = recipe(`
  SELECT c.oid::text, ARRAY[format('CREATE FOREIGN TABLE %s (%s) SERVER %I%s', ${self},
      (SELECT string_agg(format('%I %s%s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
          ${clause("COLLATE %s", `CASE WHEN a.attcollation <> t.typcollation THEN ${identity("pg_collation", "a.attcollation")} END`)},
          ${optionsClause("a.attfdwoptions")},
          CASE WHEN a.attgenerated = 's' THEN format(' GENERATED ALWAYS AS (%s) STORED',
            (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = c.oid AND adnum = a.attnum)) END,
          CASE WHEN a.attnotnull AND NOT EXISTS (SELECT FROM pg_constraint n WHERE n.conrelid = c.oid
            AND n.contype = 'n' AND n.conkey = ARRAY[a.attnum]) THEN ' NOT NULL' END), ', ' ORDER BY a.attnum)
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
      s.srvname, ${optionsClause("f.ftoptions")})] || ${columnSettings("FOREIGN TABLE")} AS create
  FROM pg_class c JOIN pg_foreign_table f ON f.ftrelid = c.oid JOIN pg_foreign_server s ON s.oid = f.ftserver
  WHERE c.oid = ANY ($1::oid[]) AND NOT EXISTS (SELECT FROM pg_inherits WHERE c.oid IN (inhrelid, inhparent))`);

const table = identity("pg_class", "i.indrelid");

export const index: Recipe = recipe(`
  SELECT c.oid::text, ARRAY[pg_get_indexdef(c.oid),
      CASE WHEN s.oid IS NOT NULL THEN format('ALTER INDEX %s SET TABLESPACE %I', ${self}, s.spcname) END,
      CASE WHEN i.indisclustered THEN format('ALTER TABLE %s CLUSTER ON %I', ${table}, c.relname) END,
      CASE WHEN i.indisreplident THEN format('ALTER TABLE %s REPLICA IDENTITY USING INDEX %I', ${table}, c.relname) END]
    || ARRAY(SELECT format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', ${self}, a.attnum, a.attstattarget)
         FROM pg_attribute a WHERE a.attrelid = c.oid AND coalesce(a.attstattarget, -1) >= 0) AS create,
    ARRAY(SELECT format('ALTER INDEX %s ATTACH PARTITION %s', ${identity("pg_class", "h.inhparent")}, ${self})
      FROM pg_inherits h WHERE h.inhrelid = c.oid) AS finish
  FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_tablespace s
    ON s.oid = c.reltablespace AND c.relkind = 'i'
  WHERE c.oid = ANY ($1::oid[])`);

/** Of tables, foreign tables and views; those of generated columns go and come with the column. */
export const columnDefault: Recipe = recipe(`
  SELECT d.oid::text, ARRAY[format('ALTER TABLE ONLY %s ALTER COLUMN %I SET DEFAULT %s',
    ${identity("pg_class", "d.adrelid")}, a.attname, pg_get_expr(d.adbin, d.adrelid))] AS create
  FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
  WHERE d.oid = ANY ($1::oid[]) AND a.attgenerated = ''`);

/** What a parent hands down comes back with the parent's. */
export const constraint: Recipe = recipe(`
  SELECT c.oid::text, CASE
    WHEN c.conparentid <> 0 OR c.coninhcount > 0 THEN '{}'
    ELSE ARRAY[format('ALTER %s %s ADD CONSTRAINT %I %s', CASE WHEN c.conrelid <> 0 THEN 'TABLE' ELSE 'DOMAIN' END,
      CASE WHEN c.conrelid <> 0 THEN ${identity("pg_class", "c.conrelid")} ELSE ${identity("pg_type", "c.contypid")} END,
      c.conname, pg_get_constraintdef(c.oid))] END AS create
  FROM pg_constraint c WHERE c.oid = ANY ($1::oid[])`);

const enabling = (column: string) => `CASE ${column}
  WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END`;

/** Partitions get theirs from the parent's, but may have switched them off each for itself. */
export const trigger: Recipe = recipe(`
  SELECT t.oid::text, ARRAY[CASE WHEN t.tgparentid = 0 THEN pg_get_triggerdef(t.oid) END,
    CASE WHEN t.tgenabled <> coalesce(p.tgenabled, 'O') OR t.tgenabled <> 'O' THEN
      format('ALTER TABLE ONLY %s %s TRIGGER %I', ${identity("pg_class", "t.tgrelid")}, ${enabling("t.tgenabled")}, t.tgname) END
    ] AS create
  FROM pg_trigger t LEFT JOIN pg_trigger p ON p.oid = t.tgparentid
  WHERE t.oid = ANY ($1::oid[]) AND NOT (t.tgisinternal AND t.tgparentid = 0)`);

export const rule: Recipe = recipe(`
  SELECT r.oid::text, ARRAY[rtrim(pg_get_ruledef(r.oid), ';'), CASE WHEN r.ev_enabled <> 'O' THEN
    format('ALTER TABLE %s %s RULE %I', ${identity("pg_class", "r.ev_class")}, ${enabling("r.ev_enabled")}, r.rulename) END
    ] AS create
  FROM pg_rewrite r WHERE r.oid = ANY ($1::oid[])`);

export const policy: Recipe = recipe(`
  SELECT p.oid::text, ARRAY[format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', p.polname,
    ${identity("pg_class", "p.polrelid")}, CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
    CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
    (SELECT string_agg(CASE WHEN role = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(role)) END, ', ' ORDER BY position)
       FROM unnest(p.polroles) WITH ORDINALITY r(role, position)),
    ${clause("USING (%s)", "pg_get_expr(p.polqual, p.polrelid)")},
    ${clause("WITH CHECK (%s)", "pg_get_expr(p.polwithcheck, p.polrelid)")})] AS create
  FROM pg_policy p WHERE p.oid = ANY ($1::oid[])`);

export const statistics: Recipe = recipe(`
  SELECT s.oid::text, ARRAY[pg_get_statisticsobjdef(s.oid), CASE WHEN coalesce(s.stxstattarget, -1) >= 0 THEN
    format('ALTER STATISTICS %s SET STATISTICS %s', ${identity("pg_statistic_ext", "s.oid")}, s.stxstattarget) END] AS create
  FROM pg_statistic_ext s WHERE s.oid = ANY ($1::oid[])`);
