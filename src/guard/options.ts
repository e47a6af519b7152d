// Owns: the section `guard` of the configuration, and what it amounts to: the signals that are
// sampled, the rule of each, and the tests that a rollback has to pass.

import { z } from "zod";
import { type Rule, ruleFor, ruleSchema } from "./rule.ts";
import type { Signal } from "./signal.ts";
import { signalKinds } from "./signals/all.ts";

const [first, ...others] = signalKinds.map(({ schema }) => schema);

const anySignal = z.discriminatedUnion("kind", [first as z.ZodObject, ...others]);

const milliseconds = z.number().int().positive();

export const guardSchema = z
  .strictObject({
    /** By name. A kind that needs no options is there anyway, under its own name; `false` leaves it out. */
    signals: z.record(z.string(), z.union([z.literal(false), anySignal])).optional(),
    rules: z.array(ruleSchema).optional(),
    /** By name: what has to be ok after a rollback, for the application as it was before. */
    smoke: z.record(z.string(), anySignal).optional(),
    intervalMs: milliseconds.optional(),
    /** Readings before `up`, from which it is learnt what is usual. */
    baselineReadings: z.number().int().nonnegative().optional(),
    /** Of quiet, before the guard comes down its ladder. */
    quietMs: milliseconds.optional(),
  })
  .superRefine(({ rules = [], signals = {} }, context) => {
    const names = new Set([...builtIn.map(({ kind }) => kind), ...Object.keys(signals)]);
    for (const { signal } of rules) {
      if (names.has(signal)) continue;
      context.addIssue({ code: "custom", message: `a rule names "${signal}", which is no signal` });
    }
  });

export type GuardConfig = z.infer<typeof guardSchema>;

const builtIn = signalKinds.filter((each) => each.builtIn);

export interface GuardPlan {
  signals: Signal[];
  /** One for each signal, in their order. */
  rules: Rule[];
  smoke: Signal[];
  intervalMs: number;
  baselineReadings: number;
  quietMs: number;
}

/** A reading per second for half a minute before: what a deployment can spare. */
const usual = { intervalMs: 1_000, baselineReadings: 30, quietMs: 5_000 };

export function guardPlan(options: GuardConfig = {}): GuardPlan {
  const { signals: named = {}, rules = [], smoke = {} } = options;
  const own = builtIn
    .filter(({ kind }) => !(kind in named))
    .map((each) => each.create(each.kind, {}));
  const given = Object.entries(named).flatMap(([name, each]) =>
    each === false ? [] : create(name, each),
  );
  const signals = [...own, ...given];
  return {
    intervalMs: options.intervalMs ?? usual.intervalMs,
    baselineReadings: options.baselineReadings ?? usual.baselineReadings,
    quietMs: options.quietMs ?? usual.quietMs,
    signals,
    rules: signals.map((signal) => {
      const { name, usual: rule, optional } = signal;
      const asked = rules.find((each) => each.signal === name);
      const isAsked = asked !== undefined || given.includes(signal);
      return {
        ...ruleFor(name, rule, asked),
        ...(optional === true && !isAsked && { onceKnown: true }),
      };
    }),
    smoke: Object.entries(smoke).map(([name, each]) => create(name, each)),
  };
}

function create(name: string, { kind, ...options }: Record<string, unknown>): Signal {
  const found = signalKinds.find((each) => each.kind === kind);
  if (found === undefined) throw new Error(`internal: no signal of kind ${String(kind)}`);
  return found.create(name, options);
}
