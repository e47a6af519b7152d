// Owns: getting notices out: it reads the queue when there may be something new, and gives each channel
// what is its own. What became of a notice is in the journal before the next one is sent, so whoever takes
// over goes on there; what was sent and is not in the journal is sent again.
// Nobody waits for it but who calls `drain`, and that has an end.

import type { Environment } from "../core/environment.ts";
import type { NoticeEntry } from "../journal/record.ts";
import { type Lane, openLane } from "./lane.ts";
import type { ReadyChannel } from "./options.ts";
import type { Queue } from "./queue.ts";

/** The queue, as it is kept. What is thrown may be tried again, unless `isOver`. */
export interface Outbox {
  read(): Promise<Queue>;
  record(entry: NoticeEntry): Promise<void>;
  /** Whether the error means that another process does this now. */
  isOver(error: unknown): boolean;
  close(): Promise<void>;
  /** Ends what is being asked of the database, whether it answers or not. */
  abandon(): void;
}

export interface SenderOptions {
  channels: readonly ReadyChannel[];
  outbox: Outbox;
  environment: Environment;
  /** Aborted when another process does this now. */
  lost: AbortSignal;
  /** One line for people. */
  tell(line: string): void;
}

/** What is still to be sent when it ends. */
export interface Left {
  channel: string;
  count: number;
  /** Of the last attempt; absent: there was none, or it went well. */
  why?: string;
}

export interface Sender {
  /** The journal may say something new. Returns at once. */
  nudge(): void;
  /** True: something that matters more is going on; only who is known to answer is told just now. */
  hold(isHeld: boolean): void;
  /**
   * Stops when all is sent, or after so many milliseconds, or when aborted. Undefined: what is left is
   * not known, because the journal does not answer.
   */
  drain(graceMs: number, signal?: AbortSignal): Promise<Left[] | undefined>;
}

/** Milliseconds until a journal that did not answer is asked again. */
const journalRetryMs = 1_000;

/** Milliseconds for the journal when the time is over. */
const lastWordMs = 500;

export function openSender(options: SenderOptions): Sender {
  const { channels, outbox, environment, lost, tell } = options;
  const stop = new AbortController();
  const end = () => stop.abort();
  lost.addEventListener("abort", end, { once: true });

  /** At least once: what has been sent is worth writing down also when the time is over. */
  const withJournal = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    do {
      try {
        return await work();
      } catch (error) {
        if (outbox.isOver(error)) end();
        else await environment.sleep(journalRetryMs, stop.signal);
      }
    } while (!stop.signal.aborted);
    return undefined;
  };

  const pause = pausing(environment, stop.signal);
  const record = (entry: NoticeEntry) => withJournal(() => outbox.record(entry));
  const lanes = new Map<string, Lane>();
  for (const channel of channels) {
    const { hasTime } = pause;
    const given = { environment, stop: stop.signal, hasTime, record, tell };
    lanes.set(channel.name, openLane(channel, given));
  }
  const queue = feeding(lanes, () => withJournal(() => outbox.read()), stop.signal);

  return {
    nudge: queue.refresh,
    hold: pause.hold,
    async drain(graceMs, signal) {
      pause.hold(false);
      queue.refresh();
      const done = new AbortController();
      const given = signal ? [signal, done.signal] : [done.signal];
      const over = environment.sleep(graceMs, AbortSignal.any(given)).then(async () => {
        if (done.signal.aborted) return;
        end();
        await environment.sleep(lastWordMs, done.signal);
      });
      const sent = async () => {
        await queue.idle();
        await Promise.all([...lanes.values()].map((lane) => lane.idle()));
      };
      await Promise.race([sent(), over]);
      done.abort();
      lost.removeEventListener("abort", end);
      if (stop.signal.aborted) outbox.abandon();
      else await outbox.close();
      // Where it is lost, that is not ours to know any more.
      return lost.aborted ? [] : leftOf(queue.latest(), lanes);
    },
  };
}

/** Milliseconds; what takes longer is to be heard of also by who was not there at first. */
const longestHoldMs = 5_000;

/** Each attempt on a dead receiver is a moment in which a rollback in this process does not go on. */
function pausing({ sleep }: Environment, stop: AbortSignal) {
  let going = new AbortController();
  let held = Promise.resolve();
  return {
    hold(isHeld: boolean) {
      going.abort();
      if (!isHeld) return;
      going = new AbortController();
      held = sleep(longestHoldMs, AbortSignal.any([going.signal, stop]));
    },
    hasTime: () => held,
  };
}

/** Reads the queue once more after each `refresh`, never twice at a time, and feeds the lanes. */
function feeding(
  lanes: ReadonlyMap<string, Lane>,
  read: () => Promise<Queue | undefined>,
  stop: AbortSignal,
) {
  let latest: Queue | undefined;
  let isStale = false;
  let isReading = false;
  let reading = Promise.resolve();
  const work = async () => {
    while (isStale && !stop.aborted) {
      isStale = false;
      latest = (await read()) ?? latest;
      for (const [name, lane] of lanes) lane.feed(latest?.get(name) ?? []);
    }
    isReading = false;
  };
  return {
    refresh() {
      isStale = true;
      if (isReading) return;
      isReading = true;
      reading = work();
    },
    idle: () => reading,
    /** Undefined: it was never read. */
    latest: () => latest,
  };
}

function leftOf(queue: Queue | undefined, lanes: ReadonlyMap<string, Lane>): Left[] | undefined {
  if (queue === undefined) return undefined;
  return [...queue].flatMap(([channel, notices]) => {
    const { count, why } = lanes.get(channel)?.left() ?? { count: notices.length };
    return count === 0 ? [] : [{ channel, count, ...(why !== undefined && { why }) }];
  });
}
