// Owns: waiting for VACUUM, ANALYZE and other maintenance of tables that a lock is about to be asked for.
// Everybody else would queue behind that lock, while a request for maintenance's own mode is in nobody's
// way; and it makes the server end an autovacuum, after `deadlock_timeout`, which is longer than a lock
// timeout may be. Each is given back at once: nothing is held while the next is waited for.

import type { Named, Session } from "../dialect.ts";
import { troubleOf } from "./session.ts";

/** Outside of a transaction. Throws what the server does when `waitMs` is over, or when it is cancelled. */
export async function awaitMaintenance(
  session: Session,
  tables: readonly Named[],
  waitMs: number,
): Promise<void> {
  for (const table of await maintained(session, tables)) {
    try {
      await session.run(`BEGIN; SET LOCAL lock_timeout = ${waitMs}; SET LOCAL statement_timeout = 0;
        LOCK TABLE ONLY ${table} IN SHARE UPDATE EXCLUSIVE MODE; COMMIT`);
    } catch (error) {
      await session.run("ROLLBACK").catch(() => {});
      // Gone meanwhile, or another's: the statement itself will say so if it matters.
      if (troubleOf(error).kind !== "server") throw error;
    }
  }
}

/** Of the tables, their partitions and their children, those of which some is under way. */
async function maintained(session: Session, tables: readonly Named[]): Promise<string[]> {
  const bare = (name: string) => name.replaceAll('"', "");
  const names = tables.flatMap(({ name, path }) => [
    bare(name),
    ...path.map((schema) => bare(`${schema}.${name}`)),
  ]);
  const rows = await session.query<{ name: string }>(
    `WITH RECURSIVE busy AS MATERIALIZED (
       SELECT DISTINCT relation AS oid FROM pg_locks
        WHERE mode = 'ShareUpdateExclusiveLock' AND granted AND pid <> pg_backend_pid()
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
     ), family AS (
       SELECT oid, oid AS member FROM busy
       UNION SELECT f.oid, i.inhparent FROM family f JOIN pg_inherits i ON i.inhrelid = f.member
     )
     SELECT DISTINCT format('%I.%I', n.nspname, c.relname) AS name
       FROM family f JOIN pg_class m ON m.oid = f.member JOIN pg_namespace o ON o.oid = m.relnamespace
         JOIN pg_class c ON c.oid = f.oid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE replace(o.nspname || '.' || m.relname, '"', '') = ANY (
          SELECT CASE WHEN starts_with(name, '$user.')
            THEN replace(current_user, '"', '') || substr(name, 6) ELSE name END FROM unnest($1::text[]) name)
        AND c.relkind IN ('r', 'p')
      ORDER BY 1`,
    [names],
    "belay-maintained",
  );
  return rows.map(({ name }) => name);
}
