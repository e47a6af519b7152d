// Owns: what a rehearsal says, as data. The JSON of `belay prove` is made of these.

import type { Difference } from "../core/catalog.ts";
import type { LockMode, Loss, Verdict } from "../core/plan.ts";

/** `planned`: the inverse that Belay derives. `file`: the down that the author wrote. */
export type UndoSource = "planned" | "file";

/** `failed` comes before all else: something is not as it has to be, and that is no known loss. */
export type ProofVerdict = Verdict | "failed";

/**
 * Under which conditions a failure shows: `always`, `with rows` (not on empty tables), or
 * `with later writes` (only when somebody wrote between the migration and its rollback).
 */
export type FailsWhen = "always" | "with rows" | "with later writes";

/** One way back, rehearsed. */
export interface WayProof {
  undoSource: UndoSource;
  verdict: ProofVerdict;
  /** What failed and in whose words; absent unless the verdict is `failed` or `irreversible`. */
  why?: string;
  failsWhen?: FailsWhen;
  /** What of the catalog is not as it was after the rollback. */
  residual: Difference[];
  /** What of the rows is not, and what the plan itself says would be lost. */
  losses: Loss[];
  /** Rows that had to be there after the rollback; those gone or changed. */
  rows: { checked: number; lost: number };
  /** Of the planned way, where it works: its statements. */
  inverse?: string[];
  /** What a reader should know besides: the old application cannot write, locks not foreseen. */
  findings: Finding[];
}

export interface Finding {
  kind:
    | "lock"
    | "rewrite"
    | "old-shape"
    | "session"
    | "coverage"
    | "up-again"
    | "claim"
    | "nondeterministic"
    /** Later writes and the rollback did not agree; nothing was lost. */
    | "conflict";
  text: string;
}

/** A lock as the rehearsal saw it. */
export interface MeasuredLock {
  table: string;
  mode: LockMode;
  /** All its rows were written anew. */
  rewritten: boolean;
  /** From the statement that took it to the end of its transaction. */
  ms: number;
}

export interface CrashProof {
  /** Deaths rehearsed. */
  points: number;
  /** Those after which `recover` reached neither before nor after. */
  failures: number;
  /** Points beyond the budget. */
  leftOut: number;
  /** One line per failure. */
  details: string[];
}

export interface MigrationProof extends WayProof {
  version: string;
  name: string;
  /** Of the up and of the down, so that a proof can be told from a stale one. */
  checksum: string;
  downChecksum?: string;
  /** Fingerprints of the catalog before and after. */
  before: string;
  after: string;
  /** The other way back, where both were rehearsed. */
  other?: WayProof;
  /** A down that is exact, where the author's is not. */
  proposal?: string[];
  locks: MeasuredLock[];
  /** Absent: not asked for. */
  crash?: CrashProof;
  /** A command that shows the same again. */
  reproduce: string;
  ms: number;
}

/** The better way first: that is the migration's. */
export function waysOf(proof: MigrationProof): WayProof[] {
  return [proof, ...(proof.other === undefined ? [] : [proof.other])];
}

const bestFirst: readonly ProofVerdict[] = ["exact", "lossy", "irreversible", "failed"];

/** For sorting: less is better. */
export function rankOf(verdict: ProofVerdict): number {
  return bestFirst.indexOf(verdict);
}
