// Owns: the time after `up`: samples, the ladder, and what follows when it comes to a decision.

import type { Environment } from "../../core/environment.ts";
import {
  climb,
  type Finding,
  groundLadder,
  type Move,
  type Situation,
  usualLadder,
} from "../../guard/ladder.ts";
import type { Lookout } from "../../guard/lookout.ts";
import type { WatchFinished } from "../../journal/record.ts";
import type { JournalState } from "../../journal/state.ts";
import { type Covered, type Incident, stepOf, type Watch } from "../../journal/watches.ts";
import { windowEnd } from "../finalize.ts";
import type { Settings } from "../settings.ts";
import type { Desk } from "./desk.ts";
import { carryOut, detectedBy, type Response, record } from "./incident.ts";
import { objectionTo } from "./objection.ts";
import { irreversible } from "./take-back.ts";

/** Milliseconds between looks into the journal while all is well: it grows with every migration. */
const journalEveryMs = 2_000;

/** A watch whose time does not count for so many times its length has become no watch. */
const longestFactor = 3;

/** Ends the watch; or `left`: somebody told us to leave, and another process may take over. */
export async function settle(
  desk: Desk,
  response: Response,
  watch: Watch,
  lookout: Lookout,
): Promise<WatchFinished | "left"> {
  const { environment, signal, leaving, report } = response.settings;
  const open = leaving?.open();
  // From a decision on there is nothing to be asked.
  const close = () => open?.[Symbol.dispose]();
  const round = rounds(desk, response, watch, lookout, close);
  try {
    for (;;) {
      const finished = await round();
      if (finished) return finished;
      await environment.sleep(response.plan.intervalMs, signal);
      const wish = leaving?.wish();
      if (wish === "leave" || signal?.aborted) return "left";
      if (wish !== "rollBack") continue;
      const { covers, irreversible: why } = await situationOf(desk, watch, response.settings);
      if (why !== undefined) {
        report({ kind: "guard", message: `Not rolled back: ${why}`, pages: false });
      } else if (covers.length > 0) {
        close();
        return await decide(desk, response, { ...watch, covers }, byHand, lookout);
      }
    }
  } finally {
    close();
  }
}

const byHand: Pick<Move, "to" | "why" | "reasons"> = {
  ...{ to: "rollback", why: "somebody at the terminal wants it", reasons: [] },
};

/** Call again and again, until it says how the watch has ended; that is in the journal then. */
function rounds(desk: Desk, response: Response, watch: Watch, lookout: Lookout, close: () => void) {
  const { environment, report } = response.settings;
  const options = { ...usualLadder, quietMs: response.plan.quietMs };
  const tick = clock(response, watch.started.watchMs);
  const isDue = every(environment, journalEveryMs);
  let ladder = groundLadder(environment.now());
  let situation: Settling = { phase: "settling", covers: watch.covers, undoUntil: null };
  const ask = async () => {
    situation = await situationOf(desk, watch, response.settings);
  };
  return async (): Promise<WatchFinished | undefined> => {
    const { at, findings, gauges, waiting } = await lookout.look();
    if (desk.lost.aborted) throw desk.lost.reason;
    const isBad = findings.some(({ state }) => state === "bad");
    if (isBad) await ask();
    // Not waited for: where the journal does not answer, the ladder has to go on. The lease ends that.
    else if (isDue()) ask().catch(() => {});
    if (situation.covers.length === 0) return end(desk, takenBack);
    const { ladder: next, move: wanted } = climb(ladder, findings, situation, at, options);
    ladder = next;
    const move = await weighed(response.settings, wanted, situation.covers);
    const { undoUntil } = situation;
    const shown = { rung: ladder.rung, gauges, waiting, leftMs: tick.leftMs(), undoUntil };
    report({ kind: "look", look: { phase: "settling", ...shown } });
    if (move) desk.moved(told(move, lookout));
    if (move?.to === "rollback" || move?.to === "page") {
      close();
      return decide(desk, response, { ...watch, covers: situation.covers }, move, lookout);
    }
    const finished = tick.end(ladder.rung === "calm" && isWell(findings));
    if (finished === undefined) return undefined;
    await ask();
    const isGone = situation.covers.length === 0;
    return end(desk, isGone ? takenBack : withTrouble(finished, findings));
  };
}

/** No rollback by itself that would not lead all the way back. */
async function weighed(
  settings: Settings,
  move: Move | undefined,
  covers: readonly Covered[],
): Promise<Move | undefined> {
  if (move?.to !== "rollback") return move;
  const objection = await objectionTo(settings, covers);
  return objection === undefined ? move : { ...move, to: "page", why: objection };
}

