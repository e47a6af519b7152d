// Owns: the share of transactions that failed, as the server counts them. A session of PostgreSQL tells
// its failures only together with something that went well: where all fails, this sees nothing.

import { z } from "zod";
import { defineSignal } from "../signal.ts";

export const kind = defineSignal({
  kind: "rollback-ratio",
  summary: "share of transactions in this database that failed or were rolled back",
  unit: "%",
  needs: "database",
  attributed: false,
  usual: { test: "bernoulli", action: "rollback" },
  options: { limit: z.number().nonnegative().default(20) },
  measures({ limit }) {
    let before: { commits: number; rollbacks: number } | undefined;
    return async ({ session, readings }) => {
      const { commits, rollbacks } = await readings.counters(session);
      const bad = Math.max(0, rollbacks - (before?.rollbacks ?? rollbacks));
      const all = bad + Math.max(0, commits - (before?.commits ?? commits));
      before = { commits, rollbacks };
      const percent = all === 0 ? 0 : (100 * bad) / all;
      return {
        state: percent > limit ? "bad" : "ok",
        value: percent,
        detail: `${bad} of ${all} transactions`,
        events: { bad, all },
      };
    };
  },
});
