// Owns: what is to be done about the findings of all rules. Pure: a state, findings and the present
// situation give the next state. It climbs at once and comes down only after a time of quiet.

import type { Action } from "./rule.ts";

/**
 * `throttle`: batches go slower. `pause`: nothing further begins, and time does not count as watched.
 * `cancel`: the running step is cancelled, and the migration taken back by the engine. `rollback`: what
 * is watched is taken back. `page`: a human has to decide; nothing more happens by itself.
 */
export const rungs = ["calm", "throttle", "pause", "cancel", "rollback", "page"] as const;

export type Rung = (typeof rungs)[number];

/** What one rule says now. */
export interface Finding {
  signal: string;
  state: "ok" | "bad" | "unknown";
  detail: string;
  /** Names Belay as the cause by itself. */
  attributed: boolean;
  /** How far it may go. */
  action: Action;
  /** Its false alarms are known to be rare enough to decide with nobody being asked. */
  decides: boolean;
  dryRun: boolean;
}

export interface Situation {
  /** `running`: a migration is being carried out. `settling`: it is done, and is being watched. */
  phase: "running" | "settling";
  /** Why taking back would not be lossless, or cannot be done; undefined: it is, and can. */
  irreversible?: string;
}

export interface Ladder {
  rung: Rung;
  /** Epoch milliseconds of the last move. */
  since: number;
  /** Since when a lower rung would do; undefined: it would not. */
  quietSince?: number;
  /** Since when there has been one thing that is bad. */
  troubleSince?: number;
  /** The one automatic attempt has been made. */
  attempted: boolean;
}

export interface Move {
  from: Rung;
  to: Rung;
  /** One sentence: on what grounds, or why not more. */
  why: string;
  reasons: Finding[];
  /** Somebody has to be told now. */
  pages: boolean;
}

export interface LadderOptions {
  /** Milliseconds of quiet before it comes down. */
  quietMs: number;
  /** Milliseconds for which slowing down may help before everything is paused. */
  patienceMs: number;
}

export const usualLadder: LadderOptions = { quietMs: 5_000, patienceMs: 3_000 };

export function groundLadder(at: number): Ladder {
  return { rung: "calm", since: at, attempted: false };
}

/** The next state, and the move that led to it, if any. */
export function climb(
  ladder: Ladder,
  findings: readonly Finding[],
  situation: Situation,
  at: number,
  { quietMs, patienceMs }: LadderOptions = usualLadder,
): { ladder: Ladder; move?: Move } {
  const deciding = findings.filter(({ dryRun }) => !dryRun);
  const bad = deciding.filter(({ state }) => state === "bad");
  const troubleSince = bad.length === 0 ? undefined : (ladder.troubleSince ?? at);
  const lasts = troubleSince !== undefined && at - troubleSince >= patienceMs;
  const wanted = want(ladder, deciding, situation, lasts);
  const { quietSince: _, troubleSince: __, ...rest } = ladder;
  const stays = { ...rest, ...(troubleSince === undefined ? {} : { troubleSince }) };
  const step = rungs.indexOf(wanted.to) - rungs.indexOf(ladder.rung);
  if (step === 0) return { ladder: stays };
  if (step < 0) {
    // A human who has been called decides when it is over.
    if (ladder.attempted && ladder.rung === "page") return { ladder: stays };
    const quietSince = ladder.quietSince ?? at;
    if (at - quietSince < quietMs) return { ladder: { ...stays, quietSince } };
  }
  const attempted = ladder.attempted || wanted.to === "cancel" || wanted.to === "rollback";
  return {
    ladder: { ...stays, rung: wanted.to, since: at, attempted },
    move: { ...wanted, from: ladder.rung },
  };
}

type Wanted = Omit<Move, "from">;

function want(
  ladder: Ladder,
  deciding: readonly Finding[],
  situation: Situation,
  lasts: boolean,
): Wanted {
  const bad = deciding.filter(({ state }) => state === "bad");
  const missing = deciding.filter(({ state }) => state === "unknown");
  const grounds = groundsOf(bad);
  if (grounds !== undefined) return takeBack(ladder, grounds, situation);
  if (missing.length > 0) {
    const names = missing.map(({ signal }) => signal).join(", ");
    const why = `${names}: not known, and what is not known is no reason to take anything back`;
    return { to: "pause", why, reasons: [...missing, ...bad], pages: true };
  }
  const strongest = bad.some(({ action }) => action !== "throttle");
  if (strongest && lasts) {
    const why = `${soleReason(bad)}; that is not enough to take anything back`;
    return { to: "pause", why, reasons: bad, pages: true };
  }
  if (bad.length > 0) {
    return { to: "throttle", why: soleReason(bad), reasons: bad, pages: false };
  }
  return { to: "calm", why: "all is well", reasons: [], pages: false };
}

/** One that is attributed, or two of different signals; undefined: there are none to take back on. */
function groundsOf(bad: readonly Finding[]): Finding[] | undefined {
  const strong = bad.filter(({ action }) => action === "cancel" || action === "rollback");
  if (strong.some(({ attributed }) => attributed)) return strong;
  const trusted = strong.filter(({ decides }) => decides);
  return new Set(trusted.map(({ signal }) => signal)).size >= 2 ? trusted : undefined;
}

function takeBack(
  { attempted, rung }: Ladder,
  grounds: Finding[],
  { phase, irreversible }: Situation,
): Wanted {
  const names = grounds.map(({ signal }) => signal).join(", ");
  const page = (why: string): Wanted => ({ to: "page", why, reasons: grounds, pages: true });
  if (attempted && rung !== "cancel" && rung !== "rollback") {
    return page(`${names}: still bad after the one automatic attempt`);
  }
  if (phase === "running") {
    return { to: "cancel", why: reasonOf(grounds), reasons: grounds, pages: true };
  }
  if (grounds.every(({ action }) => action === "cancel")) {
    return page(`${names}: bad, and nothing is running that could be cancelled`);
  }
  if (irreversible !== undefined) return page(`${names}: bad, and ${irreversible}`);
  return { to: "rollback", why: reasonOf(grounds), reasons: grounds, pages: true };
}

function reasonOf(grounds: readonly Finding[]): string {
  const [attributed] = grounds.filter((finding) => finding.attributed);
  if (attributed) return `${attributed.signal} names Belay as the cause`;
  return `${grounds.map(({ signal }) => signal).join(" and ")} agree`;
}

function soleReason(bad: readonly Finding[]): string {
  const doubtful = bad.filter(({ decides, attributed }) => !decides && !attributed);
  const names = bad.map(({ signal }) => signal).join(", ");
  if (doubtful.length === 0) return `only ${names} is bad`;
  return `${names} bad, ${doubtful.map(({ signal }) => signal).join(", ")} of which may cry by chance`;
}
