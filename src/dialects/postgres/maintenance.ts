// Owns: not queueing behind VACUUM, ANALYZE and other maintenance with a lock request that everybody
// else would queue behind. What waits in maintenance's own mode is in nobody's way; and the server ends
// an autovacuum that has kept somebody waiting for `deadlock_timeout`, longer than a lock timeout may be.

import type { Session } from "../dialect.ts";

/** Of smaller tables it is over before anybody notices, if it has not begun yet. */
const briefBytes = 2 ** 20;

/**
 * A statement that waits until nothing of the kind is under way on tables of these names and on their
 * partitions; undefined: there is nothing to wait for, or the role may not lock them. `names`: qualified
 * or not, with quotes or without. Run it in a transaction that holds no lock yet: nothing of the kind
 * begins until that ends.
 */
export async function waitForMaintenance(
  session: Session,
  names: readonly string[],
): Promise<string | undefined> {
  const tables = await session.query<{ name: string }>(
    `WITH named AS (
       SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE replace(c.relname, '"', '') = ANY ($1::text[])
           OR replace(n.nspname || '.' || c.relname, '"', '') = ANY ($1::text[])
     ), busy AS MATERIALIZED (
       SELECT relation FROM pg_locks
        WHERE mode = 'ShareUpdateExclusiveLock' AND granted AND pid <> pg_backend_pid()
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
     )
     SELECT format('%I.%I', n.nspname, c.relname) AS name
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.oid IN (SELECT oid FROM named UNION
                      SELECT relid FROM named, pg_partition_tree(named.oid))
        AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
        AND has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')
        AND (c.oid IN (SELECT relation FROM busy) OR pg_relation_size(c.oid) >= $2)
      ORDER BY c.oid`,
    [names.map((name) => name.replaceAll('"', "")), briefBytes],
    "belay-maintenance",
  );
  if (tables.length === 0) return undefined;
  const list = tables.map(({ name }) => `ONLY ${name}`).join(", ");
  return `LOCK TABLE ${list} IN SHARE UPDATE EXCLUSIVE MODE`;
}
