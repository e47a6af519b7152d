// Owns: log that the server keeps for somebody who does not fetch it, and how much is written. A slot
// keeps what its reader has not confirmed, by default without a limit, until the disk is full.

import { z } from "zod";
import type { Slot } from "../../dialects/dialect.ts";
import { defineSignal } from "../signal.ts";

const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;

export const kind = defineSignal({
  kind: "wal",
  summary:
    "log kept back by a replication slot, more than `limitBytes` beyond the first look, or lost to it; or written faster than `limitBytesPerSecond`",
  unit: "bytes",
  needs: "database",
  attributed: false,
  optional: true,
  // What reads slowly needs time, and no more to read.
  usual: { test: "condition", consecutive: 3, action: "pause" },
  options: {
    limitBytes: z.number().nonnegative().default(1_073_741_824),
    /** No default: what a server bears depends on its disks and its readers. */
    limitBytesPerSecond: z.number().positive().optional(),
  },
  measures({ limitBytes, limitBytesPerSecond = Number.POSITIVE_INFINITY }) {
    /** A slot that is far behind, or lost, before anything has begun is no news. */
    const before = new Map<string, Slot>();
    let last: { at: number; bytes: number } | undefined;
    return async ({ session, readings, environment }) => {
      const { bytes, slots } = await readings.log(session);
      const at = environment.monotonic();
      const isFirst = last === undefined;
      const seconds = (at - (last?.at ?? at)) / 1_000;
      const perSecond = seconds > 0 ? (bytes - (last?.bytes ?? bytes)) / seconds : 0;
      last = { at, bytes };
      const troubles = slots.flatMap((slot) => {
        const known = before.get(slot.name) ?? (isFirst ? slot : { state: "kept", bytes: 0 });
        // One that has caught up a little has to keep to that.
        before.set(slot.name, { ...slot, ...known, bytes: Math.min(known.bytes, slot.bytes) });
        return troubleOf(slot, known, limitBytes) ?? [];
      });
      if (perSecond > limitBytesPerSecond) troubles.push("too fast");
      const kept = Math.max(0, ...slots.map((slot) => slot.bytes));
      const figures = `${mebibytes(kept)} kept for slots, ${mebibytes(perSecond)}/s written`;
      return {
        state: troubles.length > 0 ? "bad" : "ok",
        value: kept,
        detail: [...troubles, figures].join("; "),
      };
    };
  },
});

function troubleOf(
  { name, state, isActive, bytes }: Slot,
  before: Pick<Slot, "bytes"> & { state: string },
  limitBytes: number,
): string | undefined {
  // What was so before is not the migration's doing, and nor is what comes of it.
  if (before.state === "lost" || before.state === "atRisk") return undefined;
  if (state === "lost") return `slot ${name} is lost`;
  if (state === "atRisk") return `slot ${name} is about to be lost`;
  if (bytes - before.bytes <= limitBytes) return undefined;
  return `slot ${name}${isActive ? "" : ", which nobody reads,"} keeps ${mebibytes(bytes)}`;
}
