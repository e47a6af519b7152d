// Owns: deadlocks with Belay, read from the table of locks: who waits for it while it waits for them. The
// server's own counter does not say who took part.

import { z } from "zod";
import type { Deadlocked } from "../../dialects/dialect.ts";
import { defineSignal } from "../signal.ts";

/** Every session of a run is named so; see the lease. */
const ours = "belay:";

interface Seen extends Deadlocked {
  /** Monotonic milliseconds. */
  at: number;
}

function describe({ pid, with: other, application, user, query }: Deadlocked): string {
  const who = application === "" ? user : `${user} (${application})`;
  return `session ${other} of ${who} and ours, ${pid}, waited for each other: ${query.replace(/\s+/g, " ").slice(0, 100)}`;
}

export const kind = defineSignal({
  kind: "own-deadlocks",
  summary:
    "deadlocks between a session of Belay's that is still at work and others, within `withinMs`",
  unit: "deadlocks",
  needs: "database",
  attributed: true,
  // After a second one it is the order of the migration's locks that is wrong, and no accident.
  usual: { test: "condition", consecutive: 1, action: "cancel" },
  options: {
    limit: z.number().nonnegative().default(1),
    withinMs: z.number().positive().default(10_000),
  },
  measures({ limit, withinMs }) {
    const seen = new Map<string, Seen>();
    return async ({ session, readings, environment }) => {
      const at = environment.monotonic();
      const found = await readings.deadlocked(session, ours);
      for (const each of found) {
        // One wait of ours, whoever else hangs on it.
        const key = `${each.pid} ${each.since}`;
        if (each.with !== null && !seen.has(key)) seen.set(key, { ...each, at });
      }
      // What has ended deadlocks no more, whatever it did before.
      const connected = new Set(found.map(({ pid }) => pid));
      for (const [key, each] of seen) {
        if (at - each.at > withinMs || !connected.has(each.pid)) seen.delete(key);
      }
      const detail = [...seen.values()].slice(-3).map(describe).join("; ");
      return {
        state: seen.size > limit ? "bad" : "ok",
        value: seen.size,
        ...(detail && { detail }),
      };
    };
  },
});