interface Settling extends Situation {
  covers: Covered[];
  /** Epoch milliseconds: the end of the first undo window of them; null: none is known. */
  undoUntil: number | null;
}

/** What is covered now, and whether it can be taken back: others may have done so, or more, by hand. */
async function situationOf(
  desk: Desk,
  { seq, covers: before }: Watch,
  settings: Settings,
): Promise<Settling> {
  const state = await desk.state();
  const covers = state.watches.find((each) => each.seq === seq)?.covers ?? before;
  const why = irreversible(state, covers);
  const undoUntil = firstEnd(state, covers, settings);
  return { phase: "settling", covers, undoUntil, ...(why && { irreversible: why }) };
}

function firstEnd({ shelves }: JournalState, covers: readonly Covered[], settings: Settings) {
  const versions = new Set(covers.map(({ version }) => version));
  const ends = [...shelves.values()]
    .filter(({ version }) => versions.has(version))
    .map(({ since }) => Date.parse(windowEnd(since, settings)));
  return ends.length === 0 ? null : Math.min(...ends);
}

const takenBack: WatchFinished = {
  outcome: "nothing",
  why: "what it covers was taken back by hand",
};

async function end(desk: Desk, finished: WatchFinished): Promise<WatchFinished> {
  await desk.record({ kind: "watch-finished", body: finished });
  return finished;
}

/** True once in a while. */
function every({ monotonic }: Environment, ms: number): () => boolean {
  let last = monotonic();
  return () => {
    if (monotonic() - last < ms) return false;
    last = monotonic();
    return true;
  };
}

/** What was not looked at, or was not well, does not count as watched. `end`: once each round. */
function clock({ settings: { environment }, plan }: Response, watchMs: number) {
  const startedAt = environment.monotonic();
  let [lastAt, wellMs] = [startedAt, 0];
  const end = (isWell: boolean): WatchFinished | undefined => {
    const now = environment.monotonic();
    if (isWell) wellMs += Math.min(now - lastAt, 2 * plan.intervalMs);
    lastAt = now;
    if (wellMs >= watchMs) return { outcome: "healthy", why: "all was well" };
    if (now - startedAt <= longestFactor * watchMs + plan.quietMs) return undefined;
    const seconds = Math.round(wellMs / 1_000);
    return { outcome: "unclear", why: `all was known to be well for ${seconds} s only` };
  };
  return { end, leftMs: () => Math.max(0, watchMs - wellMs) };
}

/** A watch that ends with something bad is not merely unclear. */
function withTrouble(finished: WatchFinished, findings: readonly Finding[]): WatchFinished {
  const bad = findings.filter(({ state, dryRun }) => state === "bad" && !dryRun);
  if (finished.outcome === "healthy" || bad.length === 0) return finished;
  const names = bad.map(({ signal, detail }) => `${signal} is bad (${detail})`).join("; ");
  return { outcome: "handedOver", why: `${names}; that was not enough to take anything back` };
}

function isWell(findings: readonly Finding[]): boolean {
  return findings.every(({ state, dryRun }) => dryRun || state === "ok");
}

async function decide(
  desk: Desk,
  response: Response,
  watch: Watch,
  move: Pick<Move, "to" | "why" | "reasons">,
  lookout: Lookout,
): Promise<WatchFinished> {
  const action = move.to === "rollback" ? "rollback" : "page";
  const incident = await detect(desk, response.settings, watch, { ...move, action }, lookout);
  return carryOut(desk, response, incident);
}

/** Writes down what was found and what is to be done, before it is done. */
export async function detect(
  desk: Desk,
  settings: Settings,
  watch: Watch,
  {
    reasons,
    why,
    action,
  }: Pick<Move, "reasons" | "why"> & { action: "cancel" | "rollback" | "page" },
  lookout: Lookout,
): Promise<Incident> {
  const incident: Incident = watch.incident ?? { watch: watch.seq, steps: [] };
  // A process that died in between may have come so far.
  if (stepOf(incident, "detected") === undefined)
    await record(
      desk,
      settings,
      incident,
      detectedBy(reasons, lookout, settings.environment.now()),
    );
  const covers = [...watch.covers];
  await record(desk, settings, incident, { step: "decided", action, why, covers });
  return incident;
}

/** With the trust in each reason: a decision that nobody was asked about says what it stands on. */
export function told({ from, to, why, reasons, pages }: Move, lookout: Lookout) {
  const acts = to === "cancel" || to === "rollback";
  const details = reasons
    .map(({ signal, detail, attributed }) => {
      const trust = acts && !attributed ? ` [${lookout.trust(signal).why}]` : "";
      return `${signal}: ${detail}${trust}`;
    })
    .join("; ");
  return { from, to, why: details === "" ? why : `${why} (${details})`, pages };
}
