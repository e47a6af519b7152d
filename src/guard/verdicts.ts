// Owns: from samples of one signal to the three-valued verdict of its rule.

import type { Judge, Known, Rule } from "./rule.ts";
import { tests } from "./rules/all.ts";
import type { Sample } from "./sample.ts";

export interface Verdict {
  state: "ok" | "bad" | "unknown";
  detail: string;
}

/** Fewer say too little about what is usual. */
export const leastBaseline = 20;

export function knownOf(samples: readonly Sample[]): (Sample & Known)[] {
  return samples.filter((sample): sample is Sample & Known => sample.state !== "unknown");
}

/**
 * Samples as their rule sees each by itself: a signal without a limit of its own has no bad ones, and
 * yet something began at one of them, and is over at another.
 */
export function seenBy(rule: Rule, baseline: readonly Known[]): (sample: Sample) => Sample {
  const judge = judgeOf(rule, baseline, 1);
  return (sample) => {
    if (judge === undefined || sample.state === "unknown") return sample;
    return { ...sample, state: judge(sample).alone };
  };
}

/** Whether enough is known of what is usual. */
export function isLearnt({ test }: Rule, baseline: readonly Known[]): boolean {
  return test === "condition" || baseline.length >= leastBaseline;
}

/** Undefined: too little is known of what is usual. */
function judgeOf(rule: Rule, baseline: readonly Known[], window: number): Judge | undefined {
  if (!isLearnt(rule, baseline)) return undefined;
  return tests[rule.test].begin(baseline, rule, window);
}

/**
 * Judges samples in their order. Before the first reading of a watch the verdict is `ok`: nothing has
 * happened yet. A missing sample leaves the verdict as it was, until more than `inconclusiveLimit` in a
 * row are missing.
 */
export function verdicts(
  rule: Rule,
  baseline: readonly Known[],
  window: number,
): (sample: Sample) => Verdict {
  const judge = judgeOf(rule, baseline, window);
  let verdict: Verdict = { state: "ok", detail: "" };
  let missing = 0;
  let counted = 0;
  let [firstAt, lastAt] = [Number.NaN, Number.NEGATIVE_INFINITY];
  return (sample) => {
    if (Number.isNaN(firstAt)) firstAt = sample.at;
    const isEarly = sample.at - firstAt < (rule.initialDelayMs ?? 0);
    const isBetween = sample.at - lastAt < (rule.intervalMs ?? 0);
    const isOver = rule.count !== undefined && counted >= rule.count;
    if (isEarly || isBetween || isOver) return verdict;
    lastAt = sample.at;
    if (judge === undefined) {
      const detail = `its baseline has ${baseline.length} readings, ${leastBaseline} are needed`;
      verdict = { state: "unknown", detail };
    } else if (sample.state === "unknown") {
      missing += 1;
      if (missing > rule.inconclusiveLimit) verdict = { state: "unknown", detail: sample.why };
    } else {
      [missing, counted] = [0, counted + 1];
      const { state, detail } = judge(sample);
      verdict = { state, detail: detail() };
    }
    return verdict;
  };
}
