// Owns: how full the server is.

import { z } from "zod";
import { defineSignal, upTo } from "../signal.ts";

export const kind = defineSignal({
  kind: "connections",
  summary: "share of the server's connections that are taken",
  unit: "%",
  needs: "database",
  attributed: false,
  usual: { test: "condition", consecutive: 3, action: "pause" },
  options: { limit: z.number().min(0).max(100).default(90) },
  measures:
    ({ limit }) =>
    async ({ session, readings }) => {
      const { used, limit: most } = await readings.connections(session);
      return upTo(limit, (100 * used) / most, `${used} of ${most}`);
    },
});
