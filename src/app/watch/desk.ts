// Owns: the place from which one process at a time watches: its lease, and writing to the journal under
// it. Whoever has lost the lease can write nothing more.

import { hostname } from "node:os";
import type { CrashPoint } from "../../core/environment.ts";
import { messageOf } from "../../core/errors.ts";
import type { Session } from "../../dialects/dialect.ts";
import { acquireLease, applicationName, type Lease } from "../../engine/lease.ts";
import type { Entry, IncidentStep, WatchMoved, WatchStarted } from "../../journal/record.ts";
import { type JournalState, stateOf } from "../../journal/state.ts";
import { append, install, readRecords } from "../../journal/store.ts";
import type { Settings } from "../settings.ts";
import type { Target } from "../target.ts";
import { type Messenger, openMessenger, usualGraceMs } from "./messenger.ts";

export interface Desk {
  target: Target;
  /** Aborted when another process has taken over, or the server does not answer any more. */
  lost: AbortSignal;
  state(): Promise<JournalState>;
  /** Returns its `seq`. Throws BELAY_LEASE_LOST. */
  record(entry: WatchEntry): Promise<number>;
  /** Tells people, and the journal if that answers; nothing waits for it. */
  moved(move: WatchMoved): void;
  /** True: a rollback goes on, until the next step of the incident; see `Sender`. */
  hold(isHeld: boolean): void;
  /** Who is told of watches that begin now. */
  notify: NonNullable<WatchStarted["notify"]>;
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

/**
 * Throws BELAY_LEASE_HELD while another process watches. `graceMs`: how long it goes on trying to send
 * notices when the work is done.
 */
export async function atDesk<T>(
  settings: Settings,
  target: Target,
  work: (desk: Desk) => Promise<T>,
  graceMs: number = usualGraceMs,
): Promise<T> {
  const { environment } = settings;
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
      const { token } = lease;
      const place = { ...target, run, token, lost: lost.signal };
      const messenger = await openMessenger(settings, place);
      try {
        return await work(deskOf(settings, { target, session, run, lease, messenger, lost }));
      } finally {
        await messenger.close(graceMs);
      }
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

/** From here to the next step something is being taken back. */
function isActedOn(step: IncidentStep): boolean {
  return step.step === "decided" && step.action !== "page";
}

interface Place {
  target: Target;
  session: Session;
  run: string;
  lease: Lease;
  messenger: Messenger;
  lost: AbortController;
}

function deskOf({ environment, report }: Settings, place: Place): Desk {
  const { target, session, run, lease, messenger, lost } = place;
  return {
    ...{ target, lost: lost.signal, notify: messenger.wishes, hold: messenger.hold },
    state: async () => stateOf(await readRecords(session)),
    async record(entry) {
      lease.check();
      const seq = await append(session, run, lease.token, entry);
      if (entry.kind === "incident") messenger.hold(isActedOn(entry.body));
      messenger.nudge();
      const point = pointAfter(entry);
      if (point !== undefined) await environment.reached(point);
      return seq;
    },
    moved(move) {
      report({ kind: "guard", message: `${move.to}: ${move.why}`, pages: move.pages });
      append(session, run, lease.token, { kind: "watch-moved", body: move }).then(
        () => messenger.nudge(),
        (error: unknown) => {
          const message = `The journal does not know of it: ${messageOf(error)}`;
          report({ kind: "guard", message, pages: false });
        },
      );
    },
  };
}
