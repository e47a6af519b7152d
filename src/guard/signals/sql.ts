// Owns: a signal of the user's own, as a query.

import { z } from "zod";
import { defineSignal, upTo } from "../signal.ts";

export const kind = defineSignal({
  kind: "sql",
  summary: "the number that a query answers, or whether it answers true",
  unit: "",
  needs: "database",
  attributed: false,
  usual: { test: "condition", consecutive: 3, action: "rollback" },
  options: {
    /** Runs in a read-only transaction; its first column counts. */
    sql: z.string(),
    limit: z.number().optional(),
  },
  measures:
    ({ sql, limit }) =>
    async ({ session, readings }) => {
      const probed = await readings.probe(session, sql);
      // The server has answered: a query of the application's does not work any more.
      if ("absent" in probed) return { state: "bad", value: 0, detail: probed.absent };
      const { answer } = probed;
      if (typeof answer === "boolean")
        return { state: answer ? "ok" : "bad", value: Number(answer) };
      const value = answer === null || answer === "" ? Number.NaN : Number(answer);
      if (Number.isFinite(value)) return upTo(limit ?? Number.POSITIVE_INFINITY, value);
      return { state: "unknown", why: `the query answered ${JSON.stringify(answer) ?? "no row"}` };
    },
});
