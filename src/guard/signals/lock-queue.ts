// Owns: the length of the lock queue, whoever is to blame.

import { z } from "zod";
import { defineSignal, upTo } from "../signal.ts";

export const kind = defineSignal({
  kind: "lock-queue",
  summary: "sessions of this database that wait for a lock, whoever holds it",
  unit: "sessions",
  needs: "database",
  attributed: false,
  usual: { test: "condition", consecutive: 6, action: "pause" },
  options: { limit: z.number().nonnegative().default(10) },
  measures:
    ({ limit }) =>
    async ({ session, readings }) => {
      const waiting = await readings.lockQueue(session);
      const [first] = waiting;
      const detail = first && `the longest has waited ${Math.round(first.waitedMs)} ms`;
      return { ...upTo(limit, waiting.length, detail), waiting };
    },
});
