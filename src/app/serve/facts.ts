// Owns: what the journal and the database say of a target at one moment, for programs that ask again
// and again. Looks only. What is not known is null or left out, never zero.

import type { Dialect, Session } from "../../dialects/dialect.ts";
import { leaseHolder } from "../../engine/lease.ts";
import type { Rung } from "../../guard/ladder.ts";
import type { JournalRecord, WatchFinished } from "../../journal/record.ts";
import { applied, type JournalState, type OpenShelf, stateOf } from "../../journal/state.ts";
import { installedVersion, readRecords } from "../../journal/store.ts";
import { type Incident, openWatch, stepOf, type Watch } from "../../journal/watches.ts";
import { queueOf } from "../../notify/queue.ts";
import { compare } from "../../plan/compare.ts";
import { windowEnd } from "../finalize.ts";
import { loadFolder } from "../migrations.ts";
import { type IncidentReport, reportOf } from "../report.ts";
import type { Settings } from "../settings.ts";
import { databaseName } from "../watch/outbox.ts";
import { type LastSample, lastSamples } from "./last-samples.ts";

export type Outcome = WatchFinished["outcome"];

/** How many of each outcome there have been. */
export type Tally = Record<Outcome, number>;

export interface Facts {
  /** Null: there is no journal, because Belay has not yet written anything here. */
  journalVersion: number | null;
  /** `pending`: those that `up` would apply; null where the folder cannot be read. */
  migrations: { applied: number; rolledBack: number; pending: number | null };
  /** A migration with some of its steps done; `atWork`: a run goes on with it. */
  open: { version: string; name: string; atWork: boolean } | null;
  windows: UndoWindow[];
  /** By what it is for; an expired one is not held. */
  leases: { run: boolean; watch: boolean };
  /** The one that goes on. */
  watch: WatchFacts | null;
  /** Of the latest watch, as far as the journal has them. */
  signals: LastSample[];
  /** Those that have ended. */
  watches: Tally;
  incidents: Tally;
  /** The latest. */
  incident: { report: IncidentReport; isOpen: boolean } | null;
  channels: { channel: string; queued: number; delivered: number; failed: number }[];
}

export interface UndoWindow {
  version: string;
  name: string;
  /** Of what has put it aside: the migration, or its rollback. */
  direction: "up" | "down";
  /** Milliseconds; negative once `finalize` may end it. */
  leftMs: number;
  /** Of what it keeps that has a place of its own on disk; null: nothing has, or it is not known. */
  bytes: number | null;
}

export interface WatchFacts {
  /** Epoch milliseconds. */
  since: number;
  watchMs: number;
  /** Migrations that it covers. */
  covers: number;
  /** Of the process that minds it; null where none does. */
  rung: Rung | null;
}

interface At {
  session: Session;
  dialect: Dialect;
  url: string;
}

/** Throws what the session throws, BELAY_JOURNAL_VERSION and BELAY_JOURNAL_CORRUPT. */
export async function readFacts(settings: Settings, { session, ...at }: At): Promise<Facts> {
  const version = await installedVersion(session);
  // Before and after: what begins or ends between two questions is not taken for what was interrupted.
  const before = await holders(session, version);
  const records = await readRecords(session);
  const after = await holders(session, version);
  const [runner, minder] = [after.run ?? before.run, after.watch ?? before.watch];
  const state = stateOf(records);
  const watch = openWatch(state.watches);
  const incidents = state.watches.flatMap(({ incident }) => incident ?? []);
  const last = incidents.at(-1);
  return {
    journalVersion: version === 0 ? null : version,
    migrations: {
      applied: applied(state).length,
      rolledBack: [...state.migrations.values()].filter((each) => each.state === "rolledBack")
        .length,
      pending: await pendingOf(settings, state),
    },
    open: state.open
      ? { version: state.open.version, name: state.open.name, atWork: runner !== null }
      : null,
    windows: await windowsOf(settings, { session, ...at }, state),
    leases: { run: runner !== null, watch: minder !== null },
    watch: watch ? watchFacts(watch, records, minder) : null,
    signals: lastSamples(state.watches.at(-1)),
    watches: tally(state.watches.map(({ finished }) => finished?.outcome)),
    incidents: tally(incidents.map((each) => stepOf(each, "closed")?.outcome)),
    incident: last ? { report: reportOf(last), isOpen: isOpen(last, watch) } : null,
    channels: channelsOf(settings, records, at.url),
  };
}

