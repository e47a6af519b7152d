// Owns: what is still to be sent to each channel, derived from the records. Pure.

import type { JournalRecord } from "../journal/record.ts";
import type { Notice } from "./notice.ts";
import { noticesOf, toldKinds } from "./notices-of.ts";

/** Records that one has to read for {@link queueOf}. */
export const queueKinds = [...toldKinds, "notice-delivered", "notice-failed"] as const;

/** By channel, in the order of sending; no channel is there without a notice. */
export type Queue = Map<string, Notice[]>;

/**
 * A channel gets its notices in order, so all up to the last one of which something became are settled.
 */
export function queueOf(records: readonly JournalRecord[], database: string): Queue {
  const settled = new Map<string, number>();
  for (const { kind, body } of records) {
    if (kind === "notice-delivered" || kind === "notice-failed") settled.set(body.channel, body.of);
  }
  const queue: Queue = new Map();
  for (const { notice, notify } of noticesOf(records, database)) {
    for (const [channel, types] of Object.entries(notify)) {
      if (!types.includes(notice.type) || notice.seq <= (settled.get(channel) ?? 0)) continue;
      queue.set(channel, [...(queue.get(channel) ?? []), notice]);
    }
  }
  return queue;
}
