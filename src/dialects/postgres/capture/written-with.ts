// Owns: the tables whose rows change as a consequence of writes to given ones: partitions and
// inheritance children, and what foreign-key actions reach, transitively.

import { isInternal } from "../internal-trigger.ts";
import type { Lookup } from "../kind.ts";
import type { Relation } from "../relation.ts";
import type { CapturedTable } from "./targets.ts";

export interface WrittenWith {
  /** The given ones first. */
  tables: Relation[];
  /** Enabled triggers or rules of users on any of them: only a dry run tells what else changes. */
  hasUserTriggers: boolean;
}

interface Found extends Record<string, unknown>, Relation {
  given: boolean;
  triggers: boolean;
}

export async function writtenWith(
  catalog: Lookup,
  tables: readonly Pick<CapturedTable, "oid">[],
): Promise<WrittenWith> {
  const found = await catalog.rows<Found>(
    `WITH RECURSIVE reached(oid) AS (
         SELECT unnest($1::oid[])
       UNION
         SELECT next.oid FROM reached r CROSS JOIN LATERAL (
             SELECT inhrelid FROM pg_inherits WHERE inhparent = r.oid
           UNION ALL
             -- c: CASCADE, n: SET NULL, d: SET DEFAULT
             SELECT conrelid FROM pg_constraint WHERE contype = 'f' AND confrelid = r.oid
               AND (confdeltype IN ('c', 'n', 'd') OR confupdtype IN ('c', 'n', 'd'))) AS next(oid))
     SELECT c.oid::text, n.nspname AS schema, c.relname AS name,
       '"' || replace(n.nspname, '"', '""') || '"."' || replace(c.relname, '"', '""') || '"' AS sql,
       format('%I.%I', n.nspname, c.relname) AS shown, c.relkind::text AS kind,
       c.oid = ANY ($1::oid[]) AS given,
       EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT ${isInternal("t")}
           AND t.tgenabled <> 'D')
         OR EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_type <> '1'
           AND w.ev_enabled <> 'D') AS triggers
     FROM (SELECT DISTINCT oid FROM reached) r JOIN pg_class c ON c.oid = r.oid
       JOIN pg_namespace n ON n.oid = c.relnamespace
     ORDER BY given DESC, c.oid`,
    [tables.map(({ oid }) => oid)],
  );
  return {
    tables: found.map(({ oid, schema, name, sql, shown, kind }) => ({
      ...{ oid, schema, name, sql, shown, kind },
    })),
    hasUserTriggers: found.some(({ triggers }) => triggers),
  };
}
