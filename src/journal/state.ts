// Owns: what is true now, derived from the records. Pure.

import { BelayError } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import type { Direction, JournalRecord, StatementIntended, StepDone } from "./record.ts";
import { type Watch, watchesOf } from "./watches.ts";

/** A migration that was started and neither finished nor abandoned. */
export interface OpenAttempt {
  version: string;
  name: string;
  checksum: string;
  direction: Direction;
  /** For `back-out`: what it takes back. Otherwise the direction itself. */
  of: "up" | "down";
  plan: Plan;
  before: string;
  using?: "planned" | "file";
  /** Whether what it loses was accepted. */
  acceptsLoss: boolean;
  error?: string;
  /** In order. */
  done: StepDone[];
  /** The statement that was intended last, when its step is not done. */
  intended?: StatementIntended;
}

export interface MigrationState {
  version: string;
  name: string;
  checksum: string;
  state: "applied" | "rolledBack";
  /** Of the last change of state. */
  at: string;
  run: string;
  /** The record with plan and undo; absent when another tool applied it. */
  finishedSeq?: number;
  verdict?: "exact" | "lossy" | "irreversible";
  adoptedFrom?: string;
  /** On which its last up or down has put something, finalized ones included. */
  shelves: string[];
  /** Of the record of its last up, also while it is rolled back. */
  upSeq?: number;
  /**
   * `seq` of the last rollback of it that has told that the catalog is not wholly as it was: what was
   * applied before that cannot find again all that it had found.
   */
  deviatedAt?: number;
}

/** A place where something is kept; what is kept there is in the database alone. */
export interface OpenShelf {
  shelf: string;
  version: string;
  name: string;
  /** Of the up or down that put something there. */
  direction: "up" | "down";
  /** ISO 8601, server clock. */
  since: string;
}

export interface JournalState {
  /** In order of the last change of state, so that the last applied is the last of the applied. */
  migrations: Map<string, MigrationState>;
  /** At most one: the engine refuses to start another before it is recovered. */
  open: OpenAttempt | undefined;
  /** By name; those that are neither emptied by a rollback nor finalized. */
  shelves: Map<string, OpenShelf>;
  /** Fingerprint of the catalog as Belay last left it. */
  fingerprint: string | undefined;
  /** Oldest first; see `watches.ts`. */
  watches: Watch[];
}

/** Migrations that are applied, in the order in which they were. */
export function applied(state: JournalState): MigrationState[] {
  return [...state.migrations.values()].filter((each) => each.state === "applied");
}

/** Folds records, oldest first. Throws BELAY_JOURNAL_CORRUPT for a sequence that cannot have happened. */
export function stateOf(records: readonly JournalRecord[]): JournalState {
  const state: JournalState = {
    ...{ migrations: new Map(), shelves: new Map() },
    ...{ open: undefined, fingerprint: undefined, watches: watchesOf(records) },
  };
  for (const record of records) fold(state, record);
  return state;
}

function fold(state: JournalState, record: JournalRecord): void {
  switch (record.kind) {
    case "run-started":
    case "watch-started":
    case "watch-moved":
    case "watch-finished":
    case "incident":
    case "notice-delivered":
    case "notice-failed":
      return;
    case "run-finished":
      state.fingerprint = record.body.fingerprint ?? state.fingerprint;
      return;
    case "migration-started":
      start(state, record);
      return;
    case "statement-intended":
      openOf(state, record).intended = record.body;
      return;
    case "step-done": {
      const open = openOf(state, record);
      open.done.push(record.body);
      delete open.intended;
      return;
    }
    case "migration-finished":
      finish(state, record);
      return;
    case "migration-adopted": {
      const { name, checksum, tool } = record.body;
      put(state, {
        ...{ version: record.version, name, checksum, state: "applied" },
        ...{ at: record.at, run: record.run, adoptedFrom: tool, shelves: [] },
      });
      return;
    }
    case "migration-finalized":
      for (const shelf of record.body.shelves) state.shelves.delete(shelf);
      return;
    case "migration-abandoned":
      openOf(state, record);
      state.open = undefined;
      return;
  }
}

function finish(state: JournalState, record: JournalRecord & { kind: "migration-finished" }): void {
  if (state.open?.version === record.version) state.open = undefined;
  const { name, checksum, direction, after, verdict, shelves = [] } = record.body;
  state.fingerprint = after;
  const { version, at, run, seq } = record;
  const earlier = state.migrations.get(version);
  // What it takes back is in its place again.
  const takesBack = record.body.using === "planned";
  if (takesBack && !record.body.conflicts?.length)
    for (const shelf of earlier?.shelves ?? []) state.shelves.delete(shelf);
  for (const shelf of record.body.frees ?? []) state.shelves.delete(shelf);
  for (const shelf of shelves) {
    state.shelves.set(shelf, { shelf, version, name, direction, since: at });
  }
  const upSeq = direction === "up" ? seq : earlier?.upSeq;
  const isOff = record.body.conflicts?.some(({ key }) => key === null);
  const deviatedAt = isOff ? seq : earlier?.deviatedAt;
  put(state, {
    ...{ version, name, checksum, verdict, at, run, finishedSeq: seq, shelves },
    ...(upSeq === undefined ? {} : { upSeq }),
    ...(deviatedAt !== undefined && { deviatedAt }),
    state: direction === "up" ? "applied" : "rolledBack",
  });
}

/** `seq` of the last rollback that told a deviation; see {@link MigrationState.deviatedAt}. */
export function lastDeviation({ migrations }: JournalState): number {
  return Math.max(0, ...[...migrations.values()].map(({ deviatedAt = 0 }) => deviatedAt));
}

/** Re-inserts, so that the map's order is the order of the last change. */
function put(state: JournalState, migration: MigrationState): void {
  state.migrations.delete(migration.version);
  state.migrations.set(migration.version, migration);
}

function start(state: JournalState, record: JournalRecord & { kind: "migration-started" }): void {
  const { direction, of, name, checksum, plan, before, using, error } = record.body;
  const { acceptsLoss = true } = record.body;
  const isBackOut = direction === "back-out";
  if (state.open !== undefined && !(isBackOut && state.open.version === record.version)) {
    throw corrupt(record, `${state.open.version} is still open`);
  }
  state.open = {
    version: record.version,
    ...{ name, checksum, direction, plan, before, acceptsLoss, done: [] },
    of: direction === "back-out" ? (of ?? "up") : direction,
    ...(using === undefined ? {} : { using }),
    ...(error === undefined ? {} : { error }),
  };
}

function openOf(state: JournalState, record: JournalRecord & { version: string }): OpenAttempt {
  if (state.open?.version !== record.version) throw corrupt(record, "no such attempt is open");
  return state.open;
}

function corrupt(record: JournalRecord, why: string): BelayError {
  return new BelayError(
    "BELAY_JOURNAL_CORRUPT",
    `Journal record ${record.seq} (${record.kind}) cannot follow: ${why}`,
    {
      state: "Unknown: the journal contradicts itself. Nothing was changed now.",
      hint: "Somebody edited belay.record, or a part of it was restored from a backup. Look at belay.history.",
      details: { seq: record.seq, kind: record.kind },
    },
  );
}
