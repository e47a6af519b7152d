// Owns: carrying out pending migrations.

import { type Catalog, fingerprintOf } from "../core/catalog.ts";
import type { Migration } from "../core/migration.ts";
import type { Loss } from "../core/plan.ts";
import type { Dialect } from "../dialects/dialect.ts";
import { execute } from "../engine/execute.ts";
import type { Run } from "../engine/run.ts";
import { keepingOf } from "../engine/step.ts";
import type { MigrationFinished } from "../journal/record.ts";
import type { JournalState } from "../journal/state.ts";
import { compare, enforce, type Policies } from "../plan/compare.ts";
import { inSafeForms, planUp, type UpPlan } from "../plan/plan-migration.ts";
import type { Proof } from "../prove/proof-file.ts";
import { guardedRun, type RunResult } from "./guarded-run.ts";
import { loadFolder, upTo } from "./migrations.ts";
import { readProof, requireProofs } from "./proofs.ts";
import { mayReturn, returnsOf } from "./returns.ts";
import type { Settings } from "./settings.ts";

export interface UpOptions extends Policies {
  /** Last version to apply; absent: all. */
  to?: string;
  allowDrift: boolean;
  /** False: what a migration destroys for good is an error, BELAY_UP_LOSS. */
  acceptLoss: boolean;
  /** Refuses what has no fresh proof. Absent: the configuration's policy, else false. */
  requireProof?: boolean;
  /** Called with the record of each migration that is done, and the catalog as it is then. */
  onApplied?: (finished: MigrationFinished, catalog: Catalog) => void;
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
      plans.set(
        migration.version,
        await planUp(dialect, migration, {
          ...settings,
          returning: mayReturn(state, migration.version),
        }),
      );
    }
    return pending;
  };
  return guardedRun<Omit<UpResult, keyof RunResult>>(
    settings,
    {
      ...{ command: "up", allowDrift: options.allowDrift, waitsForGuard: true },
      preflight: async (state, dialect) => void (await prepare(state, dialect)),
    },
    async (run, state, result) => {
      const pending = await prepare(state, run.dialect);
      const proofs = await proofsOf(
        pending,
        options.requireProof ?? settings.requireProof ?? false,
        run,
      );
      // Whoever runs statements as written has chosen that nothing is kept.
      const acceptLoss = options.acceptLoss || settings.verbatim === true;
      for (const { version, checksum } of pending) {
        const plan = plans.get(version) as UpPlan;
        const proof = proofs.get(version);
        const returns = await returnsOf(run.session, state, plan, checksum);
        const finished = await execute(run, {
          ...{ plan: await planSafely(run, plan, settings), checksum, acceptLoss },
          ...(returns && { returns }),
          ...(proof?.checksum === checksum ? { proof } : {}),
        });
        options.onApplied?.(finished, run.catalog);
        const { name, ms, verdict, losses } = finished;
        result.applied.push({ version, name, ms, verdict, losses });
      }
    },
    { applied: [], conflicts: [], notes },
  );
}

/** The plan as it is to be carried out on what is there now. */
export async function planSafely(run: Run, plan: UpPlan, settings: Settings): Promise<UpPlan> {
  return inSafeForms(run.dialect, run.session, plan, { ...settings, keeping: keepingOf(run) });
}

/** The proofs that lie beside the files; with `required` each has to be there and to be fresh. */
async function proofsOf(
  pending: readonly Migration[],
  required: boolean,
  { dialect, session, catalog }: Pick<Run, "dialect" | "session" | "catalog">,
): Promise<Map<string, Proof | undefined>> {
  const proofs = new Map<string, Proof | undefined>();
  for (const migration of pending) {
    // One that cannot be read says nothing, and where it has to be there, that is said.
    const read = readProof(migration);
    proofs.set(migration.version, required ? await read : await read.catch(() => undefined));
  }
  if (required) {
    const present = { catalog: fingerprintOf(catalog), server: await dialect.server(session) };
    requireProofs(pending, proofs, present);
  }
  return proofs;
}
