// Owns: ending undo windows. What migrations put aside is destroyed, and the catalog is as their
// statements say. Nothing but this destroys what Belay keeps.

import { BelayError } from "../core/errors.ts";
import { inTransaction } from "../core/plan.ts";
import type { Run } from "../engine/run.ts";
import { runStep } from "../engine/step.ts";
import type { JournalState, OpenShelf } from "../journal/state.ts";
import { guardedRun, type RunResult } from "./guarded-run.ts";
import { loadFolderIfAny, unknownVersion } from "./migrations.ts";
import type { Settings } from "./settings.ts";

export interface FinalizeOptions {
  /** `all`: every window; `expired`: those that are past their end; else one version's. */
  which: { version: string } | "all" | "expired";
  allowDrift: boolean;
}

export interface Finalized {
  version: string;
  name: string;
  /** What was destroyed: `column public.users.email`. */
  destroyed: string[];
}

export interface FinalizeResult extends RunResult {
  finalized: Finalized[];
}

/** 72 hours: a deployment on Friday can be taken back on Monday. */
export const defaultWindowMs = 72 * 3_600_000;

/** When the window of what was put aside at `since` (ISO 8601) ends. */
export function windowEnd(since: string, { undoWindowMs = defaultWindowMs }: Settings): string {
  return new Date(Date.parse(since) + undoWindowMs).toISOString();
}

export async function finalize(
  settings: Settings,
  { which, allowDrift }: FinalizeOptions,
): Promise<FinalizeResult> {
  const { compare } = await loadFolderIfAny(settings);
  return guardedRun<Omit<FinalizeResult, keyof RunResult>>(
    settings,
    { command: "finalize", allowDrift },
    async (run, state, result) => {
      if (typeof which === "object") refuseUnknown(state, which.version, compare);
      const isOver = ({ since }: OpenShelf) =>
        Date.parse(windowEnd(since, settings)) <= settings.environment.now();
      const isMeant = (each: OpenShelf) => {
        if (typeof which === "object") return compare(each.version, which.version) === 0;
        return which === "all" || isOver(each);
      };
      const chosen = [...state.shelves.values()].filter(isMeant);
      for (const [version, shelves] of byVersion(chosen)) {
        result.finalized.push(await destroy(run, version, shelves));
      }
    },
    { finalized: [] },
  );
}

function refuseUnknown(
  { migrations }: JournalState,
  version: string,
  compare: (left: string, right: string) => number,
): void {
  if (![...migrations.keys()].some((each) => compare(each, version) === 0)) {
    throw unknownVersion(version);
  }
}

function byVersion(shelves: readonly OpenShelf[]): Map<string, OpenShelf[]> {
  const versions = new Map<string, OpenShelf[]>();
  for (const each of shelves) {
    versions.set(each.version, [...(versions.get(each.version) ?? []), each]);
  }
  return versions;
}

/** In one transaction with its record. */
async function destroy(run: Run, version: string, open: readonly OpenShelf[]): Promise<Finalized> {
  const { dialect, session } = run;
  const shelves = open.map(({ shelf }) => shelf);
  const name = open[0]?.name ?? "";
  const destroyed = (await dialect.shelved(session, shelves)).map(({ object }) => object);
  const statements = await dialect.destruction(session, shelves);
  const steps = await dialect.undoToSteps(
    // Not to be undone in turn: that is what it is for.
    statements.map((sql) => ({ ...inTransaction(sql), merges: [] })),
  );
  const step = steps[0] ?? { id: "1", transactional: true, statements: [] };
  try {
    await runStep(run, step, {
      version,
      toEntry: () => ({ kind: "migration-finalized", version, body: { name, shelves } }),
    });
  } catch (error) {
    throw explained(error, version, run);
  }
  return { version, name, destroyed };
}

function explained(error: unknown, version: string, { dialect }: Run): unknown {
  if (error instanceof BelayError) return error;
  const { message } = dialect.trouble(error instanceof Error ? (error.cause ?? error) : error);
  return new BelayError("BELAY_SHELF_IN_USE", `${version} cannot be finalized: ${message}`, {
    state: "Nothing of it was destroyed.",
    hint: "Something that was made since depends on what is kept. Drop that first.",
    cause: error,
  });
}
