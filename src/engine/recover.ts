// Owns: what is done about an attempt that nobody finished, by journal and probe.
// An up or a down is finished, since that is what was asked for; where that fails, what it had done
// is taken back. A back-out is finished. Either way the database is exactly before or after.

import { catalogFromJson } from "../core/catalog.ts";
import { BelayError, messageOf } from "../core/errors.ts";
import type { OpenAttempt } from "../journal/state.ts";
import { loadCatalog, readFinished } from "../journal/store.ts";
import { judgeWayBack } from "../plan/expect.ts";
import { backOut, execute, finishBackOut } from "./execute.ts";
import type { Run } from "./run.ts";

export interface Recovered {
  version: string;
  name: string;
  direction: "up" | "down";
  /** `finished`: it is done now. `undone`: it is as it was before that up or down began. */
  decision: "finished" | "undone";
  why: string;
}

export interface RecoverOptions {
  /** Do not go on: take back what can be, and leave what has no exact way back. */
  giveUp: boolean;
  /** An `up` is taken back where that is exact; a `down` is finished. */
  takesUpBack?: boolean;
}

/**
 * `applied`: of the record of its last up; `deviates`: a rollback since then had to leave something
 * otherwise than it was. Throws BELAY_HALFWAY when neither way can be gone; the attempt then stays open.
 */
export async function recoverOpen(
  run: Run,
  open: OpenAttempt,
  applied: { seq: number | undefined; deviates: boolean },
  options: RecoverOptions,
): Promise<Recovered> {
  const { version, name, of: direction } = open;
  const recovered = { version, name, direction };
  if (open.direction === "back-out") {
    await finishBackOut(run, open, open);
    const why = `its ${direction} had failed: ${open.error ?? "unknown"}`;
    return { ...recovered, decision: "undone", why };
  }
  const stored = await loadCatalog(run.session, open.before);
  const before = stored === undefined ? run.catalog : catalogFromJson(JSON.parse(stored));
  if (options.giveUp || (options.takesUpBack && direction === "up")) {
    const plan = { ...open.plan, direction };
    const error = new Error(
      options.giveUp ? "given up by belay recover --accept-loss" : "cancelled by the guard",
    );
    await backOut(run, {
      plan,
      checksum: open.checksum,
      done: open.done,
      before,
      error,
      lossAccepted: options.giveUp,
    });
    return { ...recovered, decision: "undone", why: error.message };
  }
  const finished =
    direction === "down" && applied.seq !== undefined
      ? await readFinished(run.session, applied.seq)
      : undefined;
  try {
    await execute(run, {
      plan: { ...open.plan, direction },
      checksum: open.checksum,
      ...(open.using === undefined ? {} : { using: open.using }),
      before,
      ...(finished === undefined ? {} : { judge: judgeWayBack(finished.changed) }),
      acceptLoss: open.acceptsLoss,
      deviates: applied.deviates,
      resume: open,
    });
  } catch (error) {
    if (!(error instanceof BelayError) || leavesOpen.has(error.code)) throw error;
    return { ...recovered, decision: "undone", why: messageOf(error) };
  }
  const why = `${open.done.length} of ${open.plan.steps.length} steps were done`;
  return { ...recovered, decision: "finished", why };
}

const leavesOpen = new Set(["BELAY_HALFWAY", "BELAY_LEASE_LOST", "BELAY_CONNECTION_LOST"]);
