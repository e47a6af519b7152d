// Owns: what is being watched and what came of it, derived from the records. Pure.

import type { IncidentStep, JournalRecord, WatchFinished, WatchStarted } from "./record.ts";

/** An applied migration as it was then: applied anew, it is another one. */
export interface Covered {
  version: string;
  /** Of its `migration-finished`. */
  seq: number;
}

export interface Watch {
  /** Of its `watch-started`. */
  seq: number;
  /** ISO 8601, server clock. */
  at: string;
  started: WatchStarted;
  /** In the order in which they were applied. */
  covers: Covered[];
  incident: Incident | undefined;
  /** Undefined: it goes on. */
  finished: WatchFinished | undefined;
}

/** Its steps so far, in order; the last has happened, what comes after has not. */
export interface Incident {
  watch: number;
  steps: IncidentStep[];
}

export type StepOf<Name extends IncidentStep["step"]> = Extract<IncidentStep, { step: Name }>;

export function stepOf<Name extends IncidentStep["step"]>(
  incident: Incident | undefined,
  name: Name,
): StepOf<Name> | undefined {
  return incident?.steps.find((each): each is StepOf<Name> => each.step === name);
}

/** All watches, oldest first. Only the last can be going on. */
export function watchesOf(records: readonly JournalRecord[]): Watch[] {
  const watches: Watch[] = [];
  for (const record of records) fold(watches, record);
  return watches;
}

/** The one that goes on. */
export function openWatch(watches: readonly Watch[]): Watch | undefined {
  const last = watches.at(-1);
  return last?.finished === undefined ? last : undefined;
}

function fold(watches: Watch[], record: JournalRecord): void {
  const open = openWatch(watches);
  switch (record.kind) {
    case "watch-started": {
      const { seq, at, body } = record;
      // One that was left takes what it covers along: nobody else will look after it.
      const covers = open?.covers ?? [];
      if (open) open.finished = { outcome: "unclear", why: "another watch has begun" };
      watches.push({
        ...{ seq, at, started: body, covers: [...covers] },
        ...{ incident: undefined, finished: undefined },
      });
      return;
    }
    case "migration-finished": {
      if (open === undefined) return;
      const { version, seq } = record;
      open.covers = open.covers.filter((each) => each.version !== version);
      if (record.body.direction === "up") open.covers.push({ version, seq });
      return;
    }
    case "incident": {
      const watch = watches.find(({ seq }) => seq === record.body.watch);
      if (watch === undefined) return;
      watch.incident ??= { watch: watch.seq, steps: [] };
      watch.incident.steps.push(record.body);
      return;
    }
    case "watch-finished":
      if (open) open.finished = record.body;
      return;
  }
}
