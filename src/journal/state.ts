// Owns: what is true now, derived from the records. Pure.

import { BelayError } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import type { Direction, JournalRecord, StatementIntended, StepDone } from "./record.ts";

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
}

export interface JournalState {
  /** In order of the last change of state, so that the last applied is the last of the applied. */
  migrations: Map<string, MigrationState>;
  /** At most one: the engine refuses to start another before it is recovered. */
  open: OpenAttempt | undefined;
  /** Fingerprint of the catalog as Belay last left it. */
  fingerprint: string | undefined;
}

/** Migrations that are applied, in the order in which they were. */
export function applied(state: JournalState): MigrationState[] {
  return [...state.migrations.values()].filter((each) => each.state === "applied");
}

/** Folds records, oldest first. Throws BELAY_JOURNAL_CORRUPT for a sequence that cannot have happened. */
export function stateOf(records: readonly JournalRecord[]): JournalState {
  const state: JournalState = { migrations: new Map(), open: undefined, fingerprint: undefined };
  for (const record of records) fold(state, record);
  return state;
}

function fold(state: JournalState, record: JournalRecord): void {
  switch (record.kind) {
    case "run-started":
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
    case "migration-finished": {
      if (state.open?.version === record.version) state.open = undefined;
      const { name, checksum, direction, after, verdict } = record.body;
      state.fingerprint = after;
      put(state, {
        ...{ version: record.version, name, checksum, verdict },
        state: direction === "up" ? "applied" : "rolledBack",
        ...{ at: record.at, run: record.run, finishedSeq: record.seq },
      });
      return;
    }
    case "migration-adopted": {
      const { name, checksum, tool } = record.body;
      put(state, {
        ...{ version: record.version, name, checksum, state: "applied" },
        ...{ at: record.at, run: record.run, adoptedFrom: tool },
      });
      return;
    }
    case "migration-abandoned":
      openOf(state, record);
      state.open = undefined;
      return;
  }
}

/** Re-inserts, so that the map's order is the order of the last change. */
function put(state: JournalState, migration: MigrationState): void {
  state.migrations.delete(migration.version);
  state.migrations.set(migration.version, migration);
}

function start(state: JournalState, record: JournalRecord & { kind: "migration-started" }): void {
  const { direction, of, name, checksum, plan, before, using, error } = record.body;
  const isBackOut = direction === "back-out";
  if (state.open !== undefined && !(isBackOut && state.open.version === record.version)) {
    throw corrupt(record, `${state.open.version} is still open`);
  }
  state.open = {
    version: record.version,
    ...{ name, checksum, direction, plan, before, done: [] },
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
