// Owns: which tables TRUNCATE ... CASCADE empties besides the named one.

import type { Lookup } from "./kind.ts";
import type { Relation } from "./relation.ts";

/** Those with foreign keys to the table, theirs, and so on. */
export function truncatedWith(catalog: Lookup, table: Relation): Promise<Relation[]> {
  return catalog.rows<Relation & Record<string, unknown>>(
    `WITH RECURSIVE reached(oid) AS (
         SELECT $1::oid
       UNION
         SELECT k.conrelid FROM pg_constraint k JOIN reached r ON k.confrelid = r.oid
           WHERE k.contype = 'f')
     SELECT c.oid::text, n.nspname AS schema, c.relname AS name,
       format('%I.%I', n.nspname, c.relname) AS sql, c.oid::regclass::text AS shown,
       c.relkind::text AS kind
     FROM reached r JOIN pg_class c ON c.oid = r.oid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid <> $1::oid ORDER BY shown`,
    [table.oid],
  );
}
