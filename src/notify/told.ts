// Owns: a watch as far as its notices need to know it, and what each of them has to say by itself.

import type { Loss } from "../core/plan.ts";
import type { IncidentStep } from "../journal/record.ts";
import type { Alert, Notice } from "./notice.ts";

/** What a notice leaves to be said by what has just happened. */
export type Said = Pick<Notice, "type" | "severity" | "title" | "facts"> &
  Partial<Pick<Notice, "next" | "alert" | "isChange">>;

/** A watch, as far as notices need to know it. */
export interface Told {
  seq: number;
  /** See {@link Notice.watch}. */
  key: string;
  watchMs: number;
  /** By channel: the types that it is to get. */
  notify: Record<string, string[]>;
  /** By version, in the order in which they were applied. */
  covers: Map<string, { name: string; losses: Loss[] }>;
  /** While the guard holds everything up and has called somebody. */
  paused?: Alert;
  /** Steps of its incident so far. */
  steps: IncidentStep[];
  isOver: boolean;
}
