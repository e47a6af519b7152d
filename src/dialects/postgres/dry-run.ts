// Owns: finding out which tables an opaque statement writes to, by running it and taking that back:
// rows can only be captured in tables that are known before it runs.

import type { PlannedStatement } from "../../core/plan.ts";
import type { Session } from "../dialect.ts";
import { ours } from "./catalog/family.ts";

interface Written extends Record<string, unknown> {
  oid: string;
  count: number;
}

/** The server counts attempts: what is taken back again stays counted. */
const counted = `SELECT c.oid::text, pg_stat_get_xact_tuples_inserted(c.oid)::float8
    + pg_stat_get_xact_tuples_updated(c.oid) + pg_stat_get_xact_tuples_deleted(c.oid) AS count
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND ${ours("n.nspname")}
    AND c.oid = ANY (SELECT relation FROM pg_locks
      WHERE pid = pg_backend_pid() AND locktype = 'relation' AND mode NOT IN ('AccessShareLock', 'RowShareLock'))`;

/**
 * Those that are there before it runs. None where it fails, which the real run then does too; what it
 * draws from sequences is gone. Call it in the transaction of the migration.
 */
export async function writtenBy(session: Session, { sql }: PlannedStatement): Promise<string[]> {
  const there = await session.query<{ oid: string }>(
    `SELECT c.oid::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND ${ours("n.nspname")}`,
  );
  const before = new Map(
    (await session.query<Written>(counted)).map((row) => [row.oid, row.count]),
  );
  await session.run("SAVEPOINT belay_dry_run");
  let after: Written[] = [];
  try {
    await session.run(sql);
    after = await session.query<Written>(counted);
  } catch {
    // Said again, with its place, by the real run.
  }
  await session.run("ROLLBACK TO SAVEPOINT belay_dry_run; RELEASE SAVEPOINT belay_dry_run");
  const known = new Set(there.map(({ oid }) => oid));
  const written = after
    .filter(({ oid, count }) => known.has(oid) && count > (before.get(oid) ?? 0))
    .map(({ oid }) => oid);
  return withAncestors(session, written);
}

/** A statement that names a partitioned table fires that one's triggers, not its partitions'. */
async function withAncestors(session: Session, written: readonly string[]): Promise<string[]> {
  if (written.length === 0) return [];
  const rows = await session.query<{ oid: string }>(
    `SELECT DISTINCT a.oid::oid::text AS oid FROM unnest($1::oid[]) AS w(oid),
       LATERAL (SELECT w.oid::regclass UNION SELECT relid FROM pg_partition_ancestors(w.oid)) AS a(oid)`,
    [written],
  );
  return rows.map(({ oid }) => oid);
}
