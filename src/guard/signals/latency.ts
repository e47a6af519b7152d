// Owns: how long statements take.

import { z } from "zod";
import { defineSignal, upTo } from "../signal.ts";

export const kind = defineSignal({
  kind: "latency",
  summary:
    "mean time of a statement, from pg_stat_statements; without that, or with `sql`, of a query",
  unit: "ms",
  needs: "database",
  attributed: false,
  usual: { test: "median", action: "rollback" },
  options: {
    /** A query of the application's; it runs in a read-only transaction. */
    sql: z.string().optional(),
    limitMs: z.number().nonnegative().default(1_000),
  },
  measures({ sql, limitMs }) {
    let before: { calls: number; totalMs: number } | undefined;
    return async ({ session, readings, environment }) => {
      const now = sql === undefined ? await readings.statements(session) : null;
      if (now === null) {
        const startedAt = environment.monotonic();
        await readings.probe(session, sql ?? "SELECT count(*) FROM pg_catalog.pg_class");
        return upTo(limitMs, environment.monotonic() - startedAt);
      }
      const calls = now.calls - (before?.calls ?? 0);
      const totalMs = now.totalMs - (before?.totalMs ?? 0);
      const isFirst = before === undefined;
      before = now;
      if (isFirst || calls <= 0) return { state: "unknown", why: "no statement has ended yet" };
      return upTo(limitMs, totalMs / calls, `${calls} statements`);
    };
  },
});
