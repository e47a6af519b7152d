// Owns: the test of what fails or succeeds.

import type { Known, Test, TestOptions } from "../rule.ts";
import { binomial, show } from "../series.ts";

/** Fewer failures than one in a thousand are taken for that: a baseline without any proves no less. */
const leastUsual = 0.001;

/** Where nothing ever succeeds, nothing worse can be found, and nothing be computed. */
const mostUsual = 0.999;

interface Odds {
  usual: number;
  bad: number;
  /** Log-likelihood ratio of one failure, and of one success. */
  failure: number;
  success: number;
  threshold: number;
  /** Events of an average reading. */
  events: number;
}

function eventsOf({ state, events }: Known): { bad: number; all: number } {
  return events ?? { bad: Number(state === "bad"), all: 1 };
}

function oddsOf(baseline: readonly Known[], options: TestOptions, window: number): Odds {
  const seen = baseline.map(eventsOf);
  const all = seen.reduce((sum, each) => sum + each.all, 0);
  const failed = seen.reduce((sum, each) => sum + each.bad, 0);
  const usual = Math.min(mostUsual, Math.max(leastUsual, all === 0 ? 0 : failed / all));
  const bad = options.failureShare ?? Math.min(Math.max(0.01, 10 * usual), (1 + usual) / 2);
  const events = all / Math.max(1, baseline.length);
  return {
    ...{ usual, bad, events },
    failure: Math.log(bad / usual),
    success: Math.log((1 - bad) / (1 - usual)),
    threshold: Math.log(Math.max(2, events * window) / (options.alpha ?? 0.01)),
  };
}

/**
 * Of things that fail or succeed: the sum of log-likelihood ratios of "ten times as many fail" against
 * "as many as before". Its threshold grows with the traffic, so that it means the same at any.
 */
export const bernoulli: Test = {
  name: "bernoulli",
  begin(baseline, options, window) {
    const odds = oddsOf(baseline, options, window);
    let sum = 0;
    return (reading) => {
      const { bad, all } = eventsOf(reading);
      const ratio = bad * odds.failure + (all - bad) * odds.success;
      // Failures come in bursts, which the ratio does not know: one reading alone decides nothing.
      sum += Math.min(ratio, odds.threshold / 2);
      sum = Math.min(2 * odds.threshold, Math.max(0, sum));
      const share = all === 0 ? 0 : (100 * bad) / all;
      const detail = () =>
        `${bad} of ${all} failed (${show(share)} %) where ${show(100 * odds.usual)} % is usual`;
      return {
        state: sum > odds.threshold ? "bad" : "ok",
        alone: ratio > 0 ? "bad" : "ok",
        detail,
      };
    };
  },
  limit: () => undefined,
  imagine(baseline, random) {
    const seen = baseline.map(eventsOf);
    const all = seen.reduce((sum, each) => sum + each.all, 0);
    const failed = seen.reduce((sum, each) => sum + each.bad, 0);
    const probability = (failed + 0.5) / (all + 1);
    return () => {
      const trials = seen[Math.floor(random() * seen.length)]?.all ?? 0;
      const bad = binomial(random, trials, probability);
      const value = trials === 0 ? 0 : (100 * bad) / trials;
      return { state: "ok", value, events: { bad, all: trials } };
    };
  },
  blind(baseline, options, window) {
    const odds = oddsOf(baseline, options, window);
    const drift = odds.bad * odds.failure + (1 - odds.bad) * odds.success;
    if (odds.events * window * drift >= odds.threshold) return undefined;
    return `${show(odds.events)} events per reading are too few to tell ${show(100 * odds.bad)} % failures in this time`;
  },
};
