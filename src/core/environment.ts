// Owns: the world the engine runs in, as values that tests can replace: time, randomness, ids,
// waiting, and the named points at which a test may kill us. Nothing else in `src` may call
// Date.now, Math.random, setTimeout or crypto.randomUUID.

import { randomUUID } from "node:crypto";

/** Milliseconds throughout. */
export interface Environment {
  /** Wall clock, epoch milliseconds. */
  now(): number;
  /** Monotonic milliseconds, for durations and deadlines. */
  monotonic(): number;
  /** In [0, 1). */
  random(): number;
  id(): string;
  /** Resolves after `ms`, or at once when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `tick` every `ms` until the returned function is called. */
  every(ms: number, tick: () => void): () => void;
  /** A named crash point; the default does nothing. */
  reached(point: CrashPoint): void | Promise<void>;
}

/**
 * Every point at which a crash is rehearsed. Names say what has just happened.
 * `*-executed` and `*-ran` mean: done in the database, not yet in the journal or not yet committed.
 */
export const crashPoints = [
  "lease-acquired",
  "run-recorded",
  "migration-started",
  "batch-committed",
  "transaction-begun",
  "statement-executed",
  "step-journaled",
  "step-committed",
  "statement-intended",
  "statement-ran",
  "statement-done",
  "migration-finished",
  "archive-written",
  "archive-sealed",
  "watch-started",
  "incident-detected",
  "incident-decided",
  "incident-rolled-back",
  "incident-verified",
  "incident-closed",
  "watch-finished",
  "notice-sent",
  "run-finished",
  "lease-released",
] as const;

export type CrashPoint = (typeof crashPoints)[number];

export const realEnvironment: Environment = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  id: () => randomUUID(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener("abort", done, { once: true });
    }),
  every: (ms, tick) => {
    const timer = setInterval(tick, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
  reached: () => {},
};
