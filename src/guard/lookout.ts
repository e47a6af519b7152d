// Owns: a watch's view of things: it takes rounds of samples, keeps the last of them, and says what
// each rule makes of its signal.

import type { Gauge } from "../core/gauge.ts";
import { type FalseAlarms, falseAlarms } from "./false-alarms.ts";
import { openGauges, type Waiter, waitersOf } from "./gauges.ts";
import type { Finding } from "./ladder.ts";
import type { GuardPlan } from "./options.ts";
import type { Known } from "./rule.ts";
import type { Sample } from "./sample.ts";
import type { Sampler } from "./sampling.ts";
import { knownOf, seenBy, type Verdict, verdicts } from "./verdicts.ts";

/** What was usual, by signal. */
export type Baseline = Map<string, Known[]>;

export interface Look {
  /** Epoch milliseconds. */
  at: number;
  samples: Sample[];
  findings: Finding[];
  gauges: Gauge[];
  waiting: Waiter[] | null;
}

export interface Lookout {
  look(): Promise<Look>;
  /** The last samples of a signal, oldest first, as its rule sees them. */
  series(signal: string): Sample[];
  /** How far its rule is to be trusted. */
  trust(signal: string): FalseAlarms;
}

/** Samples that are kept of each signal: what fits on a chart of an incident. */
const kept = 120;

/** Rounds of samples, one each interval; the first of a signal that counts differences is left out. */
export async function takeBaseline(
  sampler: Sampler,
  { intervalMs, baselineReadings }: GuardPlan,
  pause: (ms: number) => Promise<void>,
  seen: (samples: readonly Sample[], left: number) => void = () => {},
): Promise<Baseline> {
  const samples: Sample[] = [];
  await sampler.sample();
  for (let round = 0; round < baselineReadings; round += 1) {
    await pause(intervalMs);
    const sampled = await sampler.sample();
    samples.push(...sampled);
    seen(sampled, baselineReadings - round - 1);
  }
  return baselineOf(knownOf(samples));
}

function baselineOf(samples: readonly (Sample & Known)[]): Baseline {
  const baseline: Baseline = new Map();
  for (const { signal, at: _, waiting: __, ...known } of samples) {
    baseline.set(signal, [...(baseline.get(signal) ?? []), known as Known]);
  }
  return baseline;
}

/** `window`: milliseconds for which it will look. */
export function openLookout(
  sampler: Sampler,
  { signals, rules, intervalMs }: GuardPlan,
  baseline: Baseline,
  window: number,
): Lookout {
  const readings = Math.max(1, Math.ceil(window / intervalMs));
  const watched = rules.map((rule, index) => {
    const known = baseline.get(rule.signal) ?? [];
    return {
      ...{ rule, attributed: signals[index]?.attributed === true },
      judge: verdicts(rule, known, readings),
      seen: seenBy(rule, known),
      trust: falseAlarms(rule, known, readings),
      series: [] as Sample[],
    };
  });
  const gaugesOf = openGauges({ signals, rules }, baseline);
  const find = (name: string) => watched.find(({ rule }) => rule.signal === name);
  return {
    async look() {
      const samples = await sampler.sample();
      const findings = watched.map((each, index): Finding => {
        const { rule, attributed, judge, seen, trust, series } = each;
        const sample = samples[index] as Sample;
        series.push(seen(sample));
        if (series.length > kept) series.shift();
        const verdict: Verdict = judge(sample);
        // What was never there has not gone missing.
        const isAbsent = rule.onceKnown === true && sampler.unseen.has(rule.signal);
        return {
          ...{ signal: rule.signal, ...verdict, attributed },
          ...{ action: rule.action, decides: trust.decides },
          dryRun: rule.dryRun === true || isAbsent,
        };
      });
      const gauges = gaugesOf(samples).map((each, index) => {
        const { state, dryRun } = findings[index] as Finding;
        return { ...each, verdict: state, dryRun };
      });
      const waiting = waitersOf(signals, samples);
      return { at: samples[0]?.at ?? 0, samples, findings, gauges, waiting };
    },
    series: (name) => find(name)?.series ?? [],
    trust: (name) => find(name)?.trust ?? noTrust,
  };
}

const noTrust: FalseAlarms = {
  ...{ rate: null, persistence: null, readings: 0, watches: 0, decides: false },
  why: "there is no such signal",
};
