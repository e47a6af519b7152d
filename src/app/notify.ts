// Owns: what people do with channels: try them, see what is still to be sent, send it now.

import { BelayError, untouched } from "../core/errors.ts";
import { readRecords } from "../journal/store.ts";
import { attempt } from "../notify/attempt.ts";
import type { Notice } from "../notify/notice.ts";
import type { ReadyChannel } from "../notify/options.ts";
import { type Queue, queueKinds, queueOf } from "../notify/queue.ts";
import type { Settings } from "./settings.ts";
import { openTarget, type Target, withSession } from "./target.ts";
import { atDesk } from "./watch/desk.ts";
import { channelsOf, usualGraceMs } from "./watch/messenger.ts";
import { databaseName } from "./watch/outbox.ts";

export interface NotifyTest {
  channels: { channel: string; kind: string; sent: boolean; why: string | null }[];
  /** All of them have it. */
  sent: boolean;
}

/** One attempt each, with a notice that calls nobody. Needs no database. Throws BELAY_CONFIG: there are none. */
export async function testChannels(settings: Settings): Promise<NotifyTest> {
  const { environment, databaseUrl, signal } = settings;
  const { ready, unready } = await channelsOf(settings);
  if (ready.length + unready.length === 0) {
    throw new BelayError("BELAY_CONFIG", "No channel is configured", {
      state: untouched,
      hint: "Put one under notify in belay.config.*; see docs/notifications.md.",
    });
  }
  const stop = signal ?? new AbortController().signal;
  const at = new Date(environment.now()).toISOString();
  const notice = testNotice(environment.id(), at, databaseName(databaseUrl ?? ""));
  const tried = await Promise.all(
    ready.map(async (channel: ReadyChannel) => {
      const result = await attempt(channel, notice, environment, stop);
      const why = result.state === "sent" ? null : "why" in result ? result.why : "stopped";
      return { channel: channel.name, kind: channel.kind, sent: result.state === "sent", why };
    }),
  );
  const without = unready.map(({ name, kind, why }) => ({ channel: name, kind, sent: false, why }));
  const channels = [...tried, ...without];
  return { channels, sent: channels.every(({ sent }) => sent) };
}

function testNotice(id: string, at: string, database: string): Notice {
  return {
    ...{ id, at, database, seq: 0, type: "test", severity: "info", watch: "test", isChange: true },
    title: "This is a test of Belay's notifications; nothing has happened",
    facts: [],
    alert: { key: `${id}-test`, name: "BelayTest", state: "resolved", since: at },
  };
}

export interface QueuedNotices {
  /** Those with something to be sent. */
  channels: {
    channel: string;
    /** Whether it is in the configuration. */
    configured: boolean;
    notices: Pick<Notice, "id" | "type" | "at" | "title">[];
  }[];
}

/** What is still to be sent. Looks only. */
export async function queuedNotices(settings: Settings): Promise<QueuedNotices> {
  return withSession(settings, async (session, { url }) => {
    const queue = queueOf(await readRecords(session, { kinds: queueKinds }), databaseName(url));
    return told(queue, settings);
  });
}

function told(queue: Queue, { notify = {} }: Settings): QueuedNotices {
  return {
    channels: [...queue].map(([channel, notices]) => ({
      ...{ channel, configured: channel in notify },
      notices: notices.map(({ id, type, at, title }) => ({ id, type, at, title })),
    })),
  };
}

export interface SendOptions {
  /** Milliseconds for which it goes on trying. */
  forMs: number;
}

/** Resolves with what could not be sent. Throws BELAY_LEASE_HELD: another process watches, and sends. */
export async function sendNotices(
  settings: Settings,
  { forMs }: SendOptions,
): Promise<QueuedNotices> {
  const target = await openTarget(settings);
  try {
    await sendQueued(settings, target, forMs);
    return await queuedNotices(settings);
  } finally {
    await target.close();
  }
}

/** Nothing is written, and nobody kept from watching, where there is nothing to send. */
export async function sendQueued(
  settings: Settings,
  target: Target,
  forMs: number = usualGraceMs,
): Promise<void> {
  const { channels } = await queuedNotices(settings);
  if (!channels.some(({ configured }) => configured)) return;
  await atDesk(settings, target, async () => {}, forMs);
}
