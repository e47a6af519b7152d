// Owns: failures by a limit, counted.

import type { Comparison, Known, Test, TestOptions } from "../rule.ts";
import { show } from "../series.ts";

function holds({ over, under, equals }: Comparison, value: number): boolean {
  return (
    (over === undefined || value > over) &&
    (under === undefined || value < under) &&
    (equals === undefined || value === equals)
  );
}

/** As Argo Rollouts has it; with neither condition the signal's own limit decides. */
function fails(reading: Known, { failureCondition, successCondition }: TestOptions): boolean {
  if (failureCondition && holds(failureCondition, reading.value)) return true;
  if (successCondition) return !holds(successCondition, reading.value);
  return failureCondition ? false : reading.state === "bad";
}

/**
 * `consecutive` failures in a row; or, with `failureLimit`, more failures than that in all, which stays
 * so for the rest of the watch.
 */
export const condition: Test = {
  name: "condition",
  begin(_baseline, options) {
    const { failureLimit, consecutive = failureLimit === undefined ? 1 : undefined } = options;
    let [inAll, inARow] = [0, 0];
    return (reading) => {
      const isFailure = fails(reading, options);
      inAll += Number(isFailure);
      inARow = isFailure ? inARow + 1 : 0;
      const isBad =
        (consecutive !== undefined && inARow >= consecutive) ||
        (failureLimit !== undefined && inAll > failureLimit);
      const [row, all] = [inARow, inAll];
      const detail = () =>
        `${reading.detail ?? show(reading.value)}; ${row} in a row, ${all} in all`;
      return { state: isBad ? "bad" : "ok", alone: isFailure ? "bad" : "ok", detail };
    };
  },
  limit: (_baseline, { failureCondition, successCondition }, own) =>
    failureCondition || successCondition
      ? (failureCondition?.over ?? successCondition?.under)
      : own,
  imagine(baseline, random) {
    // A failure that was not seen in n readings is not impossible: half a one is added.
    const failures = baseline.filter(({ state }) => state === "bad").length;
    const probability = (failures + 0.5) / (baseline.length + 1);
    return () => {
      const one = baseline[Math.floor(random() * baseline.length)] ?? nothing;
      return { ...one, state: random() < probability ? "bad" : "ok" };
    };
  },
};

const nothing: Known = { state: "ok", value: 0 };
