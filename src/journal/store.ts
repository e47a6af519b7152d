// Owns: reading and writing the journal's tables. Knows no meaning of records.
// Failure: BELAY_LEASE_LOST when the writer's fencing token is not the current one; then nothing
// was written and the transaction must be rolled back.

import { gunzipSync, gzipSync } from "node:zlib";
import { parse } from "lossless-json";
import { type Catalog, catalogToJson } from "../core/catalog.ts";
import { BelayError, untouched } from "../core/errors.ts";
import type { Conflict } from "../core/plan.ts";
import type { Session } from "../dialects/dialect.ts";
import {
  type Entry,
  type JournalRecord,
  journalVersion,
  type MigrationFinished,
  type WatchStarted,
} from "./record.ts";
import { journalSchema } from "./schema.ts";

/** Any constant will do; this one is the ASCII of "belay". */
const installLock = "422775480697";

/** Version of the journal in the database; 0 when there is none. */
export async function installedVersion(session: Session): Promise<number> {
  // By a scan, not by to_regclass: that would answer from a cache of names, which a session that
  // waited for another's installation has not brought up to date yet.
  const [found] = await session.query<{ present: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE n.nspname = 'belay' AND c.relname = 'journal_version') AS present`,
  );
  if (!found?.present) return 0;
  const [row] = await session.query<{ version: number }>(
    "SELECT coalesce(max(version), 0)::int AS version FROM belay.journal_version",
  );
  return row?.version ?? 0;
}

/**
 * Creates or upgrades the journal. Safe when several start at once.
 * Throws BELAY_JOURNAL_VERSION when a newer Belay wrote it.
 */
export async function install(session: Session): Promise<void> {
  const version = await installedVersion(session);
  refuseNewer(version);
  if (version === journalVersion) return;
  await session.run(`BEGIN; SELECT pg_advisory_xact_lock(${installLock})`);
  try {
    const from = await installedVersion(session);
    for (let next = from + 1; next <= journalVersion; next += 1) {
      await session.run(journalSchema[next - 1] ?? "");
      await session.query("INSERT INTO belay.journal_version (version) VALUES ($1)", [next]);
    }
    await session.run("COMMIT");
  } catch (error) {
    await session.run("ROLLBACK").catch(() => {});
    throw new BelayError("BELAY_PERMISSION", "Cannot create Belay's journal (schema belay)", {
      state: untouched,
      hint: "The role needs CREATE on the database, once: GRANT CREATE ON DATABASE ... TO ...",
      cause: error,
    });
  }
}

export function refuseNewer(version: number): void {
  if (version <= journalVersion) return;
  throw new BelayError(
    "BELAY_JOURNAL_VERSION",
    `The journal has version ${version}; this program knows versions up to ${journalVersion}`,
    { state: untouched, hint: "Use the newer Belay that wrote it." },
  );
}

/** Whose token a record carries: that of who changes the database, or that of who watches it. */
export type LeaseTable = "lease" | "watch_lease";

function leaseOf({ kind }: Entry): LeaseTable {
  const isWatchers = /^(watch|notice)-/.test(kind) || kind === "incident";
  return isWatchers ? "watch_lease" : "lease";
}

/**
 * Appends one record. With `token`, only while that token holds the lease; the row lock it takes
 * keeps a takeover waiting until this transaction ends, so "checked" still holds at commit.
 */
export async function append(
  session: Session,
  run: string,
  token: string,
  entry: Entry,
): Promise<number> {
  const { body, detail } = partsOf(entry);
  const table = leaseOf(entry);
  const rows = await session.query<{ seq: string }>(
    `INSERT INTO belay.record (run, kind, version, body, detail)
     SELECT $1::uuid, $2, $3, $4::json, $6::json
       FROM (SELECT 1 FROM belay.${table} WHERE token = $5::bigint FOR KEY SHARE) AS held
     RETURNING seq`,
    [run, entry.kind, "version" in entry ? entry.version : null, body, token, detail],
    `belay-append-${table}`,
  );
  const row = rows[0];
  if (row === undefined) {
    throw new BelayError(
      "BELAY_LEASE_LOST",
      "Another run has taken over; this one must not go on",
      {
        state:
          "What this run had not committed is rolled back; the other run decides about the rest.",
        hint: "See belay status.",
      },
    );
  }
  return Number(row.seq);
}

/** As texts. What {@link readRecords} leaves out is the detail. */
function partsOf(entry: Entry): { body: string; detail: string | null } {
  if (entry.kind === "watch-started") {
    const { rows, around, ...body } = entry.body;
    const seen = rows || around ? JSON.stringify({ rows, around }) : null;
    return { body: JSON.stringify(body), detail: seen };
  }
  if (entry.kind !== "migration-finished") {
    return { body: JSON.stringify(entry.body), detail: null };
  }
  const { plan, undo, changed, ...body } = entry.body;
  return { body: JSON.stringify(body), detail: JSON.stringify({ plan, undo, changed }) };
}

/** Which records to read; absent: all. */
export interface Wanted {
  kinds?: readonly JournalRecord["kind"][];
  /** The lowest `seq`. */
  from?: number;
}

/**
 * Records, oldest first. Bodies of finished migrations come without plan, undo and catalog
 * changes, which can be large; {@link readFinished} brings those. Watches come without what they
 * have seen before; {@link readSeenBefore} brings it.
 */
export async function readRecords(
  session: Session,
  { kinds, from = 0 }: Wanted = {},
): Promise<JournalRecord[]> {
  const version = await installedVersion(session);
  refuseNewer(version);
  if (version === 0) return [];
  // Version 1 kept everything in the body, and those records stay as they were written.
  const isWhole = version === 1 ? "true" : "detail IS NULL";
  return (
    await session.query<{ seq: string; at: string; run: string; kind: string; version: string }>(
      `SELECT seq::text, to_json(at) #>> '{}' AS at, run::text, kind, version,
              CASE WHEN kind = 'migration-finished' AND ${isWhole}
                   THEN (body::jsonb - 'plan' - 'undo' - 'changed')::json ELSE body END AS body
         FROM belay.record
        WHERE seq >= $1 AND ($2::text[] IS NULL OR kind = ANY ($2))
        -- Not by the text of the same name in the output, where 10 comes before 9.
        ORDER BY record.seq`,
      [from, kinds ?? null],
    )
  ).map((row) => ({ ...row, seq: Number(row.seq) }) as unknown as JournalRecord);
}

/** The whole record of a finished migration. */
export async function readFinished(session: Session, seq: number): Promise<MigrationFinished> {
  // By way of the whole row: a journal of version 1 has no such column.
  const [row] = await session.query<{ body: MigrationFinished; detail: object | null }>(
    `SELECT body, to_json(r) -> 'detail' AS detail FROM belay.record r
      WHERE seq = $1 AND kind = 'migration-finished'`,
    [seq],
  );
  if (row === undefined) {
    throw new BelayError("BELAY_JOURNAL_CORRUPT", `Journal record ${seq} is gone`, {
      state: "Nothing was changed now.",
      hint: "Somebody deleted from belay.record; restore it from a backup.",
    });
  }
  return { ...row.body, ...row.detail };
}

/** What a watch has seen before it began, to be compared after a rollback. */
export async function readSeenBefore(
  session: Session,
  seq: number,
): Promise<Pick<WatchStarted, "rows" | "around">> {
  const [row] = await session.query<{ seen: Pick<WatchStarted, "rows" | "around"> | null }>(
    `SELECT to_json(r) -> 'detail' AS seen FROM belay.record r
      WHERE seq = $1 AND kind = 'watch-started'`,
    [seq],
  );
  return row?.seen ?? {};
}

/** The journal is no place for a million of them; `belay.conflict` has them all. */
const conflictsAtMost = 1_000;

/** Those that the running transaction has written. */
export async function readConflicts(session: Session): Promise<Conflict[]> {
  type Values = "key" | "base" | "theirs" | "ours";
  const rows = await session.query<Omit<Conflict, Values> & Record<Values, string | null>>(
    `SELECT target, key::text, columns, base::text, theirs::text, ours::text, resolution FROM belay.conflict
      WHERE transaction = pg_current_xact_id_if_assigned() ORDER BY at LIMIT ${conflictsAtMost}`,
  );
  const read = (json: string | null) => (json === null ? null : parse(json, null, exactNumber));
  return rows.map(({ key, base, theirs, ours, ...rest }) => {
    const values = { base: read(base), theirs: read(theirs), ours: read(ours) };
    return { ...rest, key: read(key), ...values };
  });
}

/** Whether the open transaction has left anything but rows otherwise than it was: a type, a constraint. */
export async function deviates(session: Session): Promise<boolean> {
  const rows = await session.query(
    `SELECT FROM belay.conflict
      WHERE transaction = pg_current_xact_id_if_assigned() AND key IS NULL LIMIT 1`,
  );
  return rows.length > 0;
}

/** Whether a rollback has told that it could not bring a column back. Both names unquoted. */
export async function isKnownAway(
  session: Session,
  table: string,
  column: string,
): Promise<boolean> {
  const rows = await session.query(
    `SELECT FROM belay.conflict WHERE key IS NULL AND columns @> ARRAY[$2::text]
       AND starts_with(resolution, 'column ' || $2 || ' is not there again')
       AND (replace(target, '"', '') = $1 OR replace(target, '"', '') LIKE '%.' || $1) LIMIT 1`,
    [table, column],
  );
  return rows.length > 0;
}

/** Of what a rollback leaves out. */
export async function noteConflict(session: Session, target: string, resolution: string) {
  await session.query(
    "INSERT INTO belay.conflict (shelf, target, resolution) VALUES ('', $1, $2)",
    [target, resolution],
  );
  const none = { key: null, columns: null, base: null, theirs: null, ours: null };
  return { target, ...none, resolution } satisfies Conflict;
}

/** A key of 9007199254740993 told as ...992 would be another row's: what JavaScript cannot hold stays text. */
function exactNumber(text: string): number | string {
  return String(Number(text)) === text ? Number(text) : text;
}

/** Stores a catalog's content under its fingerprint, for naming drift later. Keeps the newest 20. */
export async function saveCatalog(session: Session, fingerprint: string, catalog: Catalog) {
  const content = JSON.stringify(catalogToJson(catalog));
  await session.query(
    `INSERT INTO belay.catalog (fingerprint, content) VALUES ($1, $2)
     ON CONFLICT (fingerprint) DO UPDATE SET recorded_at = clock_timestamp()`,
    [fingerprint, gzipSync(content).toString("base64")],
  );
  await session.run(
    `DELETE FROM belay.catalog WHERE fingerprint NOT IN
       (SELECT fingerprint FROM belay.catalog ORDER BY recorded_at DESC LIMIT 20)`,
  );
}

/** The stored content, or undefined when that catalog was not kept. */
export async function loadCatalog(session: Session, fingerprint: string) {
  const [row] = await session.query<{ content: string }>(
    "SELECT content FROM belay.catalog WHERE fingerprint = $1",
    [fingerprint],
  );
  return row === undefined ? undefined : gunzipSync(Buffer.from(row.content, "base64")).toString();
}
