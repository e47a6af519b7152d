// Owns: the signal that needs no statistics: whoever waits for Belay is told by the server itself.

import { z } from "zod";
import type { Waiting } from "../../dialects/dialect.ts";
import { defineSignal, ours } from "../signal.ts";

function describe({ pid, application, user, waitedMs, lock, query }: Waiting): string {
  const who = application === "" ? user : `${user} (${application})`;
  return `session ${pid} of ${who} has waited ${Math.round(waitedMs)} ms for ${lock}: ${query.replace(/\s+/g, " ").slice(0, 100)}`;
}

export const kind = defineSignal({
  kind: "blocked",
  summary: "sessions that wait for a lock which Belay holds or asks for, longer than `overMs`",
  unit: "sessions",
  needs: "database",
  attributed: true,
  // Three looks: a lock attempt that is over before anybody notices is what the lock timeout is for.
  usual: { test: "condition", consecutive: 3, action: "rollback" },
  options: { overMs: z.number().nonnegative().default(1_000) },
  scale: () => ({ unit: "sessions", limit: 0 }),
  measures:
    ({ overMs }) =>
    async ({ session, readings }) => {
      const waiting = await readings.blockedBy(session, ours);
      const long = waiting.filter(({ waitedMs }) => waitedMs > overMs);
      const detail = long.slice(0, 3).map(describe).join("; ");
      return {
        state: long.length > 0 ? "bad" : "ok",
        ...{ value: long.length, waiting },
        ...(detail && { detail }),
      };
    },
});
