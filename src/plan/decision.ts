// Owns: what to do about the last migration when something is wrong, and what each way costs. Pure:
// live facts in, a recommendation with its reason out. It never recommends what would lose rows.

import type { Lock } from "../core/plan.ts";

/** Milliseconds within which it should be over. */
export const severities = {
  critical: 15 * 60_000,
  high: 60 * 60_000,
  medium: 4 * 60 * 60_000,
} as const;

export type Severity = keyof typeof severities;

export type PathName = "roll back" | "roll forward" | "wait";

/** Of each number: null where it is unknown. */
export interface WayBackFacts {
  version: string;
  name: string;
  /** Why there is no way back; undefined: there is one. */
  impossible?: string;
  /** ISO 8601: the way back is open at least until then; null: it does not end by itself. */
  until: string | null;
  locks: Lock[];
  /** That are merged on the way. */
  rows: number | null;
  /** On which both sides do not agree, or that do not fit the old schema: kept, and told. */
  told: number | null;
  /** That the migration has destroyed, so that nothing brings them back. */
  lost: number | null;
  ms: number | null;
}

export interface Facts {
  /** Null: nothing is known to be wrong. */
  severity: Severity | null;
  /** Undefined: nothing is applied. */
  last?: WayBackFacts;
  /** The standby that is furthest behind, in milliseconds; null: there is none, or it is unknown. */
  lagMs: number | null;
}

export interface Path {
  path: PathName;
  possible: boolean;
  /** Why it is not possible, or what it depends on. */
  why: string;
  seconds: number | null;
  rows: { merged: number | null; told: number | null; lost: number | null };
  locks: Lock[];
}

export interface Decision {
  severity: Severity | null;
  /** Seconds. */
  targetSeconds: number | null;
  /** The migration that it is about. */
  about: { version: string; name: string } | null;
  paths: Path[];
  /** Null: a human has to weigh it. */
  recommended: PathName | null;
  because: string;
}

export function decide(facts: Facts): Decision {
  const { severity, last } = facts;
  const targetSeconds = severity === null ? null : severities[severity] / 1000;
  const about = last ? { version: last.version, name: last.name } : null;
  const paths = [...(last ? [backOf(last, facts.lagMs)] : []), forward, waiting(last)];
  return { severity, targetSeconds, about, paths, ...recommend(facts) };
}

const none = { merged: 0, told: 0, lost: 0 };

function backOf(
  { impossible, until, rows, told, lost, ms, locks }: WayBackFacts,
  lag: number | null,
) {
  const open = until === null ? "open for as long as you want" : `open until ${minute(until)}`;
  const behind = lag !== null && lag > 1000 ? `; a standby is ${seconds(lag)} behind already` : "";
  return {
    ...{ path: "roll back" as const, possible: impossible === undefined },
    why: impossible ?? `${open}${behind}`,
    ...{ seconds: ms === null ? null : ms / 1000, rows: { merged: rows, told, lost }, locks },
  };
}

const forward: Path = {
  ...{ path: "roll forward", possible: true, why: "takes as long as writing a migration does" },
  ...{ seconds: null, rows: none, locks: [] },
};

function waiting(last: WayBackFacts | undefined): Path {
  const until = last?.impossible === undefined ? last?.until : undefined;
  const why = until
    ? `the way back ends at ${minute(until)}, and costs more with each write`
    : "changes nothing";
  return { path: "wait", possible: true, why, seconds: null, rows: none, locks: [] };
}

type Recommendation = Pick<Decision, "recommended" | "because">;

function recommend({ severity, last }: Facts): Recommendation {
  const say = (recommended: PathName | null, because: string) => ({ recommended, because });
  if (last === undefined) return say("wait", "nothing is applied that could be taken back");
  if (severity === null) {
    return say("wait", "nothing was said to be wrong; --severity tells how bad it is");
  }
  const { impossible, told, lost, ms } = last;
  if (impossible !== undefined) return say("roll forward", impossible);
  if (lost === null) {
    return say(
      null,
      "the migration has destroyed rows, nobody knows how many: rolling back does not bring them",
    );
  }
  if (lost > 0) return say("roll forward", `rolling back would not bring back ${rowsOf(lost)}`);
  if (told === null) {
    return say(null, "what stands against rolling back is unknown; belay status --undo says why");
  }
  if (ms !== null && ms > severities[severity]) {
    return say(
      "roll forward",
      `rolling back takes about ${seconds(ms)}, longer than ${severity} allows`,
    );
  }
  if (told === 0)
    return say("roll back", "nothing is lost by it, and nothing written since is in its way");
  const kept = `${rowsOf(told)} written since ${told === 1 ? "does" : "do"} not fit: kept, and told`;
  return severity === "medium"
    ? say("roll forward", `${kept}, which need not be where there is time`)
    : say("roll back", `no write is lost by it; ${kept}`);
}

const minute = (iso: string) => `${iso.slice(0, 16).replace("T", " ")} UTC`;

const rowsOf = (count: number) => (count === 1 ? "1 row" : `${count} rows`);

const seconds = (ms: number) => `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
