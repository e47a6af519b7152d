// Owns: carrying out pending migrations.

import type { Loss } from "../core/plan.ts";
import type { Dialect } from "../dialects/dialect.ts";
import { execute } from "../engine/execute.ts";
import type { JournalState } from "../journal/state.ts";
import { compare, enforce, type Policies } from "../plan/compare.ts";
import { planUp, type UpPlan } from "../plan/plan-migration.ts";
import { guardedRun, type RunResult } from "./guarded-run.ts";
import { loadFolder, upTo } from "./migrations.ts";
import type { Settings } from "./settings.ts";

export interface UpOptions extends Policies {
  /** Last version to apply; absent: all. */
  to?: string;
  allowDrift: boolean;
}

export interface Done {
  version: string;
  name: string;
  ms: number;
}

export interface UpResult extends RunResult {
  applied: (Done & { verdict: string; losses: Loss[] })[];
  /** Rows changed by both sides; always empty for `up`. */
  conflicts: never[];
  notes: string[];
}

/** Applies what is pending. Everything is read and parsed before the first statement runs. */
export async function up(settings: Settings, options: UpOptions): Promise<UpResult> {
  const folder = await loadFolder(settings);
  const { migrations, format, notes } = folder;
  const plans = new Map<string, UpPlan>();
  /** What to do, given what is done. A file is read as SQL once, and before anything is written. */
  const prepare = async (state: JournalState, dialect: Dialect) => {
    const comparison = compare(migrations, state, format.compare);
    enforce(comparison, options);
    const pending = upTo(comparison.pending, options.to, folder);
    for (const migration of pending) {
      if (plans.has(migration.version)) continue;
      plans.set(migration.version, await planUp(dialect, migration));
    }
    return pending;
  };
  return guardedRun<Omit<UpResult, keyof RunResult>>(
    settings,
    {
      ...{ command: "up", allowDrift: options.allowDrift },
      preflight: async (state, dialect) => void (await prepare(state, dialect)),
    },
    async (run, state, result) => {
      for (const { version, checksum } of await prepare(state, run.dialect)) {
        const plan = plans.get(version) as UpPlan;
        const { name, ms, verdict, losses } = await execute(run, {
          plan,
          checksum,
          acceptLoss: true,
        });
        result.applied.push({ version, name, ms, verdict, losses });
      }
    },
    { applied: [], conflicts: [], notes },
  );
}
