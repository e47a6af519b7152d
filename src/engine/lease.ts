// Owns: that one run at a time works on a database, and that one process at a time watches it. A row
// in the journal, not an advisory lock: it works behind a connection pooler and holds no snapshot that
// would stall CREATE INDEX CONCURRENTLY.
//
// Who is right: the fencing token. It grows with every holder, every journal write checks it, and a
// takeover needs a row lock that a writer holds until its commit. Expiry only says when others may
// try. A holder whose heartbeat gets no answer gives up by itself before its lease expires.

import type { Environment } from "../core/environment.ts";
import { BelayError, messageOf } from "../core/errors.ts";
import type { Session } from "../dialects/dialect.ts";
import type { LeaseTable } from "../journal/store.ts";

/** Milliseconds. A third of the term passes between heartbeats, so two may be lost. */
export const leaseTermMs = 15_000;

/** How long a held lease is looked at before it is refused, milliseconds. */
const noticeMs = 1_000;

/** How long a takeover waits for sessions of the dead run to end, milliseconds. */
const terminateWaitMs = 10_000;

export interface LeaseOptions {
  run: string;
  /** For people: `user@host pid 123`. */
  holder: string;
  /** The session that renews it; its disappearance tells others that we are gone. */
  keeper: Session;
  environment: Environment;
  termMs?: number;
  /** Default `lease`: the one to change the database under. */
  table?: LeaseTable;
  /** Called once when the lease is lost; what is running must stop. */
  onLost: (error: BelayError) => void;
}

export interface Lease {
  /** Decimal text of a bigint. */
  readonly token: string;
  /** Throws BELAY_LEASE_LOST once lost. */
  check(): void;
  release(): Promise<void>;
}

/** Prefix of `application_name`; a takeover finds the sessions of a dead run by it. */
export function applicationName(run: string): string {
  return `belay:${run}`;
}

interface LeaseRow extends Record<string, unknown> {
  run: string | null;
  holder: string | null;
  expired: boolean;
  /** Whether the holder's keeper session is still connected. */
  present: boolean;
  seconds: number;
}

const readLease = (table: LeaseTable) => `
  SELECT run::text, holder, expires_at < clock_timestamp() AS expired,
         EXISTS (SELECT FROM pg_stat_activity a
                  WHERE a.pid = backend_pid AND a.backend_start = l.backend_start) AS present,
         greatest(0, ceil(extract(epoch FROM expires_at - clock_timestamp())))::int AS seconds
    FROM belay.${table} l`;

/** The run that holds it; null where it is free, or its term is over. Looks only. */
export async function leaseHolder(session: Session, table: LeaseTable): Promise<string | null> {
  const [row] = await session.query<LeaseRow>(readLease(table));
  return row === undefined || row.expired ? null : row.run;
}

/** Takes the lease. Throws BELAY_LEASE_HELD, naming the holder, while another run has it. */
export async function acquireLease(options: LeaseOptions): Promise<Lease> {
  const { keeper, run, holder, environment, table = "lease" } = options;
  const termMs = options.termMs ?? leaseTermMs;
  const seen = await freeOrDead(keeper, environment, table);
  if (seen !== undefined && seen.run !== null) await endSessions(keeper, seen, environment);
  await keeper.run("BEGIN");
  let token: string;
  try {
    const [row] = await keeper.query<LeaseRow>(`${readLease(table)} FOR UPDATE OF l`);
    if (row !== undefined && row.run !== seen?.run) {
      if (row.run !== null) throw held(row);
    }
    // The newest: rows of sessions that died while they started may stay, with a number that is used again.
    const [taken] = await keeper.query<{ token: string }>(
      `UPDATE belay.${table}
          SET token = token + 1, run = $1, holder = $2, backend_pid = pg_backend_pid(),
              backend_start = (SELECT max(backend_start) FROM pg_stat_activity
                                WHERE pid = pg_backend_pid()),
              acquired_at = clock_timestamp(),
              expires_at = clock_timestamp() + $3 * interval '1 millisecond'
       RETURNING token::text`,
      [run, holder, termMs],
    );
    await keeper.run("COMMIT");
    token = taken?.token ?? "";
  } catch (error) {
    await keeper.run("ROLLBACK").catch(() => {});
    throw error;
  }
  return keepLease(options, token, termMs);
}

