// Owns: whether the log gets to where a point in time is restored from. A migration writes more of it
// than usual, and what is not archived stays on the server's disk.

import { z } from "zod";
import { defineSignal } from "../signal.ts";

export const kind = defineSignal({
  kind: "archiver",
  summary: "archiving of the log fails, or has fallen behind by `limitBytes` since the first look",
  unit: "bytes",
  needs: "database",
  attributed: false,
  optional: true,
  // Nothing is wrong with the migration; but its batches would fill the disk.
  usual: { test: "condition", consecutive: 3, action: "pause" },
  options: { limitBytes: z.number().nonnegative().default(1_073_741_824) },
  measures({ limitBytes }) {
    let [failedBefore, upTo]: (number | undefined)[] = [];
    let backlogBefore: number | undefined;
    return async ({ session, readings }) => {
      const now = await readings.archiver(session);
      if (!now.isOn) return { state: "ok", value: 0, detail: "archiving is off (archive_mode)" };
      const failed = Math.max(0, now.failed - (failedBefore ?? now.failed));
      failedBefore = now.failed;
      // Where nothing was ever archived, what is written from now on is what waits.
      upTo = now.archived ?? upTo ?? now.written - 1;
      const backlog = Math.max(0, now.written - 1 - upTo) * now.bytesPerFile;
      backlogBefore = Math.min(backlog, backlogBefore ?? backlog);
      const isFailing = now.isFailing || failed > 0;
      const isBehind = backlog - backlogBefore > limitBytes;
      const waits = `${Math.round(backlog / 2 ** 20)} MiB wait to be archived`;
      return {
        state: isFailing || isBehind ? "bad" : "ok",
        value: backlog,
        detail: isFailing ? `archiving ${now.failedFile} has failed; ${waits}` : waits,
      };
    };
  },
});
