// Owns: `belay watch`: going on with a watch that nobody minds any more, or waiting until that is so.

import { BelayError, messageOf } from "../../core/errors.ts";
import { type Baseline, openLookout } from "../../guard/lookout.ts";
import { guardPlan } from "../../guard/options.ts";
import type { Known } from "../../guard/rule.ts";
import { openSampler } from "../../guard/sampling.ts";
import type { WatchFinished } from "../../journal/record.ts";
import { stateOf } from "../../journal/state.ts";
import { readRecords } from "../../journal/store.ts";
import { openWatch, stepOf, type Watch } from "../../journal/watches.ts";
import { sendQueued } from "../notify.ts";
import { type IncidentReport, reportOf } from "../report.ts";
import type { Settings } from "../settings.ts";
import { openTarget, type Target, withSession } from "../target.ts";
import { atDesk, type Desk } from "./desk.ts";
import { carryOut, type Response } from "./incident.ts";
import { tellUnready } from "./messenger.ts";
import { settle } from "./settle.ts";

export interface WatchResult {
  /** `left`: it goes on, for another process to take over. `none`: nothing is being watched. */
  outcome: WatchFinished["outcome"] | "left" | "none";
  why: string;
  /** What was watched, as far as it was applied. */
  versions: string[];
  incident: IncidentReport | null;
}

/** Milliseconds between looks at whether the process that watches is still there. */
const standByMs = 1_000;

/** Ends with the watch; with `outcome: none` at once where there is none. */
export async function watch(settings: Settings): Promise<WatchResult> {
  const target = await openTarget(settings);
  try {
    await tellUnready(settings);
    const result = await mind(settings, target, await lastWatch(settings));
    // With a watch, what was left to be sent was sent on the way.
    if (result.outcome === "none") await sendUnlessWatched(settings, target);
    return result;
  } finally {
    await target.close();
  }
}

/** Whoever watches by now sends by itself. */
async function sendUnlessWatched(settings: Settings, target: Target): Promise<void> {
  try {
    await sendQueued(settings, target);
  } catch (error) {
    if (!(error instanceof BelayError && error.code === "BELAY_LEASE_HELD")) throw error;
  }
}

/** Stands by while another process watches, takes over when it is gone. */
export async function mind(
  settings: Settings,
  target: Target,
  begun: Watch | undefined,
): Promise<WatchResult> {
  if (begun === undefined || begun.finished) return resultOf(undefined);
  const { environment, signal } = settings;
  const away = absence(settings);
  for (;;) {
    try {
      const finished = await atDesk(settings, target, (desk) => {
        away.isOver();
        return takeOver(settings, desk);
      });
      if (finished === "left") return { ...resultOf(begun), outcome: "left", why: leftWhy };
      return resultOf(await lastWatch(settings));
    } catch (error) {
      if (!isPassing(target, error)) throw error;
      away.because(error);
    }
    await environment.sleep(standByMs, signal);
    if (signal?.aborted) return { ...resultOf(begun), outcome: "left", why: leftWhy };
  }
}

/** Tells once why this process does not watch. A database out of reach is a reason to call people. */
function absence({ report }: Settings) {
  let [isTold, isCutOff] = [false, false];
  const isOver = () => {
    const message = "The database answers again: the watch goes on.";
    if (isCutOff) report({ kind: "guard", message, pages: false });
    [isTold, isCutOff] = [false, false];
  };
  return {
    isOver,
    because(error: unknown) {
      const isElsewhere = isWatchedElsewhere(error);
      if (isElsewhere && isCutOff) isOver();
      if (isElsewhere ? isTold : isCutOff) return;
      const what = isElsewhere ? "Standing by" : "pause: the database cannot be reached";
      report({ kind: "guard", message: `${what}: ${messageOf(error)}`, pages: !isElsewhere });
      isTold = true;
      isCutOff ||= !isElsewhere;
    },
  };
}

/** Another process watches; or the server is not to be reached for a while. */
function isPassing({ dialect }: Target, error: unknown): boolean {
  if (isWatchedElsewhere(error)) return true;
  if (error instanceof BelayError) return error.code === "BELAY_CONNECT";
  return dialect.trouble(error).kind === "connection";
}

/** As far as this process can tell. */
function isWatchedElsewhere(error: unknown): boolean {
  const codes = ["BELAY_LEASE_HELD", "BELAY_LEASE_LOST"];
  return error instanceof BelayError && codes.includes(error.code);
}

const leftWhy = "belay watch takes it over";

async function takeOver(
  settings: Settings,
  desk: Desk,
): Promise<WatchFinished | "left" | undefined> {
  const state = await desk.state();
  const open = openWatch(state.watches);
  if (open === undefined) return undefined;
  const { target } = desk;
  const { environment } = settings;
  const plan = guardPlan(settings.guard);
  await using sampler = openSampler({ ...target, environment, signals: plan.signals });
  const baseline: Baseline = new Map(
    Object.entries(open.started.baseline as Record<string, Known[]>),
  );
  const response: Response = { settings, plan, sampler, baseline };
  if (open.incident && stepOf(open.incident, "decided")) {
    return await carryOut(desk, response, open.incident);
  }
  if (state.open !== undefined) {
    const { version, name } = state.open;
    throw new BelayError("BELAY_INTERRUPTED", `Migration ${version} ${name} was interrupted`, {
      state: "Some of its steps are done; the watch goes on once that is settled.",
      hint: "Run belay recover, then belay watch.",
    });
  }
  if (open.covers.length === 0) {
    const finished = { outcome: "nothing", why: "nothing that it covers is applied" } as const;
    await desk.record({ kind: "watch-finished", body: finished });
    return finished;
  }
  const lookout = openLookout(sampler, plan, baseline, open.started.watchMs);
  return await settle(desk, response, open, lookout);
}

/** That of now, or the latest one. */
export async function lastWatch(settings: Settings): Promise<Watch | undefined> {
  return withSession(settings, async (session) =>
    stateOf(await readRecords(session)).watches.at(-1),
  );
}

export function resultOf(watched: Watch | undefined): WatchResult {
  if (watched === undefined) {
    return { outcome: "none", why: "nothing is being watched", versions: [], incident: null };
  }
  const { incident, finished, covers } = watched;
  return {
    outcome: finished?.outcome ?? "left",
    why: finished?.why ?? leftWhy,
    versions: covers.map(({ version }) => version),
    incident: incident ? reportOf(incident) : null,
  };
}
