// Owns: the one automatic rollback. Under the lease of every run it looks again at what is there: what
// somebody else has taken back meanwhile is done, and what came on top of it is nobody's to remove.

import { BelayError } from "../../core/errors.ts";
import type { Conflict } from "../../core/plan.ts";
import { applied, type JournalState } from "../../journal/state.ts";
import type { Covered } from "../../journal/watches.ts";
import { takeBack, type Undone } from "../down.ts";
import { guardedRun, type RunResult } from "../guarded-run.ts";
import { loadFolderIfAny } from "../migrations.ts";
import type { Settings } from "../settings.ts";

export interface TakenBack {
  verified: boolean;
  differences: string[];
  conflicts: number;
  error?: BelayError;
}

/** Milliseconds that a run which is at work, or dead, keeps us waiting at most. */
const patienceMs = 60_000;

/** Never throws what a rollback may end in; then nothing more happens by itself. */
export async function takeBackWatched(
  settings: Settings,
  covers: readonly Covered[],
): Promise<TakenBack> {
  const { environment } = settings;
  const { migrations } = await loadFolderIfAny(settings);
  const deadline = environment.monotonic() + patienceMs;
  // Whoever watches may be told to leave; a rollback that has begun is not to be left halfway.
  const { signal: _, ...untilDone } = settings;
  for (;;) {
    try {
      const result = await guardedRun<{ undone: Undone[]; conflicts: Conflict[] }>(
        untilDone,
        { command: "watch", allowDrift: false, takesUpBack: true },
        async (run, state, back) => {
          const stack = stackOf(state, covers);
          const { onlineAboveBytes } = settings;
          const options = { using: "planned", acceptLoss: false, onlineAboveBytes } as const;
          await takeBack(run, { stack, state }, migrations, options, back);
        },
        { undone: [], conflicts: [] },
      );
      return told(result);
    } catch (error) {
      if (!(error instanceof BelayError)) throw error;
      const isHeld = error.code === "BELAY_LEASE_HELD";
      if (!isHeld || environment.monotonic() > deadline) {
        return { verified: false, differences: [], conflicts: 0, error };
      }
      await environment.sleep(250);
    }
  }
}

function told({ verified, differences, conflicts, error }: RunResult & { conflicts: Conflict[] }) {
  return { verified, differences, conflicts: conflicts.length, ...(error && { error }) };
}

/** Those that are still there as they were, last first. Throws BELAY_UNDO_ORDER. */
function stackOf(state: JournalState, covers: readonly Covered[]) {
  const why = irreversible(state, covers);
  if (why !== undefined) {
    throw new BelayError("BELAY_UNDO_ORDER", `The guard does not take back: ${why}`, {
      state: "Nothing was changed.",
      hint: "Decide yourself: belay down, or a migration that goes forward.",
    });
  }
  const wanted = new Set(covers.map(({ seq }) => seq));
  return applied(state)
    .filter(({ finishedSeq }) => finishedSeq !== undefined && wanted.has(finishedSeq))
    .toReversed();
}

/** Why taking these back would lose something or cannot be done; undefined: it can, and loses nothing. */
export function irreversible(state: JournalState, covers: readonly Covered[]): string | undefined {
  const wanted = new Set(covers.map(({ seq }) => seq));
  const stack = applied(state);
  const first = stack.findIndex(({ finishedSeq = -1 }) => wanted.has(finishedSeq));
  if (first < 0) return undefined;
  for (const { version, finishedSeq = -1, verdict, shelves } of stack.slice(first)) {
    if (!wanted.has(finishedSeq)) return `${version} was applied on top of it`;
    if (verdict !== "exact") return `${version} has no way back that loses nothing`;
    if (shelves.some((shelf) => !state.shelves.has(shelf))) {
      return `the undo window of ${version} is over`;
    }
  }
  return undefined;
}
