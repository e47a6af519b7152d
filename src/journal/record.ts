// Owns: the records of the journal, exactly as they are stored (see format.md). Append-only: what
// is true now is derived from them by `state.ts`. A new field is optional for old readers; a changed
// meaning needs a new `journalVersion`.

import type { CatalogObject, Difference } from "../core/catalog.ts";
import type { Change, Conflict, Loss, Plan, Undo, Verdict } from "../core/plan.ts";
import type { RowSample } from "../core/row-sample.ts";
import type { SequenceNumbers } from "../dialects/dialect.ts";

/** Version of the journal's own schema and of the record bodies. */
export const journalVersion = 4;

/** `back-out` takes back the finished steps of an `up` or `down` that could not go on. */
export type Direction = "up" | "down" | "back-out";

/** What was done by one statement and how it is undone, in the order in which it ran. */
export interface UndoEntry {
  /** Of the statement in the user's file; 0 for Belay's own. */
  line: number;
  changes: Change[];
  undo: Undo;
  /** Schemas to resolve the undo's names in, as they were when the statement ran. */
  searchPath: string[];
  /** Only until the migration is finished: a later part of the same form has undone it. */
  temporary?: boolean;
}

/** One object as it was before and after; what `down` has to restore. */
export interface CatalogChange {
  before?: CatalogObject;
  after?: CatalogObject;
}

/** Rows of a table that changed in a step, as the server counted them. */
export interface RowChange {
  table: string;
  /** Other names under which a statement may have written to it: see `RowsSeen`. */
  aliases?: string[];
  inserted: number;
  updated: number;
  deleted: number;
}

/** What one finished step leaves for the end of its migration. */
export interface StepResult {
  undo: UndoEntry[];
  rows: RowChange[];
  /** Some; all of them are in `belay.conflict`. */
  conflicts?: Conflict[];
}

export interface RunStarted {
  command: string;
  programVersion: string;
  /** Operating-system user, host and process, and the database role. */
  who: { user: string; host: string; pid: number; role: string };
}

/** Written before the first step of a migration that is more than one transaction. */
export interface MigrationStarted {
  direction: Direction;
  name: string;
  checksum: string;
  plan: Plan;
  /** Fingerprint of the catalog before; its content is in `belay.catalog`. */
  before: string;
  /** `down` only: whose SQL it is. */
  using?: "planned" | "file";
  /** Whether what it loses was accepted; absent, in older records: it was not asked. */
  acceptsLoss?: boolean;
  /** `back-out` only: what is being taken back, and why. */
  of?: "up" | "down";
  error?: string;
}

/** Written before a statement that the server refuses inside a transaction. */
export interface StatementIntended {
  step: string;
  undo: UndoEntry;
  /**
   * The probe said `not-done` before the statement ran, so that what it says afterwards is the
   * statement's doing. False: an object of that name was there, and the probe tells nothing.
   */
  probed: boolean;
}

export interface StepDone extends StepResult {
  step: string;
}

export interface MigrationFinished extends StepResult {
  direction: "up" | "down";
  name: string;
  checksum: string;
  plan: Plan;
  verdict: Verdict;
  losses: Loss[];
  /** Fingerprints of the whole catalog. */
  before: string;
  after: string;
  changed: CatalogChange[];
  /** Shelves that it has put something on. */
  shelves?: string[];
  /** Shelves of an earlier rollback that it has emptied: what was there is in its place again. */
  frees?: string[];
  ms: number;
  using?: "planned" | "file";
  /** `up` only: the proof file that lay beside it, if it was of this text. */
  proof?: unknown;
  /** `down` only: what is not as it was, when that was accepted. */
  residual?: Difference[];
}

/** The migration is as it was before the attempt; the database too. */
export interface MigrationAbandoned {
  of: "up" | "down";
  name: string;
  error: string;
}

/** Another tool applied it before Belay came. */
export interface MigrationAdopted {
  name: string;
  checksum: string;
  tool: string;
}

/** The end of an undo window: what was kept on these shelves is destroyed. */
export interface MigrationFinalized {
  name: string;
  shelves: string[];
}

