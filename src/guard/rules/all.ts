// Owns: the list of tests, by the name that a rule gives.

import type { Test } from "../rule.ts";
import { bernoulli } from "./bernoulli.ts";
import { condition } from "./condition.ts";
import { cusum } from "./cusum.ts";
import { aboveMedian } from "./median.ts";

export const tests: Record<"condition" | "median" | "cusum" | "bernoulli", Test> = {
  ...{ condition, cusum, bernoulli },
  median: aboveMedian,
};
