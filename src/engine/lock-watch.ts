// Owns: naming, while a step runs, who holds what we wait for and who waits for what we hold; also that
// both are true of one, as long as it lasts.

import type { OtherSession } from "../dialects/dialect.ts";
import { applicationName } from "./lease.ts";
import type { Run } from "./run.ts";

/** Milliseconds. Small steps end before the first look, so watching costs them nothing. */
const lookEveryMs = 200;

/** Looks through the keeper session until the returned function is called. Each finding is told once. */
export function watchLocks(run: Run): () => void {
  const told = new Set<string>();
  let looking = false;

  const fresh = (role: string, sessions: OtherSession[]) =>
    sessions.filter((session) => {
      const key = `${role} ${session.pid} ${session.query}`;
      return told.has(key) ? false : told.add(key);
    });

  const look = async () => {
    const { holders, waiters } = await run.dialect.blockers(run.keeper, run.session.pid);
    const newHolders = fresh("holder", holders);
    const newWaiters = fresh("waiter", waiters);
    if (newHolders.length > 0) run.report({ kind: "waiting", holders: newHolders });
    if (newWaiters.length > 0) run.report({ kind: "blocking", waiters: newWaiters });
    if (holders.length > 0) await lookForDeadlock();
  };

  const lookForDeadlock = async () => {
    const found = await run.dialect.readings.deadlocked(run.keeper, applicationName(run.id));
    for (const each of found) {
      const key = `deadlock ${each.pid} ${each.since}`;
      if (each.with === null || told.has(key)) continue;
      told.add(key);
      const why = `session ${each.with} and ours wait for each other`;
      run.report({ kind: "deadlock", pid: each.pid, with: each, why });
    }
  };

  return run.environment.every(lookEveryMs, () => {
    if (looking) return;
    looking = true;
    look()
      .catch(() => {
        // Only a courtesy: without the right to see other sessions there is nothing to name.
      })
      .finally(() => {
        looking = false;
      });
  });
}
