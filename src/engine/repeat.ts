// Owns: a statement that is run in batches, each a transaction of its own, until nothing is left. No
// batch is journaled: the statement passes over what an earlier one has done, so a recovery begins
// again. The step's own record says that it is finished.

import type { PlannedStatement } from "../core/plan.ts";
import type { Batch } from "../dialects/dialect.ts";
import { withAttempts } from "./attempts.ts";
import type { Run } from "./run.ts";

/** Milliseconds that a batch may take, or the next is smaller: how long somebody waits for a row of it. */
const batchMs = 100;

/** Of a batch's time, waited before the next, so that replicas and vacuum keep up. */
const pauseShare = 0.1;

/** What a batch may be: in the dialect's own measure. */
const amounts = { first: 32, most: 65_536 };

/** Call outside of a transaction. `meaning` is what an error of the session means to the caller. */
export async function inBatches(
  run: Run,
  statement: PlannedStatement,
  meaning: (error: unknown) => unknown,
): Promise<void> {
  const { environment, signal } = run;
  let [amount, rows] = [amounts.first, 0];
  let progress: unknown;
  do {
    const startedAt = environment.monotonic();
    const batch = await withAttempts(run, () =>
      oneBatch(run, statement, { progress, amount }).catch((error: unknown) => {
        throw meaning(error);
      }),
    );
    await environment.reached("batch-committed");
    rows += batch.rows;
    run.report({ kind: "batch", line: statement.line, rows, share: batch.share });
    progress = batch.progress;
    const ms = environment.monotonic() - startedAt;
    if (ms < batchMs / 2) amount = Math.min(amounts.most, amount * 2);
    else if (ms > batchMs) amount = Math.max(1, Math.floor((amount * batchMs) / (2 * ms)));
    if (progress !== undefined && batch.rows > 0) await environment.sleep(ms * pauseShare, signal);
    await run.rest?.(ms, signal);
  } while (progress !== undefined);
}

async function oneBatch(
  { dialect, session, limits, lease, signal }: Run,
  statement: PlannedStatement,
  { progress, amount }: { progress: unknown; amount: number },
): Promise<Batch> {
  lease.check();
  signal.throwIfAborted();
  // Shorter than the server's deadlock timeout: it is never an application that gives way.
  const timeouts = { lockMs: limits.lockTimeoutMs, statementMs: limits.statementTimeoutMs };
  await dialect.begin(session, timeouts);
  try {
    if (statement.searchPath) await dialect.setSearchPath(session, statement.searchPath, true);
    const batch = await dialect.batch(session, statement, progress, amount);
    await dialect.commit(session);
    return batch;
  } catch (error) {
    await dialect.rollback(session).catch(() => {});
    throw error;
  }
}
