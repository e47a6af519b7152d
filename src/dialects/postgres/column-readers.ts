// Owns: check constraints, expression indexes and partial indexes that read a column. A type change
// rewrites their expressions, so its undo makes them anew from the recorded definitions.

import { recreateConstraint } from "./constraint-definition.ts";
import { recreateIndex } from "./index-definition.ts";
import type { Lookup } from "./kind.ts";
import type { Relation } from "./relation.ts";

export interface Reader {
  /** IF EXISTS, because another command of the same statement may have dropped it. */
  drop: string;
  again: string[];
}

interface Found extends Record<string, unknown> {
  constraint: string | null;
  index: string | null;
  drop: string;
}

export async function readsColumn(
  catalog: Lookup,
  table: Relation,
  number: number,
): Promise<Reader[]> {
  const found = await catalog.rows<Found>(
    `WITH RECURSIVE family(oid, attnum) AS (
         SELECT $1::oid, $2::int
       UNION
         SELECT i.inhrelid, ca.attnum::int FROM pg_inherits i
           JOIN family f ON i.inhparent = f.oid
           JOIN pg_attribute pa ON pa.attrelid = f.oid AND pa.attnum = f.attnum
           JOIN pg_attribute ca ON ca.attrelid = i.inhrelid AND ca.attname = pa.attname)
     SELECT k.oid::text AS constraint, NULL AS index,
       format('ALTER TABLE %I.%I DROP CONSTRAINT IF EXISTS %I', n.nspname, c.relname, k.conname) AS drop
     FROM family f JOIN pg_constraint k ON k.conrelid = f.oid AND k.contype = 'c'
         AND f.attnum = ANY (k.conkey) AND k.coninhcount = 0
       JOIN pg_class c ON c.oid = f.oid JOIN pg_namespace n ON n.oid = c.relnamespace
     UNION ALL
     SELECT NULL, i.oid::text, format('DROP INDEX IF EXISTS %I.%I', n.nspname, i.relname)
     FROM family f JOIN pg_index x ON x.indrelid = f.oid
         AND (x.indexprs IS NOT NULL OR x.indpred IS NOT NULL)
       JOIN pg_class i ON i.oid = x.indexrelid AND NOT i.relispartition
       JOIN pg_namespace n ON n.oid = i.relnamespace
     WHERE EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
         AND d.objid = i.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = f.oid
         AND d.refobjsubid = f.attnum)
     ORDER BY drop`,
    [table.oid, number],
  );
  const readers: Reader[] = [];
  for (const { constraint, index, drop } of found) {
    const again = constraint
      ? await recreateConstraint(catalog, constraint)
      : index && (await recreateIndex(catalog, index));
    if (again) readers.push({ drop, again });
  }
  return readers;
}
