// Owns: the guard's hands on a run that is at work: it slows it down, holds it up where no lock is held,
// or cancels what it is doing.

import { messageOf } from "../../core/errors.ts";
import { climb, groundLadder, type Rung, usualLadder } from "../../guard/ladder.ts";
import type { Lookout } from "../../guard/lookout.ts";
import type { Incident, Watch } from "../../journal/watches.ts";
import type { Settings } from "../settings.ts";
import type { Desk } from "./desk.ts";
import type { Response } from "./incident.ts";
import { detect, told } from "./settle.ts";

/** What goes slower rests for as many times as long as it has worked. */
const throttled = 2;

export interface Guarded<T> {
  result: T;
  /** There once the guard has decided to cancel. */
  incident: Incident | undefined;
  /** Of the migration that was begun last. */
  running: string | undefined;
}

/** Runs `work` with settings by which the guard holds it; looks until it has ended. */
export async function whileRunning<T>(
  desk: Desk,
  { settings, plan, sampler }: Response,
  watch: Watch,
  lookout: Lookout,
  work: (settings: Settings) => Promise<T>,
): Promise<Guarded<T>> {
  const { environment } = settings;
  const [cancel, ended] = [new AbortController(), new AbortController()];
  const signals = [cancel.signal, ...(settings.signal ? [settings.signal] : [])];
  let rung: Rung = "calm";
  let running: string | undefined;
  let incident: Incident | undefined;
  const working = work({
    ...settings,
    signal: AbortSignal.any(signals),
    report(event) {
      if (event.kind === "migration") running = event.version;
      if (event.kind === "deadlock") sampler.tell(event);
      settings.report(event);
    },
    async rest(ranMs, signal) {
      if (rung === "throttle") await environment.sleep(throttled * ranMs, signal);
      while (rung === "pause" && !signal.aborted) await environment.sleep(plan.intervalMs, signal);
    },
  }).finally(() => ended.abort());

  const looking = async () => {
    let ladder = groundLadder(environment.now());
    while (!ended.signal.aborted) {
      const { at, findings, gauges, waiting } = await lookout.look();
      if (ended.signal.aborted || desk.lost.aborted) return;
      const options = { ...usualLadder, quietMs: plan.quietMs };
      const step = climb(ladder, findings, { phase: "running" }, at, options);
      ladder = step.ladder;
      rung = ladder.rung;
      const shown = { gauges, waiting, rung, leftMs: null, undoUntil: null };
      settings.report({ kind: "look", look: { phase: "running", ...shown } });
      if (step.move) desk.moved(told(step.move, lookout));
      if (step.move?.to === "cancel") {
        incident = await detect(desk, settings, watch, { ...step.move, action: "cancel" }, lookout);
        cancel.abort("guard");
      }
      await environment.sleep(plan.intervalMs, ended.signal);
    }
  };
  // A guard that cannot write what it decides decides nothing; the run goes on as without one.
  const eye = looking().catch((error: unknown) => {
    rung = "calm";
    const message = `The guard looks on no more: ${messageOf(error)}`;
    settings.report({ kind: "guard", message, pages: true });
  });
  const result = await working;
  await eye;
  return { result, incident, running };
}
