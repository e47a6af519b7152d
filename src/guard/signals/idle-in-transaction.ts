// Owns: transactions that are open and idle, behind which DDL has to wait.

import { z } from "zod";
import { defineSignal, hidden, upTo } from "../signal.ts";

export const kind = defineSignal({
  kind: "idle-in-transaction",
  summary: "age of the oldest transaction that is open and idle, which holds its locks meanwhile",
  unit: "ms",
  needs: "database",
  attributed: false,
  // A habit of the application's more often than a consequence of a migration.
  usual: { test: "condition", consecutive: 3, action: "pause", dryRun: true },
  options: { limitMs: z.number().nonnegative().default(30_000) },
  measures:
    ({ limitMs }) =>
    async ({ session, readings }) => {
      const idle = await readings.idleInTransaction(session);
      if (idle === null) return hidden;
      return upTo(limitMs, idle.longestMs, `${idle.sessions} sessions`);
    },
});
