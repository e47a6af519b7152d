// Owns: `up` under the eyes of the guard: what is usual is learnt before, the guard has its hands on
// the run while it works, and watches for a time after it.

import { BelayError, messageOf } from "../../core/errors.ts";
import { openGauges, waitersOf } from "../../guard/gauges.ts";
import { type Baseline, type Lookout, openLookout, takeBaseline } from "../../guard/lookout.ts";
import { type GuardPlan, guardPlan } from "../../guard/options.ts";
import type { Sample } from "../../guard/sample.ts";
import { openSampler, type Sampler } from "../../guard/sampling.ts";
import type { WatchFinished } from "../../journal/record.ts";
import { openWatch, type Watch } from "../../journal/watches.ts";
import { planUpcoming } from "../plan.ts";
import type { Settings } from "../settings.ts";
import { openTarget } from "../target.ts";
import { type UpOptions, type UpResult, up } from "../up.ts";
import { lookAround } from "./bystanders.ts";
import { atDesk, type Desk } from "./desk.ts";
import { cancelled, close, type Response } from "./incident.ts";
import { refuseUnready } from "./messenger.ts";
import { sampleRows, tablesOf } from "./sampled-rows.ts";
import { settle } from "./settle.ts";
import { lastWatch, mind, resultOf, type WatchResult } from "./watch.ts";
import { type Guarded, whileRunning } from "./while-running.ts";

export interface WatchedUpResult extends UpResult {
  /** Absent where there was nothing to apply, and so nothing to watch. */
  watch?: WatchResult;
}

export type WatchedUpOptions = UpOptions & {
  /** Milliseconds for which all has to be well afterwards. */
  watchMs: number;
};

/** Throws what `up` throws, and BELAY_LEASE_HELD while another process watches. */
export async function upWatched(
  settings: Settings,
  options: WatchedUpOptions,
): Promise<WatchedUpResult> {
  const target = await openTarget(settings);
  try {
    // Learning takes its time, so what cannot run is told before.
    const { migrations } = await planUpcoming(settings, options.to ? { to: options.to } : {});
    if (migrations.length === 0) return await up(settings, options);
    await refuseUnready(settings);
    const tables = tablesOf(migrations);
    const { result, lost } = await atDesk(settings, target, (desk) =>
      guardedUp(desk, settings, options, tables),
    );
    // The server may still be out of reach, and the watch another process's by now.
    if (lost) return concluded(result, await mind(settings, target, lost));
    return concluded(result, resultOf(await lastWatch(settings)));
  } finally {
    await target.close();
  }
}

interface Ended {
  result: UpResult;
  /** The watch, where the desk was lost while it went on. */
  lost?: Watch;
}

async function guardedUp(
  desk: Desk,
  settings: Settings,
  { watchMs, ...options }: WatchedUpOptions,
  tables: readonly string[],
): Promise<Ended> {
  const { environment } = settings;
  const plan = guardPlan(settings.guard);
  await using sampler = openSampler({ ...desk.target, environment, signals: plan.signals });
  const begun = await begin(desk, { settings, plan, sampler }, watchMs, tables);
  const { watch, lookout, baseline } = begun;
  const response: Response = { settings, plan, sampler, baseline };
  const guarded = await whileRunning(desk, response, watch, lookout, (held) =>
    up(held, options),
  ).catch(async (error: unknown) => {
    // Refused before anything was begun.
    await desk.record({ kind: "watch-finished", body: nothing(error) });
    throw error;
  });
  const { result } = guarded;
  try {
    const covers = openWatch((await desk.state()).watches)?.covers ?? [];
    await end(desk, response, { ...watch, covers }, lookout, guarded);
    return { result };
  } catch (error) {
    if (!desk.lost.aborted) throw error;
    return { result, lost: watch };
  }
}

