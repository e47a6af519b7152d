// Owns: what is remembered of the server behind a session: its version, and whether its statistics
// counters start from zero.

import type { Session } from "../../dialect.ts";

const versions = new WeakMap<Session, number>();

/** `server_version_num`. */
export async function versionOf(session: Session): Promise<number> {
  const known = versions.get(session);
  if (known !== undefined) return known;
  const [row] = await session.query<{ version: number }>(
    "select pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as version",
  );
  const version = row?.version ?? 0;
  versions.set(session, version);
  return version;
}

const settled = new WeakSet<Session>();

/** `pg_stat_force_next_flush` came with PostgreSQL 15. */
export const canFlush = (version: number) => version >= 150000;

/**
 * A session keeps its counts of changed rows for up to a second before it hands them over, so that
 * a transaction may start with those of earlier ones. This makes it hand them over as soon as it is
 * idle. Whoever runs statements outside of observed transactions calls it after them.
 */
export async function settle(session: Session): Promise<void> {
  if (!canFlush(await versionOf(session))) return;
  await session.query("select pg_catalog.pg_stat_force_next_flush()");
  settled.add(session);
}

/** For statements that flush by themselves. */
export function markSettled(session: Session): void {
  settled.add(session);
}

/** Whether the counters start from zero; asked once per transaction. */
export function takeSettled(session: Session): boolean {
  return settled.delete(session);
}
