// Owns: rules as data, in the vocabulary of Argo Rollouts, and the shape of the tests that they name.
// One test = one file in `rules/`, listed in `rules/all.ts`. A test learns from a baseline what is
// usual, then says of each further reading whether things are bad by now.

import { z } from "zod";
import type { Reading } from "./sample.ts";

/** How far a rule may go, mildest first; what each does stands in `ladder.ts`. */
export const actions = ["throttle", "pause", "cancel", "rollback"] as const;

export type Action = (typeof actions)[number];

/** All that are given have to hold. */
const comparison = z.strictObject({
  over: z.number().optional(),
  under: z.number().optional(),
  equals: z.number().optional(),
});

export type Comparison = z.infer<typeof comparison>;

const milliseconds = z.number().int().nonnegative();
const times = z.number().int().positive();

const testOptions = {
  // condition
  failureCondition: comparison.optional(),
  successCondition: comparison.optional(),
  /** Failures in all that are put up with. */
  failureLimit: z.number().int().nonnegative().optional(),
  /** Failures in a row that make it bad; of `condition`, and of `median` (6). */
  consecutive: times.optional(),
  // median
  factor: z.number().positive().optional(),
  // cusum
  deadBand: z.number().positive().optional(),
  slack: z.number().nonnegative().optional(),
  threshold: z.number().positive().optional(),
  // bernoulli
  /** The share of failures, 0 to 1, that is to be found; default ten times the usual one. */
  failureShare: z.number().positive().max(1).optional(),
  /** False alarms per watch that its threshold is made for. */
  alpha: z.number().positive().max(1).optional(),
};

/** What `guard.rules` of the configuration says of one signal; all is optional but its name. */
export const ruleSchema = z.strictObject({
  signal: z.string(),
  test: z.enum(["condition", "median", "cusum", "bernoulli"]).optional(),
  action: z.enum(actions).optional(),
  /** It is measured and reported, and decides nothing. */
  dryRun: z.boolean().optional(),
  /** Readings in a row that may be missing before that is told. */
  inconclusiveLimit: z.number().int().nonnegative().optional(),
  initialDelayMs: milliseconds.optional(),
  /** Readings in between do not count. Default: each counts. */
  intervalMs: milliseconds.optional(),
  /** After as many readings it has no more to say. */
  count: times.optional(),
  ...testOptions,
});

export type RuleOptions = z.infer<typeof ruleSchema>;
export type TestOptions = Pick<RuleOptions, keyof typeof testOptions>;
export type TestName = NonNullable<RuleOptions["test"]>;

/** A rule with nothing left to choose. */
export type Rule = RuleOptions & {
  test: TestName;
  action: Action;
  inconclusiveLimit: number;
  /** Nobody has asked for its signal: as long as that has never been known, it decides nothing. */
  onceKnown?: boolean;
};

/** What a kind of signal says of its rule. */
export type UsualRule = Omit<Rule, "signal" | "inconclusiveLimit" | "onceKnown">;

/** Three samples: one that is late is nothing to be paged for. */
const usualInconclusiveLimit = 3;

export function ruleFor(signal: string, usual: UsualRule, given?: RuleOptions): Rule {
  // A rule that names its test starts anew: numbers of another test would mean nothing to it.
  const { action, dryRun } = usual;
  const base = given?.test === undefined ? usual : { action, ...(dryRun && { dryRun }) };
  return {
    test: usual.test,
    inconclusiveLimit: usualInconclusiveLimit,
    ...base,
    ...given,
    signal,
  } as Rule;
}

/** A reading that says something. */
export type Known = Exclude<Reading, { state: "unknown" }>;

export interface Judgement {
  state: "ok" | "bad";
  /** What this reading says by itself, whatever came before it. */
  alone: "ok" | "bad";
  /** The figures on which it stands, for people. */
  detail(): string;
}

/** Has a memory: readings go in by their order. */
export type Judge = (reading: Known) => Judgement;

export interface Test {
  name: TestName;
  /** `window`: for how many readings it will be asked. */
  begin(baseline: readonly Known[], options: TestOptions, window: number): Judge;
  /**
   * Readings as they could be where nothing is wrong, made up from the baseline: also those that did
   * not happen to be in it. Each call begins another series.
   */
  imagine(baseline: readonly Known[], random: () => number): () => Known;
  /**
   * Beyond which a sample is bad by itself; undefined: that is no matter of one number. `own`: the
   * signal's limit.
   */
  limit(
    baseline: readonly Known[],
    options: TestOptions,
    own: number | undefined,
  ): number | undefined;
  /** Why it can find nothing in such a window; undefined: it can. */
  blind?(baseline: readonly Known[], options: TestOptions, window: number): string | undefined;
}