async function holders(session: Session, version: number) {
  return {
    run: version > 0 ? await leaseHolder(session, "lease") : null,
    watch: version >= 4 ? await leaseHolder(session, "watch_lease") : null,
  };
}

/** The folder may be elsewhere, or of another version: then that is not known. */
async function pendingOf(settings: Settings, state: JournalState): Promise<number | null> {
  try {
    const { migrations, format } = await loadFolder(settings);
    return compare(migrations, state, format.compare).pending.length;
  } catch {
    return null;
  }
}

async function windowsOf(
  settings: Settings,
  { session, dialect }: Omit<At, "url">,
  { shelves }: JournalState,
): Promise<UndoWindow[]> {
  const open = [...shelves.values()];
  if (open.length === 0) return [];
  // The size of what somebody has locked is not known; all else is.
  const kept = await dialect.shelved(session, [...shelves.keys()]).catch((error: unknown) => {
    const { kind } = dialect.trouble(error);
    if (kind === "lock-timeout" || kind === "statement-timeout") return null;
    throw error;
  });
  const now = settings.environment.now();
  const windows = new Map<string, OpenShelf[]>();
  for (const each of open) {
    const key = JSON.stringify([each.version, each.direction]);
    windows.set(key, [...(windows.get(key) ?? []), each]);
  }
  return [...windows.values()].map((own) => {
    // What was put aside first is the first whose time is over.
    const { version, name, direction, since } = own[0] as OpenShelf;
    const names = new Set(own.map(({ shelf }) => shelf));
    const bytes = kept
      ?.filter(({ shelf }) => names.has(shelf))
      .reduce((sum, each) => sum + each.bytes, 0);
    return {
      ...{ version, name, direction },
      leftMs: Date.parse(windowEnd(since, settings)) - now,
      // A column has no place of its own, and what it takes is not nothing.
      bytes: bytes || null,
    };
  });
}

function watchFacts(
  watch: Watch,
  records: readonly JournalRecord[],
  minder: string | null,
): WatchFacts {
  const { at, started, covers } = watch;
  return {
    ...{ since: Date.parse(at), watchMs: started.watchMs, covers: covers.length },
    rung: minder === null ? null : rungOf(watch, records, minder),
  };
}

/** A process that takes over, and the time after `up`, begin at the foot of the ladder. */
function rungOf({ seq, incident }: Watch, records: readonly JournalRecord[], minder: string): Rung {
  let rung: Rung = "calm";
  const ups = new Set<string>();
  for (const record of records) {
    if (record.seq < seq) continue;
    if (record.kind === "run-started" && record.body.command === "up") ups.add(record.run);
    if (record.kind === "run-finished" && ups.has(record.run) && !incident) rung = "calm";
    if (record.kind === "watch-moved" && record.run === minder) rung = record.body.to as Rung;
  }
  return rung;
}

function isOpen(incident: Incident, open: Watch | undefined): boolean {
  return incident.watch === open?.seq && stepOf(incident, "closed") === undefined;
}

function tally(outcomes: readonly (Outcome | undefined)[]): Tally {
  const counts: Tally = { healthy: 0, rolledBack: 0, unclear: 0, handedOver: 0, nothing: 0 };
  for (const outcome of outcomes) if (outcome !== undefined) counts[outcome] += 1;
  return counts;
}

/** Those of the configuration, and those that the journal still has something for. */
function channelsOf(
  { notify = {} }: Settings,
  records: readonly JournalRecord[],
  url: string,
): Facts["channels"] {
  const queue = queueOf(records, databaseName(url));
  const counts = new Map(
    [...Object.keys(notify), ...queue.keys()].map((name) => [name, { delivered: 0, failed: 0 }]),
  );
  for (const { kind, body } of records) {
    if (kind !== "notice-delivered" && kind !== "notice-failed") continue;
    const count = counts.get(body.channel) ?? { delivered: 0, failed: 0 };
    count[kind === "notice-failed" ? "failed" : "delivered"] += 1;
    counts.set(body.channel, count);
  }
  return [...counts].map(([channel, count]) => ({
    ...{ channel, ...count },
    queued: queue.get(channel)?.length ?? 0,
  }));
}
