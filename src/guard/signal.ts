// Owns: the shape of a signal. One kind of signal = one file in `signals/`, listed in `signals/all.ts`.
// A signal measures and judges by its own limit; rules decide what that means.

import { z } from "zod";
import type { Environment } from "../core/environment.ts";
import type { Deadlocked, Readings, Session } from "../dialects/dialect.ts";
import type { UsualRule } from "./rule.ts";
import type { Reading } from "./sample.ts";

/** How the application names of all sessions of runs begin; see the lease. */
export const ours = "belay:";

export const hidden: Reading = {
  state: "unknown",
  why: "this role may not see what other roles' sessions do (GRANT pg_read_all_stats)",
};

interface Surroundings {
  environment: Environment;
  /** Aborted when the time for this sample is over; nothing may outlive that. */
  abort: AbortSignal;
}

/** What a session of ours says of itself; `with` is null where the server has failed it. */
export interface OwnDeadlock {
  pid: number;
  with: Deadlocked | null;
  /** For people. */
  why: string;
}

export interface DatabaseContext extends Surroundings {
  /** Since the last round. */
  told: readonly OwnDeadlock[];
  /** Of the guard alone, with a statement timeout. */
  session: Session;
  readings: Readings;
}

export type OutsideContext = Surroundings;

/** Measures once. Whatever it throws makes the sample `unknown`, with the message as its reason. */
export type Measure<Context> = (context: Context) => Promise<Reading>;

interface Told {
  kind: string;
  /** One line for `docs/guard.md`. */
  summary: string;
  unit: string;
  /** It names Belay as the cause by itself, so one bad sample needs no statistics. */
  attributed: boolean;
  /** How it is judged where the configuration does not say. */
  usual: UsualRule;
  /**
   * What it reads may be hidden from an ordinary role, or be nowhere. Where nobody has asked for it, it
   * has to have been known once before it can be missed.
   */
  optional?: boolean;
}

type Needs =
  | { needs: "database"; measure: Measure<DatabaseContext> }
  | { needs: "outside"; measure: Measure<OutsideContext> };

/** A signal that is ready to be sampled; what it remembers between samples is its own. */
export type Signal = Told &
  Needs & {
    name: string;
    /** Beyond which it says by itself that a sample is bad, in its unit; absent: there is none. */
    limit?: number;
  };

export interface SignalKind extends Told {
  /** It needs nothing to be told, so every watch has it. */
  builtIn: boolean;
  /** What `guard.signals` of the configuration may say, `kind` included. */
  schema: z.ZodObject;
  /** Throws a ZodError for options that the schema refuses. */
  create(name: string, options: unknown): Signal;
}

type Definition<Shape extends z.ZodRawShape> = Told & {
  options: Shape;
  /** Where the options decide what is measured; absent: the unit of the kind, and {@link usualLimit}. */
  scale?(options: z.infer<z.ZodObject<Shape>>): { unit: string; limit?: number | undefined };
} & (
    | {
        needs: "database";
        measures(options: z.infer<z.ZodObject<Shape>>): Measure<DatabaseContext>;
      }
    | {
        needs: "outside";
        measures(options: z.infer<z.ZodObject<Shape>>): Measure<OutsideContext>;
      }
  );

export function defineSignal<Shape extends z.ZodRawShape>(
  definition: Definition<Shape>,
): SignalKind {
  const { kind, summary, unit, attributed, usual, optional = false, options } = definition;
  const told = { kind, summary, unit, attributed, usual, optional };
  const own = z.strictObject(options);
  return {
    ...told,
    builtIn: own.safeParse({}).success && definition.needs === "database",
    schema: z.strictObject({ kind: z.literal(kind), ...options }),
    create(name, given) {
      const parsed = own.parse(given) as z.infer<z.ZodObject<Shape>>;
      const scale = definition.scale?.(parsed) ?? { unit, limit: usualLimit(parsed, unit) };
      const named = { ...told, name, unit: scale.unit, ...limited(scale.limit) };
      // The two arms are the same but for the context that they are given.
      return definition.needs === "database"
        ? { ...named, needs: "database", measure: definition.measures(parsed) }
        : { ...named, needs: "outside", measure: definition.measures(parsed) };
    },
  };
}

const limited = (limit: number | undefined) => (limit === undefined ? {} : { limit });

/** By the names that kinds give to what a value may not exceed: `limit`, or with the unit at its end. */
function usualLimit(options: Record<string, unknown>, unit: string): number | undefined {
  const named = unit === "ms" ? options.limitMs : options.limit;
  return typeof named === "number" ? named : undefined;
}

/** Bad above the limit. */
export function upTo(limit: number, value: number, detail?: string): Reading {
  return {
    state: value > limit ? "bad" : "ok",
    value,
    ...(detail === undefined ? {} : { detail }),
  };
}
