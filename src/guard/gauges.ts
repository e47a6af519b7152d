// Owns: samples as people see them: each with its unit, and the limit that its rule holds it to.

import type { Gauge } from "../core/gauge.ts";
import type { Waiting } from "../dialects/dialect.ts";
import type { GuardPlan } from "./options.ts";
import type { Known, Rule } from "./rule.ts";
import { tests } from "./rules/all.ts";
import type { Sample } from "./sample.ts";
import type { Signal } from "./signal.ts";
import { isLearnt, seenBy } from "./verdicts.ts";

/** Nobody has judged them yet: a bad sample makes no bad verdict. */
export function openGauges(
  { signals, rules }: Pick<GuardPlan, "signals" | "rules">,
  baseline: ReadonlyMap<string, readonly Known[]>,
): (samples: readonly Sample[]) => Gauge[] {
  const shown = signals.map((signal, index) => {
    const rule = rules[index] as Rule;
    const known = baseline.get(signal.name) ?? [];
    return { rule, signal, limit: limitOf(rule, signal, known), seen: seenBy(rule, known) };
  });
  return (samples) =>
    shown.map(({ rule, signal, limit, seen }, index): Gauge => {
      const sample = samples[index];
      const state = sample === undefined ? "unknown" : seen(sample).state;
      return {
        ...{ signal: signal.name, unit: signal.unit, limit: limit ?? null },
        value: sample === undefined || sample.state === "unknown" ? null : sample.value,
        ...{ alone: state, verdict: state === "unknown" ? "unknown" : "ok" },
        dryRun: rule.dryRun === true,
      };
    });
}

function limitOf(rule: Rule, { limit }: Signal, baseline: readonly Known[]): number | undefined {
  if (!isLearnt(rule, baseline)) return undefined;
  return tests[rule.test].limit(baseline, rule, limit);
}

/** A session that waits for a lock; `attributed`: one that Belay holds or asks for. */
export type Waiter = Waiting & { attributed: boolean };

/** Those that wait for Belay first; null: none of the signals that count them has been measured. */
export function waitersOf(signals: readonly Signal[], samples: readonly Sample[]): Waiter[] | null {
  const found = new Map<number, Waiter>();
  let isKnown = false;
  for (const [index, sample] of samples.entries()) {
    if (sample.state === "unknown" || sample.waiting === undefined) continue;
    isKnown = true;
    const attributed = signals[index]?.attributed === true;
    for (const each of sample.waiting) {
      const isAttributed = attributed || found.get(each.pid)?.attributed === true;
      found.set(each.pid, { ...each, attributed: isAttributed });
    }
  }
  if (!isKnown) return null;
  return [...found.values()].sort(
    (a, b) => Number(b.attributed) - Number(a.attributed) || b.waitedMs - a.waitedMs,
  );
}
