// Owns: deadlocks since the last sample.

import { z } from "zod";
import { defineSignal, upTo } from "../signal.ts";

export const kind = defineSignal({
  kind: "deadlocks",
  summary: "deadlocks in this database since the last sample",
  unit: "deadlocks",
  needs: "database",
  attributed: false,
  // Belay's own batches give way before a deadlock; one now and then is any application's.
  usual: { test: "condition", failureLimit: 2, action: "throttle" },
  options: { limit: z.number().nonnegative().default(0) },
  measures({ limit }) {
    let before: number | undefined;
    return async ({ session, readings }) => {
      const { deadlocks } = await readings.counters(session);
      // A server that has crashed, or was told to, counts from zero again.
      const since = Math.max(0, deadlocks - (before ?? deadlocks));
      before = deadlocks;
      return upTo(limit, since);
    };
  },
});
