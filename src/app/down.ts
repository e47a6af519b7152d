// Owns: taking applied migrations back, last first, and verifying each.

import { describeDifference } from "../core/catalog.ts";
import type { Migration } from "../core/migration.ts";
import type { Conflict, ConflictPolicy } from "../core/plan.ts";
import { execute } from "../engine/execute.ts";
import type { Run } from "../engine/run.ts";
import { type JournalState, lastDeviation, type MigrationState } from "../journal/state.ts";
import { readFinished } from "../journal/store.ts";
import { judgeWayBack } from "../plan/expect.ts";
import { planDown, type Using, type WayBack } from "../plan/plan-migration.ts";
import { guardedRun, type RunResult } from "./guarded-run.ts";
import { type BackTarget, backTo, loadFolderIfAny } from "./migrations.ts";
import type { Settings } from "./settings.ts";
import type { Done } from "./up.ts";

export interface DownOptions {
  /** How many, down to which version (kept; `0`: all go), or only one, which has to be the last. */
  target: BackTarget;
  using: Using;
  acceptLoss: boolean;
  allowDrift: boolean;
  /** Absent: `keep-newer`. */
  onConflict?: ConflictPolicy | undefined;
}

export type Undone = Done & { using: "planned" | "file"; residual: string[] };

export interface DownResult extends RunResult {
  undone: Undone[];
  /** Where later writes and the rollback did not agree; both sides' values are told. */
  conflicts: Conflict[];
}

export async function down(settings: Settings, options: DownOptions): Promise<DownResult> {
  const { migrations, compare } = await loadFolderIfAny(settings);
  return guardedRun<Omit<DownResult, keyof RunResult>>(
    settings,
    { command: "down", allowDrift: options.allowDrift },
    async (run, state, result) => {
      const stack = backTo(state, options.target, compare);
      const { onlineAboveBytes } = settings;
      await takeBack(run, { stack, state }, migrations, { ...options, onlineAboveBytes }, result);
    },
    { undone: [], conflicts: [] },
  );
}

export interface WayBackOptions extends Pick<DownOptions, "using" | "acceptLoss" | "onConflict"> {
  /** As in the settings; absent: the default. */
  onlineAboveBytes: number | undefined;
}

/** Takes these back in the order given; also the first half of `redo`. */
export async function takeBack(
  run: Run,
  { stack, state }: { stack: readonly MigrationState[]; state: JournalState },
  migrations: readonly Migration[],
  options: WayBackOptions,
  result: { undone: Undone[]; conflicts: Conflict[] } & RunResult,
): Promise<void> {
  // A view over a column whose type had to stay is not as it was either.
  let deviatedAt = lastDeviation(state);
  for (const each of stack) {
    const deviates = deviatedAt > (each.finishedSeq ?? 0);
    const { plan, using, finished } = await wayBack(run, each, state.shelves, migrations, options);
    const done = await execute(run, {
      ...{ plan, using, checksum: each.checksum, acceptLoss: options.acceptLoss },
      strict: using === "planned" && finished?.verdict === "exact" && !deviates,
      deviates,
      ...(finished === undefined ? {} : { judge: judgeWayBack(finished.changed) }),
    });
    const residual = (done.residual ?? []).map(describeDifference);
    if (residual.length > 0) {
      result.verified = false;
      result.differences.push(...residual.map((line) => `after ${each.version}: ${line}`));
    }
    result.conflicts.push(...(done.conflicts ?? []));
    const isOff = (done.conflicts ?? []).some(({ key }) => key === null);
    if (isOff) deviatedAt = Number.POSITIVE_INFINITY;
    const { version } = each;
    result.undone.push({ version, name: done.name, ms: done.ms, using, residual });
  }
}

/** The plan to take one back, with the record it was made from. */
export async function wayBack(
  { session, dialect }: Pick<Run, "session" | "dialect">,
  { version, finishedSeq }: MigrationState,
  shelves: JournalState["shelves"],
  migrations: readonly Migration[],
  options: WayBackOptions,
): Promise<WayBack & { finished?: Awaited<ReturnType<typeof readFinished>> }> {
  const migration = migrations.find((each) => each.version === version);
  const open = new Set(shelves.keys());
  const given = { ...options, sizes: { session, onlineAboveBytes: options.onlineAboveBytes } };
  if (finishedSeq === undefined) return planDown(dialect, { version }, migration, given, open);
  const finished = await readFinished(session, finishedSeq);
  const way = await planDown(dialect, { version, finished }, migration, given, open);
  return { ...way, finished };
}
