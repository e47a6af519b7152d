// Owns: how a PostgreSQL server is doing, from its statistics views. Each reading is one short query
// that locks nothing.

import type {
  Counters,
  Deadlocked,
  LastStatements,
  Readings,
  Session,
  Standby,
  Waiting,
} from "../dialect.ts";
import { folders } from "./server-folders.ts";
import { troubleOf } from "./session.ts";
import { archiver, checkpoints, log } from "./write-ahead-log.ts";

/** `waitstart` is null for an instant after the wait has begun. */
const waiting = `
  SELECT a.pid, coalesce(a.usename, '') AS user, a.application_name AS application,
         left(a.query, 200) AS query, l.locktype AS lock,
         coalesce(extract(epoch FROM clock_timestamp() - l.waitstart) * 1000, 0)::float8 AS "waitedMs"
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
   WHERE NOT l.granted AND a.datname = current_database()`;

/** SQLSTATEs undefined_table, undefined_column, undefined_function, undefined_object, invalid_schema_name. */
const undefinedNames = new Set(["42P01", "42703", "42883", "42704", "3F000"]);

/** SQLSTATE object_not_in_prerequisite_state. */
const notLoaded = "55000";

async function one<T extends Record<string, unknown>>(
  session: Session,
  sql: string,
  values?: unknown[],
): Promise<T> {
  const [row] = await session.query<T>(sql, values);
  if (row === undefined) throw new Error("the server's statistics have no row");
  return row;
}

