// Owns: the place from which one process at a time watches: its lease, and writing to the journal under
// it. Whoever has lost the lease can write nothing more.

import { hostname } from "node:os";
import type { CrashPoint } from "../../core/environment.ts";
import { messageOf } from "../../core/errors.ts";
import { acquireLease, applicationName } from "../../engine/lease.ts";
import type { Entry, IncidentStep, WatchMoved } from "../../journal/record.ts";
import { type JournalState, stateOf } from "../../journal/state.ts";
import { append, install, readRecords } from "../../journal/store.ts";
import type { Settings } from "../settings.ts";
import type { Target } from "../target.ts";

export interface Desk {
  target: Target;
  /** Aborted when another process has taken over, or the server does not answer any more. */
  lost: AbortSignal;
  state(): Promise<JournalState>;
  /** Returns its `seq`. Throws BELAY_LEASE_LOST. */
  record(entry: WatchEntry): Promise<number>;
  /** Tells people, and the journal if that answers; nothing waits for it. */
  moved(move: WatchMoved): void;
}

type WatchEntry = Extract<Entry, { kind: `watch-${string}` | "incident" }>;

/** Where a crash is rehearsed after a record of this kind. */
function pointAfter(entry: WatchEntry): CrashPoint | undefined {
  if (entry.kind === "watch-started" || entry.kind === "watch-finished") return entry.kind;
  return entry.kind === "incident" ? pointAfterStep[entry.body.step] : undefined;
}

const pointAfterStep: Record<IncidentStep["step"], CrashPoint> = {
  detected: "incident-detected",
  decided: "incident-decided",
  rolledBack: "incident-rolled-back",
  verified: "incident-verified",
  closed: "incident-closed",
};

/** Throws BELAY_LEASE_HELD while another process watches. */
export async function atDesk<T>(
  settings: Settings,
  target: Target,
  work: (desk: Desk) => Promise<T>,
): Promise<T> {
  const { environment, report } = settings;
  const run = environment.id();
  const session = await target.dialect.connect({
    url: target.url,
    applicationName: applicationName(run),
  });
  const lost = new AbortController();
  try {
    await install(session);
    const lease = await acquireLease({
      ...{ run, keeper: session, environment, table: "watch_lease" },
      holder: `belay watch on ${hostname()} (process ${process.pid})`,
      ...(settings.leaseTermMs === undefined ? {} : { termMs: settings.leaseTermMs }),
      onLost: (error) => {
        lost.abort(error);
        session.destroy();
      },
    });
    try {
      return await work({
        target,
        lost: lost.signal,
        state: async () => stateOf(await readRecords(session)),
        async record(entry) {
          lease.check();
          const seq = await append(session, run, lease.token, entry);
          const point = pointAfter(entry);
          if (point !== undefined) await environment.reached(point);
          return seq;
        },
        moved(move) {
          report({ kind: "guard", message: `${move.to}: ${move.why}`, pages: move.pages });
          append(session, run, lease.token, { kind: "watch-moved", body: move }).catch(
            (error: unknown) => {
              const message = `The journal does not know of it: ${messageOf(error)}`;
              report({ kind: "guard", message, pages: false });
            },
          );
        },
      });
    } finally {
      await lease.release().catch(() => {});
    }
  } catch (error) {
    // What fails after the lease is lost fails because of that.
    throw lost.signal.aborted ? lost.signal.reason : error;
  } finally {
    await session.close();
  }
}
