// Owns: what a measurement is: good, bad, or not known, and never one for another.

import type { Waiting } from "../dialects/dialect.ts";

/**
 * One measurement. `unknown` is what could not be measured, with the reason; it is never `ok`.
 * `events`: of how many things that happened since the last sample how many were bad.
 */
export type Reading =
  | {
      state: "ok" | "bad";
      value: number;
      /** For people: what was seen, where that says more than the number. */
      detail?: string;
      events?: { bad: number; all: number };
      /** Who waits for a lock, where that was looked at: for people, and never stored. */
      waiting?: Waiting[];
    }
  | { state: "unknown"; why: string };

export type Sample = Reading & {
  signal: string;
  /** Epoch milliseconds, when the measurement began. */
  at: number;
};
