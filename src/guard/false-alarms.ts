// Owns: how often a rule would have cried although nothing was wrong, told from a baseline, and so
// whether it may take part in a decision that nobody is asked about.

import type { Known, Rule, Test } from "./rule.ts";
import { tests } from "./rules/all.ts";
import { persistence, seeded } from "./series.ts";
import { leastBaseline } from "./verdicts.ts";

export interface FalseAlarms {
  /** Share of watches, 0 to 1, in which it would cry; null: cannot be told. */
  rate: number | null;
  /** Lag-1 autocorrelation of the baseline, -1 to 1. */
  persistence: number | null;
  /** Readings that it was told from. */
  readings: number;
  /** Made-up watches for each of the two ways of making them up. */
  watches: number;
  /** Whether it may decide with nobody being asked. */
  decides: boolean;
  /** One sentence for people. */
  why: string;
}

/** Of watches. One in a hundred: with two such rules in agreement much less. */
export const acceptableRate = 0.01;

const watches = 500;

/**
 * The larger of two estimates: one re-orders blocks of the baseline, and so knows only what was in it;
 * the other makes series up as the baseline suggests. Each watch learns from a baseline that is made up
 * the same way, because that one too is only a sample.
 */
export function falseAlarms(rule: Rule, baseline: readonly Known[], window: number): FalseAlarms {
  const readings = baseline.length;
  if (readings < leastBaseline) {
    const why = `cannot be told from ${readings} readings; ${leastBaseline} are needed`;
    return { rate: null, persistence: null, readings, watches: 0, decides: false, why };
  }
  const test = tests[rule.test];
  const random = seeded(readings);
  const phi = persistence(baseline.map(({ value }) => value));
  const block = blockLength(readings, phi);
  const seen = { readings, window };
  const rate = Math.max(
    alarmRate(test, rule, seen, () => reordered(baseline, block, random)),
    alarmRate(test, rule, seen, () => test.imagine(baseline, random)),
  );
  const blind = test.blind?.(baseline, rule, window);
  const told = `false alarms in ${percent(rate)} of such watches, told from ${readings} readings with a persistence of ${phi.toFixed(2)}`;
  const isRare = rate <= acceptableRate;
  const why = blind ?? (isRare ? told : `${told}: more than ${percent(acceptableRate)}`);
  return { rate, persistence: phi, readings, watches, decides: isRare && blind === undefined, why };
}

function alarmRate(
  test: Test,
  rule: Rule,
  { readings, window }: { readings: number; window: number },
  series: () => () => Known,
): number {
  let alarms = 0;
  for (let watch = 0; watch < watches; watch += 1) {
    const next = series();
    const judge = test.begin(Array.from({ length: readings }, next), rule, window);
    for (let at = 0; at < window; at += 1) {
      if (judge(next()).state === "ok") continue;
      alarms += 1;
      break;
    }
  }
  return alarms / watches;
}

/** Long enough that what hangs together stays together, short enough that there are several. */
function blockLength(readings: number, phi: number): number {
  const memory = Math.ceil((3 * (1 + phi)) / (1 - Math.min(phi, 0.95)));
  return Math.max(1, Math.min(memory, Math.floor(readings / 4)));
}

/** The baseline as a circle, in blocks that begin anywhere. */
function reordered(baseline: readonly Known[], block: number, random: () => number): () => Known {
  let [at, left] = [0, 0];
  return () => {
    if (left === 0) [at, left] = [Math.floor(random() * baseline.length), block];
    const reading = baseline[at % baseline.length] as Known;
    [at, left] = [at + 1, left - 1];
    return reading;
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
