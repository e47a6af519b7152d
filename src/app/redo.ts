// Owns: down and up again, in one run.

import { execute } from "../engine/execute.ts";
import { stateOf } from "../journal/state.ts";
import { readRecords } from "../journal/store.ts";
import { planUp } from "../plan/plan-migration.ts";
import { type DownOptions, type DownResult, takeBack } from "./down.ts";
import { guardedRun, type RunResult } from "./guarded-run.ts";
import { backTo, loadFolder, unknownVersion } from "./migrations.ts";
import { returnsOf } from "./returns.ts";
import type { Settings } from "./settings.ts";
import { planSafely, type UpResult } from "./up.ts";

export type RedoResult = Omit<DownResult, keyof RunResult> & UpResult;

/** The files are read first: what cannot be applied again is not taken back. */
export async function redo(settings: Settings, options: DownOptions): Promise<RedoResult> {
  const { migrations, notes, format } = await loadFolder(settings);
  return guardedRun<Omit<RedoResult, keyof RunResult>>(
    settings,
    { command: "redo", allowDrift: options.allowDrift, waitsForGuard: true },
    async (run, state, result) => {
      const stack = backTo(state, options.target, format.compare);
      const again = [];
      for (const { version } of stack.toReversed()) {
        const migration = migrations.find((each) => each.version === version);
        if (migration === undefined) throw unknownVersion(version);
        again.push({
          plan: await planUp(run.dialect, migration, { ...settings, returning: true }),
          checksum: migration.checksum,
        });
      }
      const { onlineAboveBytes } = settings;
      await takeBack(run, { stack, state }, migrations, { ...options, onlineAboveBytes }, result);
      const now = stateOf(await readRecords(run.session));
      for (const each of again) {
        const returns = await returnsOf(run.session, now, each.plan, each.checksum);
        const { name, ms, verdict, losses } = await execute(run, {
          plan: await planSafely(run, each.plan, settings),
          checksum: each.checksum,
          acceptLoss: options.acceptLoss || settings.verbatim === true,
          ...(returns && { returns }),
        });
        result.applied.push({ version: each.plan.version, name, ms, verdict, losses });
      }
    },
    { undone: [], applied: [], conflicts: [], notes },
  );
}
