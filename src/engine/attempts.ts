// Owns: trying again when a lock was not to be had. Each attempt waits for a lock no longer than
// the lock timeout, so nobody queues behind us for longer; between attempts the queue drains.

import { BelayError } from "../core/errors.ts";
import type { Trouble } from "../dialects/dialect.ts";
import type { Run } from "./run.ts";

/** Milliseconds; full jitter, so that two deployments do not meet again and again. */
const firstWaitMs = 100;
const longestWaitMs = 5_000;

/** What may go well the next time; of {@link Trouble}. */
const passing = new Set<Trouble["kind"]>(["lock-timeout", "deadlock", "serialization"]);

/**
 * Throws what the attempt threw, or BELAY_LOCK_BUDGET when the step's budget is used up. `once` is told
 * the milliseconds that are left of it.
 */
export async function withAttempts<T>(
  run: Run,
  once: (budgetLeftMs: number) => Promise<T>,
): Promise<T> {
  const { environment, limits, dialect, session, report, signal } = run;
  const deadline = environment.monotonic() + limits.lockBudgetMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(Math.max(1, Math.round(deadline - environment.monotonic())));
    } catch (error) {
      if (error instanceof BelayError) throw error;
      const trouble = dialect.trouble(error);
      if (!passing.has(trouble.kind)) throw error;
      if (trouble.kind === "deadlock") {
        report({ kind: "deadlock", pid: session.pid, with: null, why: trouble.message });
      }
      const ceiling = Math.min(longestWaitMs, firstWaitMs * 2 ** (attempt - 1));
      const inMs = Math.ceil(firstWaitMs / 2 + environment.random() * ceiling);
      const budgetLeftMs = Math.round(deadline - environment.monotonic());
      if (budgetLeftMs < inMs || signal.aborted) {
        throw new BelayError("BELAY_LOCK_BUDGET", `No lock after ${attempt} attempts`, {
          hint: `${trouble.message}. Find the holder with belay's output or pg_blocking_pids(), or give a longer --lock-budget.`,
          details: { attempts: attempt, lockBudgetMs: limits.lockBudgetMs },
          cause: error,
        });
      }
      report({ kind: "retry", why: trouble.message, attempt, inMs, budgetLeftMs });
      await environment.sleep(inMs, signal);
    }
  }
}
