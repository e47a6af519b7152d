// Owns: checkpoints that come because of the amount of log, one after the other. Each makes the server
// write all that has changed, and the log longer by whole pages afterwards. How many of them backends
// had to flush by themselves is left out: from PostgreSQL 16 on, building an index counts as that too.

import { z } from "zod";
import { defineSignal, upTo } from "../signal.ts";

const windowMs = 60_000;

/** A server that lives with many has a small max_wal_size; it is more than those that counts. */
const factor = 3;

interface Seen {
  /** Monotonic milliseconds. */
  at: number;
  requested: number;
  countedMs: number | null;
}

/** As many as would have been in the window by what the server did before. */
function usualOf({ requested, countedMs }: Seen): number {
  return countedMs === null || countedMs <= 0
    ? 0
    : requested * (windowMs / Math.max(countedMs, windowMs));
}

export const kind = defineSignal({
  kind: "checkpoints",
  summary:
    "checkpoints within a minute that did not wait for their time; three times the server's own average are put up with",
  unit: "checkpoints",
  needs: "database",
  attributed: false,
  optional: true,
  // It passes when less is written, which is what going slower does.
  usual: { test: "condition", consecutive: 3, action: "throttle" },
  options: {
    // The server warns where they are less than checkpoint_warning, 30 seconds, apart.
    limit: z.number().nonnegative().default(2),
  },
  // Its limit grows with what is usual for the server.
  scale: () => ({ unit: "checkpoints" }),
  measures({ limit }) {
    let seen: Seen[] = [];
    return async ({ session, readings, environment }) => {
      const now: Seen = { at: environment.monotonic(), ...(await readings.checkpoints(session)) };
      // A server whose statistics were lost or reset counts from zero again.
      seen = seen.filter(
        ({ at, requested }) => now.at - at <= windowMs && requested <= now.requested,
      );
      seen.push(now);
      const [first = now] = seen;
      return upTo(Math.max(limit, factor * usualOf(first)), now.requested - first.requested);
    };
  },
});
