// Owns: what the server says of its write-ahead log: its archiver, its checkpoints, and for whom it is
// kept. The views are those of the chapter "The Cumulative Statistics System" of PostgreSQL's
// documentation, and `pg_replication_slots`; every role may read them.

import type { Archiver, Checkpoints, Session, Slot } from "../dialect.ts";

/** Files are numbered within units of so many bytes: the second of three parts of a name. */
const unitBytes = 2 ** 32;

/** `last_archived_wal` may be a backup's label, which begins so too, or a timeline's history. */
const fileName = /^[0-9A-F]{8}([0-9A-F]{8})([0-9A-F]{8})/;

interface ArchiverRow extends Record<string, unknown> {
  isOn: boolean;
  failed: number;
  isFailing: boolean;
  failedFile: string | null;
  lastFile: string | null;
  bytes: number;
  bytesPerFile: number;
}

/**
 * How much waits is told from positions, not by `pg_ls_archive_statusdir()`: that one reads a folder of
 * as many files as wait, and is for members of `pg_monitor`.
 */
export async function archiver(session: Session): Promise<Archiver> {
  const [row] = await session.query<ArchiverRow>(
    `SELECT current_setting('archive_mode') <> 'off' AS "isOn", failed_count::float8 AS failed,
            coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS "isFailing",
            last_failed_wal AS "failedFile", last_archived_wal AS "lastFile",
            pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS bytes,
            pg_size_bytes(current_setting('wal_segment_size'))::float8 AS "bytesPerFile"
       FROM pg_stat_archiver`,
  );
  if (row === undefined) throw new Error("the server says nothing of its archiver");
  const { lastFile, bytes, ...told } = row;
  const { bytesPerFile } = told;
  const [, unit, file] = fileName.exec(lastFile ?? "") ?? [];
  return {
    ...told,
    written: Math.floor(bytes / bytesPerFile),
    archived:
      unit === undefined || file === undefined
        ? null
        : Number.parseInt(unit, 16) * (unitBytes / bytesPerFile) + Number.parseInt(file, 16),
  };
}

/** From PostgreSQL 17 on the checkpointer has a view of its own. */
export async function checkpoints(session: Session): Promise<Checkpoints> {
  const [has] = await session.query<{ own: boolean }>(
    "SELECT to_regclass('pg_catalog.pg_stat_checkpointer') IS NOT NULL AS own",
  );
  const [requested, view] = has?.own
    ? ["num_requested", "pg_stat_checkpointer"]
    : ["checkpoints_req", "pg_stat_bgwriter"];
  const [row] = await session.query<{ requested: number; countedMs: number | null }>(
    `SELECT ${requested}::float8 AS requested,
            (extract(epoch FROM clock_timestamp() - stats_reset) * 1000)::float8 AS "countedMs"
       FROM ${view}`,
  );
  if (row === undefined) throw new Error("the server says nothing of its checkpoints");
  return row;
}

/**
 * `wal_status` is `extended` where a slot keeps more than `max_wal_size`, `unreserved` where the next
 * checkpoint may take it away, `lost` where one has (documentation of `pg_replication_slots`).
 */
export async function log(session: Session): Promise<{ bytes: number; slots: Slot[] }> {
  const [now] = await session.query<{ bytes: number }>(
    "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS bytes",
  );
  // One that was never used keeps nothing, and has no status.
  const slots = await session.query<Slot>(
    `SELECT slot_name::text AS name, active AS "isActive",
            CASE wal_status WHEN 'lost' THEN 'lost' WHEN 'unreserved' THEN 'atRisk' ELSE 'kept' END AS state,
            coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::float8 AS bytes
       FROM pg_replication_slots WHERE wal_status IS NOT NULL ORDER BY 1`,
  );
  return { bytes: now?.bytes ?? 0, slots };
}
