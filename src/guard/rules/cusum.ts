// Owns: the quick test: the sum of what is too much.

import type { Test } from "../rule.ts";
import { deviation, logs, median, show } from "../series.ts";
import { imagineValues } from "./median.ts";

/** Standard deviations that one reading may count at most: a single outlier proves nothing. */
const mostOfOne = 4;

/** The least width of a baseline, of logarithms: 5 %. One that never moves would make each step a leap. */
const leastWidth = 0.05;

/**
 * Sums up what is above `deadBand` times the baseline's median, in standard deviations of its
 * logarithm, less `slack` each time. Quick, because a large step counts more than a small one; what is
 * inside the dead band is of no interest however sure it is.
 */
export const cusum: Test = {
  name: "cusum",
  begin(baseline, { deadBand = 1.25, slack = 0.25, threshold = 8 }) {
    const values = baseline.map(({ value }) => value);
    const [usual, width] = [median(values), Math.max(leastWidth, deviation(logs(values)))];
    const from = Math.log(usual * deadBand);
    let sum = 0;
    return ({ value }) => {
      const above = (Math.log(Math.max(value, Number.MIN_VALUE)) - from) / width;
      // It may sink again as fast as it has risen, whatever came after the threshold.
      sum = Math.min(2 * threshold, Math.max(0, sum + Math.min(above, mostOfOne) - slack));
      const now = sum;
      const detail = () =>
        `${show(value)} where ${show(usual)} is usual; sum ${show(now)} of ${threshold}`;
      return {
        state: sum > threshold ? "bad" : "ok",
        alone: above > slack ? "bad" : "ok",
        detail,
      };
    };
  },
  limit: (baseline, { deadBand = 1.25 }) => deadBand * median(baseline.map(({ value }) => value)),
  imagine: imagineValues,
};
