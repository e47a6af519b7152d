// Owns: how far standbys are behind.

import { z } from "zod";
import { defineSignal } from "../signal.ts";

export const kind = defineSignal({
  kind: "replication-lag",
  summary: "the longest time, or amount of log, by which a standby is behind",
  unit: "ms",
  needs: "database",
  attributed: false,
  optional: true,
  // Lag is a budget that a migration may use up and give back; it is no proof that anything is wrong.
  usual: { test: "condition", consecutive: 3, action: "pause" },
  options: {
    limitMs: z.number().nonnegative().default(10_000),
    limitBytes: z.number().nonnegative().default(268_435_456),
    /** How many there have to be; one that has left has no lag to tell. */
    standbys: z.number().int().nonnegative().default(0),
  },
  measures:
    ({ limitMs, limitBytes, standbys }) =>
    async ({ session, readings }) => {
      const seen = await readings.standbys(session);
      if (seen === null) {
        return {
          state: "unknown",
          why: "this role may not see the standbys (GRANT pg_read_all_stats)",
        };
      }
      if (seen.length < standbys) {
        return { state: "unknown", why: `${seen.length} of ${standbys} standbys are connected` };
      }
      const late = seen.filter(
        ({ lagMs, bytes }) => (lagMs ?? 0) > limitMs || (bytes ?? 0) > limitBytes,
      );
      return {
        state: late.length > 0 ? "bad" : "ok",
        value: Math.max(0, ...seen.map(({ lagMs }) => lagMs ?? 0)),
        detail: seen.map(({ name, bytes }) => `${name} ${bytes ?? "?"} bytes behind`).join(", "),
      };
    },
});
