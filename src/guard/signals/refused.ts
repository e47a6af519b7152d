// Owns: statements that the server refuses before they run: a name that is not there any more, or not
// as the application knows it. Where all fails that way the server's counters stand still, and
// `rollback-ratio` sees nothing; what sessions did last can be seen all the same.

import { z } from "zod";
import { defineSignal, hidden, ours } from "../signal.ts";

export const kind = defineSignal({
  kind: "refused",
  summary: "share of sessions whose last statement was refused before it ran, as a wrong name is",
  unit: "%",
  needs: "database",
  attributed: false,
  optional: true,
  usual: { test: "bernoulli", action: "rollback" },
  options: { limit: z.number().nonnegative().default(20) },
  measures({ limit }) {
    let since: string | undefined;
    return async ({ session, readings }) => {
      const seen = await readings.lastStatements(session, ours, since);
      if (seen === null) return hidden;
      if (!seen.isTold) {
        return {
          state: "unknown",
          why: "the server computes no query ids (compute_query_id, pg_stat_statements)",
        };
      }
      since = seen.now;
      const { refused: bad, sessions: all } = seen;
      const percent = all === 0 ? 0 : (100 * bad) / all;
      return {
        state: percent > limit ? "bad" : "ok",
        value: percent,
        detail: `${bad} of ${all} sessions`,
        events: { bad, all },
      };
    };
  },
});
