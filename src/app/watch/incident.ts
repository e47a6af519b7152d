// Owns: an incident from its detection to its end, step by step, each in the journal before the next
// begins. Whoever takes over goes on after the last step that is there.

import type { BelayError } from "../../core/errors.ts";
import type { Finding } from "../../guard/ladder.ts";
import type { Baseline, Lookout } from "../../guard/lookout.ts";
import type { GuardPlan } from "../../guard/options.ts";
import type { Sample } from "../../guard/sample.ts";
import type { Sampler } from "../../guard/sampling.ts";
import type { IncidentReason, IncidentStep, WatchFinished } from "../../journal/record.ts";
import {
  type Covered,
  type Incident,
  openWatch,
  type StepOf,
  stepOf,
} from "../../journal/watches.ts";
import type { Settings } from "../settings.ts";
import type { Desk } from "./desk.ts";
import { type TakenBack, takeBackWatched } from "./take-back.ts";
import { verifyTakenBack } from "./verify-taken-back.ts";

type StepBody = IncidentStep extends infer Step
  ? Step extends IncidentStep
    ? Omit<Step, "watch" | "time">
    : never
  : never;

/** Writes a step; also into `incident`, which is what the journal would say of it. */
export async function record(
  desk: Desk,
  { environment, report }: Pick<Settings, "environment" | "report">,
  incident: Incident,
  body: StepBody,
): Promise<void> {
  const time = new Date(environment.now()).toISOString();
  const step = { watch: incident.watch, time, ...body } as IncidentStep;
  await desk.record({ kind: "incident", body: step });
  incident.steps.push(step);
  report({ kind: "incident", step: step.step });
}

/** What was known when it was detected, for the record. */
export function detectedBy(reasons: readonly Finding[], lookout: Lookout, now: number): StepBody {
  const series = new Map(reasons.map(({ signal }) => [signal, lookout.series(signal)]));
  // Without reasons somebody has decided by hand: it began just then.
  const faults = series.size === 0 ? [now] : [...series.values()].map(faultOf);
  return {
    step: "detected",
    fault: new Date(Math.min(...faults)).toISOString(),
    reasons: reasons.map(
      ({ signal, detail, attributed }): IncidentReason => ({
        ...{ signal, detail, attributed },
        falseAlarms: attributed ? "it names the cause" : lookout.trust(signal).why,
        series: (series.get(signal) ?? []).map((sample) => [
          sample.at,
          sample.state === "unknown" ? null : sample.value,
          sample.state,
        ]),
      }),
    ),
  };
}

/** Epoch milliseconds of the first of the bad samples at the end; where none is, of the last one. */
function faultOf(series: readonly Sample[]): number {
  let fault = series.at(-1)?.at ?? Number.NaN;
  for (const sample of series.toReversed()) {
    if (sample.state !== "bad") break;
    fault = sample.at;
  }
  return fault;
}

export interface Response {
  settings: Settings;
  plan: GuardPlan;
  sampler: Sampler;
  baseline: Baseline;
}

/** From a decision to the end of the watch, or what is left of that. */
export async function carryOut(
  desk: Desk,
  response: Response,
  incident: Incident,
): Promise<WatchFinished> {
  const { settings } = response;
  const { action, why, covers } = stepOf(incident, "decided") as StepOf<"decided">;
  if (action === "page") return close(desk, settings, incident, { outcome: "handedOver", why });
  if (stepOf(incident, "rolledBack")) return verifyAndClose(desk, response, incident);
  desk.hold(true);
  const { open, watches } = await desk.state();
  // Of a step that was to be cancelled, recovery takes back what is left; that is all.
  const back = await takeBackWatched(settings, action === "rollback" ? covers : []);
  if (back.error) return close(desk, settings, incident, failed(back.error));
  if (action === "cancel") {
    const now = openWatch(watches)?.covers ?? [];
    return cancelled(desk, response, incident, { running: open?.version, covers: now });
  }
  await record(desk, settings, incident, {
    step: "rolledBack",
    versions: covers.map(({ version }) => version).toReversed(),
    conflicts: back.conflicts,
  });
  return verifyAndClose(desk, response, incident, back);
}

/** After the running step was cancelled, and the engine has left nothing of its migration. */
export async function cancelled(
  desk: Desk,
  response: Response,
  incident: Incident,
  { running, covers }: { running: string | undefined; covers: readonly Covered[] },
): Promise<WatchFinished> {
  const before = new Set(stepOf(incident, "decided")?.covers.map(({ seq }) => seq));
  const since = covers.filter(({ seq }) => !before.has(seq)).map(({ version }) => version);
  if (since.length > 0) {
    const why = `${since.join(", ")} was done before it could be cancelled, and stays`;
    return close(desk, response.settings, incident, { outcome: "handedOver", why });
  }
  const versions = running === undefined ? [] : [running];
  await record(desk, response.settings, incident, { step: "rolledBack", versions, conflicts: 0 });
  return verifyAndClose(desk, response, incident);
}

/** After the engine or the guard has taken it back. */
export async function verifyAndClose(
  desk: Desk,
  { settings, plan, sampler, baseline }: Response,
  incident: Incident,
  back?: TakenBack,
): Promise<WatchFinished> {
  const reasons = stepOf(incident, "detected")?.reasons.map(({ signal }) => signal) ?? [];
  let verified = stepOf(incident, "verified");
  if (verified === undefined) {
    const checks = await verifyTakenBack({
      settings,
      watch: incident.watch,
      plan,
      sampler,
      baseline,
      reasons,
      ...(back && { back }),
    });
    const passed = checks.every((check) => check.passed);
    await record(desk, settings, incident, { step: "verified", passed, checks });
    verified = stepOf(incident, "verified");
  }
  const failing = verified?.checks.filter(({ passed }) => !passed).map(({ name }) => name) ?? [];
  return close(desk, settings, incident, {
    outcome: failing.length === 0 ? "rolledBack" : "handedOver",
    why:
      failing.length === 0 ? "taken back and verified" : `taken back, but: ${failing.join(", ")}`,
  });
}

/** Ends the incident, and the watch with it. */
export async function close(
  desk: Desk,
  settings: Settings,
  incident: Incident,
  finished: WatchFinished,
): Promise<WatchFinished> {
  if (stepOf(incident, "closed") === undefined)
    await record(desk, settings, incident, { step: "closed", ...finished });
  await desk.record({ kind: "watch-finished", body: finished });
  return finished;
}

function failed({ code, message }: BelayError): WatchFinished {
  return { outcome: "handedOver", why: `the rollback failed: ${code}: ${message}` };
}