export const readings: Readings = {
  ...{ archiver, checkpoints, log, folders },

  blockedBy: (session, applicationPrefix) =>
    // Only of those that wait: the question costs the lock manager something.
    session.query<Waiting>(
      `${waiting} AND NOT starts_with(a.application_name, $1)
         AND EXISTS (SELECT FROM pg_stat_activity ours
                      WHERE starts_with(ours.application_name, $1)
                        AND ours.pid = ANY (pg_blocking_pids(a.pid)))
       ORDER BY "waitedMs" DESC`,
      [applicationPrefix],
    ),

  lockQueue: (session) => session.query<Waiting>(`${waiting} ORDER BY "waitedMs" DESC`),

  async idleInTransaction(session) {
    const row = await one<{ sessions: number; longestMs: number; hidden: number }>(
      session,
      `SELECT count(*) FILTER (WHERE state LIKE 'idle in transaction%')::int AS sessions,
              coalesce(max(extract(epoch FROM clock_timestamp() - xact_start) * 1000)
                FILTER (WHERE state LIKE 'idle in transaction%'), 0)::float8 AS "longestMs",
              count(*) FILTER (WHERE query = '<insufficient privilege>')::int AS hidden
         FROM pg_stat_activity WHERE datname = current_database()`,
    );
    return row.hidden > 0 ? null : { sessions: row.sessions, longestMs: row.longestMs };
  },

  counters: (session) =>
    one<Counters>(
      session,
      `SELECT xact_commit::float8 AS commits, xact_rollback::float8 AS rollbacks,
              deadlocks::float8 AS deadlocks
         FROM pg_stat_database WHERE datname = current_database()`,
    ),

  // A statement has a query id once its names are found, and no sooner. Others than these may have none
  // although all is well: pg_stat_statements takes it from prepared ones that are no queries.
  async lastStatements(session, applicationPrefix, since) {
    const { hidden, ...seen } = await one<
      LastStatements & { hidden: boolean } & Record<string, unknown>
    >(
      session,
      `SELECT statement_timestamp()::text AS now,
              NOT pg_has_role('pg_read_all_stats', 'USAGE') AS hidden,
              coalesce(bool_or(pid = pg_backend_pid() AND query_id IS NOT NULL), false) AS "isTold",
              count(*) FILTER (WHERE fresh)::int AS sessions,
              count(*) FILTER (WHERE fresh AND query_id IS NULL)::int AS refused
         FROM pg_stat_activity, LATERAL (
           SELECT pid <> pg_backend_pid() AND NOT starts_with(application_name, $1)
                  AND state LIKE 'idle%' AND query_start > $2::timestamptz
                  AND query ~* '^(\\s|--[^\\n]*\\n|/\\*.*?\\*/)*(select|insert|update|delete|merge|with|values|table)\\M' AS fresh) AS f
        WHERE datname = current_database() AND backend_type = 'client backend'`,
      [applicationPrefix, since ?? null],
    );
    return hidden ? null : seen;
  },

  // The server ends a deadlock by failing somebody in it, once one has waited for as long as its
  // deadlock_timeout says; until then it can be seen. Others may stand between the two: whoever waits for
  // a row first waits for those who came before. Only where one of ours waits is anything asked.
  deadlocked: (session, applicationPrefix) =>
    session.query<Deadlocked & Record<string, unknown>>(
      `WITH RECURSIVE ours AS MATERIALIZED (
         SELECT pid, wait_event_type = 'Lock' AS waits FROM pg_stat_activity
          WHERE starts_with(application_name, $1) AND datname = current_database()
       ), holds (ours, pid) AS (
         SELECT o.pid, h.pid FROM ours o, unnest(CASE WHEN o.waits THEN pg_blocking_pids(o.pid) END) h(pid)
         UNION
         SELECT b.ours, h.pid FROM holds b, unnest(pg_blocking_pids(b.pid)) h(pid) WHERE b.pid <> b.ours
       )
       SELECT DISTINCT ON (o.pid) o.pid, a.pid AS with, coalesce(a.application_name, '') AS application,
              coalesce(a.usename, '') AS user, coalesce(left(a.query, 200), '') AS query,
              coalesce(l.waitstart::text, '') AS since
         FROM ours o LEFT JOIN (holds b
           JOIN pg_stat_activity a ON a.pid = b.pid AND b.ours = ANY (pg_blocking_pids(a.pid))
           JOIN pg_locks l ON l.pid = b.ours AND NOT l.granted AND l.waitstart IS NOT NULL
         ) ON b.ours = o.pid
        ORDER BY o.pid, a.pid`,
      [applicationPrefix],
    ),

  connections: (session) =>
    one<{ used: number; limit: number }>(
      session,
      // Not from pg_stat_activity: what kind of backend it is, it hides from most roles.
      `SELECT sum(numbackends)::int AS used,
              current_setting('max_connections')::int
                - current_setting('superuser_reserved_connections')::int AS limit
         FROM pg_stat_database`,
    ),

  async standbys(session) {
    const rows = await session.query<Standby & { hidden: boolean }>(
      `SELECT application_name AS name, extract(epoch FROM replay_lag)::float8 * 1000 AS "lagMs",
              CASE WHEN NOT pg_is_in_recovery()
                   THEN pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::float8 END AS bytes,
              state IS NULL AS hidden
         FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup' ORDER BY 1`,
    );
    if (rows.some(({ hidden }) => hidden)) return null;
    return rows.map(({ name, lagMs, bytes }) => ({ name, lagMs, bytes }));
  },

  async statements(session) {
    const [place] = await session.query<{ view: string }>(
      `SELECT format('%I.pg_stat_statements', n.nspname) AS view
         FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
        WHERE e.extname = 'pg_stat_statements'`,
    );
    if (place === undefined) return null;
    try {
      return await one<{ calls: number; totalMs: number }>(
        session,
        `SELECT coalesce(sum(calls), 0)::float8 AS calls,
                coalesce(sum(total_exec_time), 0)::float8 AS "totalMs"
           FROM ${place.view}
          WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
    } catch (error) {
      // The extension is there, its library was not loaded when the server started.
      if (troubleOf(error).code === notLoaded) return null;
      throw error;
    }
  },

  async probe(session, sql) {
    await session.run("BEGIN READ ONLY");
    let isDone = false;
    try {
      const [row] = await session.query(sql);
      isDone = true;
      return { answer: row === undefined ? undefined : Object.values(row)[0] };
    } catch (error) {
      const { code = "", message } = troubleOf(error);
      if (undefinedNames.has(code)) return { absent: message };
      throw error;
    } finally {
      // A rollback would count as one, and so disturb what is measured.
      await session.run(isDone ? "COMMIT" : "ROLLBACK");
    }
  },
};
