// Owns: what a run tells about itself while it works. Renderers turn events into lines; nothing
// here is for programs, who get the result.

import type { Gauge } from "../core/gauge.ts";
import type { Loss } from "../core/plan.ts";
import type { Deadlocked, OtherSession, Waiting } from "../dialects/dialect.ts";

export type RunEvent =
  | { kind: "migration"; version: string; name: string; direction: "up" | "down" | "back-out" }
  | { kind: "statement"; line: number; sql: string; index: number; count: number }
  /** A statement that runs in batches: rows changed so far, share of the present sweep (0 to 1). */
  | { kind: "batch"; line: number; rows: number; share: number | null }
  /** We wait for a lock that these sessions hold. */
  | { kind: "waiting"; holders: OtherSession[] }
  /** These sessions wait for a lock that we hold. */
  | { kind: "blocking"; waiters: OtherSession[] }
  /** The session `pid` of ours and this one wait for each other; null: the server has failed ours for it. */
  | { kind: "deadlock"; pid: number; with: Deadlocked | null; why: string }
  | { kind: "retry"; why: string; attempt: number; inMs: number; budgetLeftMs: number }
  | { kind: "loss"; losses: Loss[] }
  | { kind: "finished"; version: string; name: string; direction: "up" | "down"; ms: number }
  | { kind: "failed"; version: string; name: string; message: string }
  | { kind: "note"; message: string }
  /** A round of the guard's. */
  | { kind: "look"; look: WatchLook }
  /** What has become of an incident. */
  | { kind: "incident"; step: "detected" | "decided" | "rolledBack" | "verified" | "closed" }
  /** What the guard does; `pages`: somebody has to look. */
  | { kind: "guard"; message: string; pages: boolean };

/** What the guard has seen, for those who look on. */
export interface WatchLook {
  /** Before, during and after the run; or when something was taken back. */
  phase: "learning" | "running" | "settling" | "verifying";
  /** Where it stands on its ladder; null: it has done what it could. */
  rung: string | null;
  /** In the order of the signals. */
  gauges: Gauge[];
  /** Sessions that wait for a lock, those that wait for Belay first; null: not known. */
  waiting: (Waiting & { attributed: boolean })[] | null;
  /** Milliseconds until this phase is over, where all goes well; null: that is not known. */
  leftMs: number | null;
  /** Epoch milliseconds: the end of the first undo window of what is watched; null: none is known. */
  undoUntil: number | null;
}

export type Report = (event: RunEvent) => void;
