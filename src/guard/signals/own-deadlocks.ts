// Owns: deadlocks with Belay: read from the table of locks, by the guard and, more often, by the engine
// while it waits; and told by the server to a session of ours that it has failed. The server's own counter
// does not say who took part.

import { z } from "zod";
import type { Deadlocked } from "../../dialects/dialect.ts";
import { defineSignal, type OwnDeadlock, ours } from "../signal.ts";

interface Seen {
  pid: number;
  detail: string;
  /** Monotonic milliseconds, first and last. */
  at: number;
  lastAt: number;
  /** The server has failed ours for it. */
  isLost: boolean;
}

/** What the server says to ours comes after the deadlock was last seen in the table of locks. */
const afterwardsMs = 2_000;

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
    let lost = 0;
    const see = (each: Deadlocked, at: number) => {
      // One wait of ours, whoever else hangs on it, and whoever has seen it.
      const key = `${each.pid} ${each.since}`;
      const known = seen.get(key);
      if (known) known.lastAt = at;
      else seen.set(key, { pid: each.pid, detail: describe(each), at, lastAt: at, isLost: false });
    };
    const lose = ({ pid, why }: OwnDeadlock, at: number) => {
      const same = [...seen.values()].findLast(
        (each) => each.pid === pid && !each.isLost && at - each.lastAt <= afterwardsMs,
      );
      if (same) {
        same.isLost = true;
        return;
      }
      lost += 1;
      seen.set(`lost ${lost}`, { pid, detail: why, at, lastAt: at, isLost: true });
    };
    return async ({ session, readings, environment, told }) => {
      const at = environment.monotonic();
      for (const each of told) {
        if (each.with) see(each.with, at);
        else lose(each, at);
      }
      const found = await readings.deadlocked(session, ours);
      for (const each of found) if (each.with !== null) see(each, at);
      // What has ended deadlocks no more, whatever it did before.
      const connected = new Set(found.map(({ pid }) => pid));
      for (const [key, each] of seen) {
        if (at - each.at > withinMs || !connected.has(each.pid)) seen.delete(key);
      }
      const detail = [...seen.values()]
        .slice(-3)
        .map((each) => each.detail)
        .join("; ");
      return {
        state: seen.size > limit ? "bad" : "ok",
        value: seen.size,
        ...(detail && { detail }),
      };
    };
  },
});