/** Learns what is usual and what rows hold, and writes down that all that is applied from here on is watched. */
async function begin(
  desk: Desk,
  { settings, plan, sampler }: { settings: Settings; plan: GuardPlan; sampler: Sampler },
  watchMs: number,
  tables: readonly string[],
): Promise<{ watch: Watch; lookout: Lookout; baseline: Baseline }> {
  const { environment, report, signal } = settings;
  const { intervalMs, baselineReadings } = plan;
  const seconds = Math.ceil((baselineReadings * intervalMs) / 1_000);
  report({ kind: "note", message: `The guard learns what is usual, for ${seconds} s.` });
  const gaugesOf = openGauges(plan, new Map());
  const learn = (samples: readonly Sample[], left: number) => {
    const shown = { gauges: gaugesOf(samples), waiting: waitersOf(plan.signals, samples) };
    const look = { ...shown, rung: "calm", leftMs: left * intervalMs, undoUntil: null };
    report({ kind: "look", look: { phase: "learning", ...look } });
  };
  const pause = (ms: number) => environment.sleep(ms, signal);
  const baseline = await takeBaseline(sampler, plan, pause, learn);
  const lookout = openLookout(sampler, plan, baseline, watchMs);
  for (const [index, { signal: name, action, dryRun, onceKnown }] of plan.rules.entries()) {
    const unseen = sampler.unseen.get(name);
    if (onceKnown && unseen !== undefined) {
      report({ kind: "note", message: `${name} is left out until it can be measured: ${unseen}.` });
      continue;
    }
    const { decides, why } = lookout.trust(name);
    // What names the cause needs no statistics.
    if (plan.signals[index]?.attributed) continue;
    if (decides || dryRun || action === "throttle" || action === "pause") continue;
    report({ kind: "note", message: `${name} decides nothing by itself: ${why}.` });
  }
  const { notify } = desk;
  // As late as can be: what is written since is not judged.
  const rows = await sampleRows(settings, tables);
  const around = await lookAround(settings);
  const known = {
    ...{ baseline: Object.fromEntries(baseline) },
    ...(rows && { rows }),
    ...(around && { around }),
  };
  const started = { watchMs, intervalMs, notify, ...known };
  const seq = await desk.record({ kind: "watch-started", body: started });
  const at = new Date(environment.now()).toISOString();
  const watch = { seq, at, started, covers: [], incident: undefined, finished: undefined };
  return { watch, lookout, baseline };
}

/** From the end of the run to the end of the watch. */
async function end(
  desk: Desk,
  response: Response,
  watch: Watch,
  lookout: Lookout,
  { result, incident, running }: Guarded<UpResult>,
): Promise<WatchFinished | "left"> {
  const { settings } = response;
  const { error } = result;
  if (incident) {
    if (error && !leavesNothing.has(error.code)) {
      const why = `the step was cancelled, but: ${error.code}: ${error.message}`;
      return close(desk, settings, incident, { outcome: "handedOver", why });
    }
    return cancelled(desk, response, incident, { running, covers: watch.covers });
  }
  if (error) {
    await desk.record({ kind: "watch-finished", body: nothing(error) });
    return nothing(error);
  }
  const until = Math.round(watch.started.watchMs / 1_000);
  settings.report({ kind: "note", message: `Watching: all has to be well for ${until} s.` });
  return settle(desk, response, watch, lookout);
}

function nothing(error: unknown): WatchFinished {
  return { outcome: "nothing", why: `up has failed: ${messageOf(error)}` };
}

/** What a cancelled run may say of itself when the migration is as if it had not begun. */
const leavesNothing = new Set(["BELAY_CANCELLED", "BELAY_LOCK_BUDGET"]);

function concluded(result: UpResult, watch: WatchResult): WatchedUpResult {
  if (watch.outcome !== "rolledBack") return { ...result, watch };
  const versions = watch.incident?.versions ?? [];
  const gone = new Set(versions);
  return {
    ...result,
    watch,
    applied: result.applied.filter(({ version }) => !gone.has(version)),
    outcome: "rolledBack",
    error: new BelayError("BELAY_GUARD", `The guard has taken back ${versions.join(", ")}`, {
      state: "As before these migrations, verified; what was written since is kept.",
      hint: "belay report tells on what grounds, and how long it took.",
      details: { versions, why: watch.why },
    }),
  };
}