/** Before the first migration that is to be watched; it covers what is applied from here on. */
export interface WatchStarted {
  /** Milliseconds for which all has to be well. */
  watchMs: number;
  intervalMs: number;
  /**
   * What was usual before, by signal; a process that takes over goes by that, and by the signals and
   * rules of its own configuration, which may hold secrets and so is not kept here.
   */
  baseline: Record<string, unknown[]>;
  /** Who is told of this watch: by name of the channel, the types of notices. Absent: nobody. */
  notify?: Record<string, string[]>;
  /** Rows of the tables that are to be changed, to be compared after a rollback. Absent: none were read. */
  rows?: RowSample;
  /** Absent: nobody has looked. */
  around?: Bystanders;
}

/** What a rollback could leave worse beside rows and catalog. */
export interface Bystanders {
  sequences: SequenceNumbers;
  /** Null: this role may not see them. */
  standbys: string[] | null;
}

/** The guard has moved on its ladder. */
export interface WatchMoved {
  from: string;
  to: string;
  why: string;
  /** A human was called. */
  pages: boolean;
}

export interface WatchFinished {
  /** `unclear`: too much was not known. `handedOver`: something is bad, and a human has to decide. */
  outcome: "healthy" | "rolledBack" | "unclear" | "handedOver" | "nothing";
  why: string;
}

/** Why the guard acts; what it knew then. */
export interface IncidentReason {
  signal: string;
  detail: string;
  attributed: boolean;
  /** How far the rule can be trusted, in words. */
  falseAlarms: string;
  /** Epoch milliseconds, value, state of its last samples, oldest first; null: not known. */
  series: [at: number, value: number | null, state: string][];
}

export interface IncidentCheck {
  name: string;
  passed: boolean;
  detail: string;
}

/** One step of an incident; each has happened when its record is there. Times are the watcher's. */
export type IncidentStep = {
  /** `seq` of the watch's first record. */
  watch: number;
  /** ISO 8601. */
  time: string;
} & (
  | {
      step: "detected";
      /** ISO 8601: the first bad sample; the fault began at most one interval before. */
      fault: string;
      reasons: IncidentReason[];
    }
  | {
      step: "decided";
      /** `page`: a human has to decide. */
      action: "cancel" | "rollback" | "page";
      why: string;
      /** What is watched, as applied: to be taken back, or (`cancel`) done before the running step. */
      covers: { version: string; seq: number }[];
    }
  | {
      step: "rolledBack";
      versions: string[];
      /** Rows on which the rollback and later writes did not agree; all are in `belay.conflict`. */
      conflicts: number;
    }
  | { step: "verified"; passed: boolean; checks: IncidentCheck[] }
  | { step: "closed"; outcome: WatchFinished["outcome"]; why: string }
);

/** A channel has what follows from a record, so everything before it is settled for that channel too. */
export interface NoticeDelivered {
  /** As named in the configuration. */
  channel: string;
  /** `seq` of the record. */
  of: number;
  attempts: number;
}

/** The receiver refuses it for good. */
export interface NoticeFailed extends NoticeDelivered {
  error: string;
}

export type NoticeEntry =
  | { kind: "notice-delivered"; body: NoticeDelivered }
  | { kind: "notice-failed"; body: NoticeFailed };

export interface RunFinished {
  outcome: "done" | "failed" | "rolledBack" | "refused";
  /** Fingerprint of the catalog at the end; its content is in `belay.catalog`. */
  fingerprint?: string;
}

/** The closed union of records; `version` is the migration's, absent for records of a run. */
export type Entry =
  | { kind: "run-started"; body: RunStarted }
  | { kind: "migration-started"; version: string; body: MigrationStarted }
  | { kind: "statement-intended"; version: string; body: StatementIntended }
  | { kind: "step-done"; version: string; body: StepDone }
  | { kind: "migration-finished"; version: string; body: MigrationFinished }
  | { kind: "migration-abandoned"; version: string; body: MigrationAbandoned }
  | { kind: "migration-adopted"; version: string; body: MigrationAdopted }
  | { kind: "migration-finalized"; version: string; body: MigrationFinalized }
  | { kind: "watch-started"; body: WatchStarted }
  | { kind: "watch-moved"; body: WatchMoved }
  | { kind: "watch-finished"; body: WatchFinished }
  | { kind: "incident"; body: IncidentStep }
  | NoticeEntry
  | { kind: "run-finished"; body: RunFinished };

/** A stored record. */
export type JournalRecord = Entry & {
  /** Order of writing; gaps are possible. */
  seq: number;
  /** Server clock, ISO 8601. */
  at: string;
  run: string;
};