/**
 * The lease, when it is free, expired, or held by a run whose keeper session is gone: that one cannot
 * renew it any more. A server needs a moment to notice that a killed client is gone.
 */
async function freeOrDead(keeper: Session, environment: Environment, table: LeaseTable) {
  const deadline = environment.monotonic() + noticeMs;
  // Most often the first look comes only a moment too early.
  for (let waitMs = 5; ; waitMs = Math.min(2 * waitMs, 50)) {
    const [seen] = await keeper.query<LeaseRow>(readLease(table));
    if (seen === undefined || seen.run === null || seen.expired || !seen.present) return seen;
    if (environment.monotonic() > deadline) throw held(seen);
    await environment.sleep(waitMs);
  }
}

function keepLease(options: LeaseOptions, token: string, termMs: number): Lease {
  const { keeper, environment, onLost, table = "lease" } = options;
  let lost: BelayError | undefined;
  let renewedAt = environment.monotonic();
  let renewing = false;

  const lose = (why: string) => {
    if (lost !== undefined) return;
    stop();
    lost = new BelayError("BELAY_LEASE_LOST", `This run no longer holds the lease: ${why}`, {
      state: "Unknown to this run: another one may be recovering what it left.",
      hint: "Run belay status; then belay recover if something is interrupted.",
    });
    onLost(lost);
  };

  const renew = async () => {
    const sentAt = environment.monotonic();
    const rows = await keeper.query(
      `UPDATE belay.${table} SET expires_at = clock_timestamp() + $2 * interval '1 millisecond'
        WHERE token = $1::bigint RETURNING token`,
      [token, termMs],
    );
    if (rows.length === 0) return lose("another run took it over");
    // Counted from before the question was sent: the server's term began after that.
    renewedAt = sentAt;
  };

  const stop = environment.every(termMs / 6, () => {
    const age = environment.monotonic() - renewedAt;
    if (age > termMs * 0.8) return lose(`no answer from the server for ${Math.round(age)} ms`);
    if (renewing || age < termMs / 3) return;
    renewing = true;
    renew()
      .catch((error: unknown) => lose(messageOf(error)))
      .finally(() => {
        renewing = false;
      });
  });

  return {
    token,
    check() {
      if (lost !== undefined) throw lost;
    },
    async release() {
      stop();
      if (lost !== undefined) return;
      await keeper.query(
        `UPDATE belay.${table} SET run = NULL, expires_at = 'epoch' WHERE token = $1::bigint`,
        [token],
      );
    },
  };
}

function held(row: LeaseRow): BelayError {
  return new BelayError("BELAY_LEASE_HELD", `Another run is at work: ${row.holder}`, {
    state: "This run changed nothing.",
    hint: `Wait for it to finish. If it is dead, its lease expires in ${row.seconds} s and the next run takes over.`,
    details: { holder: row.holder, run: row.run, expiresInSeconds: row.seconds },
  });
}

/**
 * Ends what a dead run left on the server, so that nothing of it can still commit or build an index
 * while its work is being recovered.
 */
async function endSessions(keeper: Session, row: LeaseRow, environment: Environment) {
  const deadline = environment.monotonic() + terminateWaitMs;
  for (;;) {
    const left = await keeper.query<{ pid: number; ended: boolean }>(
      `SELECT pid, pg_terminate_backend(pid) AS ended
         FROM pg_stat_activity
        WHERE application_name = $1 AND datname = current_database() AND pid <> pg_backend_pid()`,
      [applicationName(row.run ?? "")],
    );
    if (left.length === 0) return;
    if (environment.monotonic() > deadline) throw held(row);
    await environment.sleep(20);
  }
}
