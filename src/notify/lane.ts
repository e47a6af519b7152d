// Owns: one channel's notices, in order: the next is not tried before something became of the one before,
// and that is in the journal.

import type { Environment } from "../core/environment.ts";
import type { NoticeEntry } from "../journal/record.ts";
import { attempt, backOffMs } from "./attempt.ts";
import type { Notice } from "./notice.ts";
import type { ReadyChannel } from "./options.ts";

export interface LaneOptions {
  environment: Environment;
  /** Aborted: nothing further is tried. */
  stop: AbortSignal;
  /** Resolves when this process has time for a receiver of which it does not know that it answers. */
  hasTime(): Promise<void>;
  /** Writes it into the journal, as often as that takes. */
  record(entry: NoticeEntry): Promise<void>;
  /** One line for people. */
  tell(line: string): void;
}

export interface Lane {
  /** What is to be sent by the journal, in order; what was settled meanwhile may be among it. */
  feed(notices: readonly Notice[]): void;
  /** Resolves when all that it was fed is settled, or when it is stopped. */
  idle(): Promise<void>;
  /** How many are not settled, and why the last attempt failed. */
  left(): { count: number; why?: string };
}

export function openLane(channel: ReadyChannel, options: LaneOptions): Lane {
  const { environment, stop, hasTime, record, tell } = options;
  const { name } = channel;
  let waiting: readonly Notice[] = [];
  /** `seq` of the last one of which something became. */
  let settled = 0;
  let isWorking = false;
  let working = Promise.resolve();
  let why: string | undefined;
  let isAnswering = false;

  const left = () => waiting.filter(({ seq }) => seq > settled);

  const work = async () => {
    for (let [notice] = left(); notice && !stop.aborted; [notice] = left()) await deliver(notice);
    isWorking = false;
  };

  const deliver = async (notice: Notice) => {
    for (let attempts = 1; !stop.aborted; attempts += 1) {
      if (!isAnswering) await hasTime();
      const result = await attempt(channel, notice, environment, stop);
      const body = { channel: name, of: notice.seq, attempts };
      isAnswering = result.state === "sent" || result.state === "refused";
      switch (result.state) {
        case "stopped":
          return;
        case "sent":
          why = undefined;
          await environment.reached("notice-sent");
          if (attempts > 1) tell(`${name} takes notices again.`);
          return settle({ kind: "notice-delivered", body });
        case "refused":
          tell(`${name} refuses a notice, which is given up: ${result.why}`);
          return settle({ kind: "notice-failed", body: { ...body, error: result.why } });
        case "later": {
          why = result.why;
          if (attempts === 1) tell(`${name} takes no notices, and is tried again: ${why}`);
          const waitMs = Math.max(backOffMs(attempts, environment), result.waitMs ?? 0);
          await environment.sleep(waitMs, stop);
        }
      }
    }
  };

  const settle = async (entry: NoticeEntry) => {
    await record(entry);
    settled = entry.body.of;
  };

  return {
    feed(notices) {
      waiting = notices;
      if (isWorking) return;
      isWorking = true;
      working = work();
    },
    idle: () => working,
    left: () => ({ count: left().length, ...(why !== undefined && { why }) }),
  };
}
