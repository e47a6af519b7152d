// Owns: the default test of what has no limit: a step, and that it stays.

import type { Known, Test } from "../rule.ts";
import { autocorrelated, deviation, logs, median, persistence, show } from "../series.ts";

/**
 * As many readings in a row above a multiple of the baseline's median. Explained in one line, and
 * nearly as good as anything: a step of that size has to be there, and to stay.
 */
export const aboveMedian: Test = {
  name: "median",
  begin(baseline, { factor = 1.5, consecutive = 6 }) {
    const usual = median(baseline.map(({ value }) => value));
    let inARow = 0;
    return ({ value }) => {
      const isHigh = value > factor * usual;
      inARow = isHigh ? inARow + 1 : 0;
      const row = inARow;
      const detail = () =>
        `${show(value)} where ${show(usual)} is usual; ${row} in a row above ${factor} times that`;
      const state = inARow >= consecutive ? "bad" : "ok";
      return { state, alone: isHigh ? "bad" : "ok", detail };
    };
  },
  limit: (baseline, { factor = 1.5 }) => factor * median(baseline.map(({ value }) => value)),
  imagine: imagineValues,
};

/** A log-normal series that is as wide as the baseline, and as persistent as it may well be. */
export function imagineValues(baseline: readonly Known[], random: () => number): () => Known {
  const values = logs(baseline.map(({ value }) => value));
  const middle = median(values);
  // One standard error above the estimate: what is not known for sure must not count as independence.
  const phi = Math.min(0.95, Math.max(0, persistence(values)) + 1 / Math.sqrt(values.length));
  const [next, width] = [autocorrelated(random, phi), deviation(values)];
  return () => ({ state: "ok", value: Math.exp(middle + width * next()) });
}
