// Owns: whether a rollback has really led back: what the run itself verified, the catalog against the
// journal, rows that were sampled before, sequences and standbys, the user's tests for the application as it was before, and that
// what was bad is over.

import { openGauges, waitersOf } from "../../guard/gauges.ts";
import type { Baseline } from "../../guard/lookout.ts";
import type { GuardPlan } from "../../guard/options.ts";
import type { Sample } from "../../guard/sample.ts";
import { openSampler, type Sampler } from "../../guard/sampling.ts";
import { show } from "../../guard/series.ts";
import { seenBy } from "../../guard/verdicts.ts";
import type { IncidentCheck } from "../../journal/record.ts";
import type { Settings } from "../settings.ts";
import { openTarget } from "../target.ts";
import { verify } from "../verify.ts";
import { checkAround } from "./bystanders.ts";
import { checkRows } from "./sampled-rows.ts";
import type { TakenBack } from "./take-back.ts";

export interface Verification {
  settings: Settings;
  /** `seq` of the watch. */
  watch: number;
  plan: GuardPlan;
  sampler: Sampler;
  /** What was usual before the migration: what is over is what is so again. */
  baseline: Baseline;
  /** Signals that were the reasons. */
  reasons: readonly string[];
  /** Absent where another process has taken it back. */
  back?: TakenBack;
}

/** Applications need a moment to notice that all is well again; rounds of samples. */
const rounds = 30;

export async function verifyTakenBack({
  settings,
  watch,
  plan,
  sampler,
  baseline,
  reasons,
  back,
}: Verification): Promise<IncidentCheck[]> {
  const { verified, findings } = await verify(settings);
  const differences = [...(back?.differences ?? []), ...findings];
  const pause = () => settings.environment.sleep(plan.intervalMs);
  const catalog: IncidentCheck = {
    name: "catalog",
    passed: verified && back?.verified !== false,
    detail: differences.join("; ") || "as it was, and as the journal says",
  };
  const rows = await checkRows(settings, watch);
  const around = await checkAround(settings, watch);
  const seen = new Map(
    plan.rules.map((rule) => [rule.signal, seenBy(rule, baseline.get(rule.signal) ?? [])]),
  );
  const gaugesOf = openGauges(plan, baseline);
  const asRuled: Pick<Sampler, "sample"> = {
    sample: async () => {
      const samples = await sampler.sample();
      const shown = { gauges: gaugesOf(samples), waiting: waitersOf(plan.signals, samples) };
      const look = { ...shown, rung: null, leftMs: null, undoUntil: null };
      settings.report({ kind: "look", look: { phase: "verifying", ...look } });
      return samples.map((sample) => seen.get(sample.signal)?.(sample) ?? sample);
    },
  };
  const recovered = await untilOk(asRuled, (signal) => reasons.includes(signal), pause);
  const smoked = await smoke(settings, plan, pause);
  return [catalog, ...(rows ? [rows] : []), ...around, ...smoked, ...recovered];
}

async function smoke(
  settings: Settings,
  { smoke: signals }: GuardPlan,
  pause: () => Promise<void>,
): Promise<IncidentCheck[]> {
  if (signals.length === 0) return [];
  const target = await openTarget(settings);
  try {
    const { dialect, url } = target;
    await using sampler = openSampler({ dialect, url, signals, environment: settings.environment });
    return await untilOk(sampler, () => true, pause);
  } finally {
    await target.close();
  }
}

/** Each has to be ok twice in a row, so that one that is only between two failures does not pass. */
async function untilOk(
  sampler: Pick<Sampler, "sample">,
  isWanted: (signal: string) => boolean,
  pause: () => Promise<void>,
): Promise<IncidentCheck[]> {
  const inARow = new Map<string, number>();
  let wanted: Sample[] = [];
  for (let round = 0; round < rounds; round += 1) {
    wanted = (await sampler.sample()).filter(({ signal }) => isWanted(signal));
    for (const { signal, state } of wanted) {
      inARow.set(signal, state === "ok" ? (inARow.get(signal) ?? 0) + 1 : 0);
    }
    if (wanted.every(({ signal }) => (inARow.get(signal) ?? 0) >= 2)) break;
    await pause();
  }
  return wanted.map((sample) => ({
    name: sample.signal,
    passed: (inARow.get(sample.signal) ?? 0) >= 2,
    detail: sample.state === "unknown" ? sample.why : (sample.detail ?? show(sample.value)),
  }));
}
