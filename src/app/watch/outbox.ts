// Owns: the queue of notices as the journal keeps it, over a database session of its own: what the guard
// asks of the database never waits behind it.

import { BelayError } from "../../core/errors.ts";
import type { Dialect, Session } from "../../dialects/dialect.ts";
import { applicationName } from "../../engine/lease.ts";
import type { JournalRecord, NoticeEntry } from "../../journal/record.ts";
import { append, readRecords } from "../../journal/store.ts";
import { type Queue, queueKinds, queueOf } from "../../notify/queue.ts";
import type { Outbox } from "../../notify/sender.ts";

export interface OutboxOptions {
  dialect: Dialect;
  url: string;
  run: string;
  /** Of the lease of who watches. */
  token: string;
}

/** Milliseconds; nothing of it is worth more of anybody's time. */
const [connectTimeoutMs, timeouts] = [5_000, { lockMs: 1_000, statementMs: 5_000 }];

export function openOutbox({ dialect, url, run, token }: OutboxOptions): Outbox {
  let session: Promise<Session> | undefined;
  let isClosed = false;
  /** Read once: all before `from` is settled, and changes no more. */
  let earlier: JournalRecord[] = [];
  let from = 0;

  const connect = async (): Promise<Session> => {
    const name = applicationName(run);
    const opened = await dialect.connect({ url, applicationName: name, connectTimeoutMs });
    await dialect.setTimeouts(opened, timeouts);
    if (isClosed) opened.destroy();
    return opened;
  };
  const ask = async <T>(question: (session: Session) => Promise<T>): Promise<T> => {
    session ??= connect();
    const asked = session;
    try {
      return await question(await asked);
    } catch (error) {
      const isLost = error instanceof BelayError || dialect.trouble(error).kind === "connection";
      if (isLost && session === asked) {
        session = undefined;
        asked.then((open) => open.destroy()).catch(() => {});
      }
      throw error;
    }
  };

  return {
    async read(): Promise<Queue> {
      const later = await ask((open) => readRecords(open, { kinds: queueKinds, from }));
      const records = [...earlier, ...later];
      const queue = queueOf(records, databaseName(url));
      if (from === 0) {
        from = Math.min(
          lastWatch(records),
          ...[...queue.values()].map(([first]) => first?.seq ?? 0),
        );
        earlier = records.filter(({ seq }) => seq < from);
      }
      return queue;
    },
    async record(entry: NoticeEntry) {
      await ask((open) => append(open, run, token, entry));
    },
    isOver: (error) => error instanceof BelayError && error.code === "BELAY_LEASE_LOST",
    async close() {
      isClosed = true;
      await session?.then((open) => open.close()).catch(() => {});
    },
    abandon() {
      isClosed = true;
      session?.then((open) => open.destroy()).catch(() => {});
    },
  };
}

function lastWatch(records: readonly JournalRecord[]): number {
  return records.findLast(({ kind }) => kind === "watch-started")?.seq ?? 0;
}

/** Host and database, as people call it; never a user, a password or a parameter. */
export function databaseName(url: string): string {
  if (!URL.canParse(url)) return "database";
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
