// Owns: the section `notify` of the configuration, and what it amounts to here: channels that are ready,
// and those that this environment has no secrets for.

import { z } from "zod";
import { messageOf } from "../core/errors.ts";
import type { ChannelKind, Send } from "./channel.ts";
import { channelKinds } from "./channels/all.ts";
import type { NoticeType } from "./notice.ts";
import { type Lookup, redactor, resolve } from "./secret.ts";

const [first, ...others] = channelKinds.map(({ schema }) => schema);

const anyChannel = z.discriminatedUnion("kind", [first as z.ZodObject, ...others]);

/** Channels by name; the name is what the journal knows a channel by. */
export const notifySchema = z.record(z.string().min(1), anyChannel);

export type NotifyConfig = z.infer<typeof notifySchema>;

export interface ReadyChannel {
  name: string;
  kind: string;
  timeoutMs: number;
  send: Send;
  /** The reason of a failure, without secrets. */
  explain(error: unknown): string;
}

export interface Channels {
  ready: ReadyChannel[];
  /** Those that cannot be used here. */
  unready: { name: string; kind: string; why: string }[];
}

interface Given {
  kind: string;
  only?: NoticeType[];
  timeoutMs: number;
}

/** By channel: the types of notices that it is to get. Needs no secrets. */
export function wishesOf(config: NotifyConfig = {}): Record<string, NoticeType[]> {
  return Object.fromEntries(
    Object.entries(config).map(([name, given]) => {
      const { kind, only } = given as unknown as Given;
      return [name, only ?? [...kindOf(kind).usual]];
    }),
  );
}

/** Looks secrets up, and loads what the channels need, so that the first notice need not wait for it. */
export async function openChannels(config: NotifyConfig = {}, lookup: Lookup): Promise<Channels> {
  const channels: Channels = { ready: [], unready: [] };
  for (const [name, given] of Object.entries(config)) {
    const { kind, timeoutMs } = given as unknown as Given;
    const { options, secrets, missing } = resolve(given, lookup);
    const redact = redactor(secrets);
    const explain = (error: unknown) => redact(reasonOf(error));
    if (missing.length > 0) {
      channels.unready.push({ name, kind, why: `${missing.join(", ")} is not set` });
      continue;
    }
    try {
      const send = await kindOf(kind).open(options);
      channels.ready.push({ name, kind, timeoutMs, send, explain });
    } catch (error) {
      channels.unready.push({ name, kind, why: explain(error) });
    }
  }
  return channels;
}

function kindOf(kind: string): ChannelKind {
  const found = channelKinds.find((each) => each.kind === kind);
  if (found === undefined) throw new Error(`internal: no channel of kind ${kind}`);
  return found;
}

/** In one line; `fetch` hides the reason in the cause, and of several addresses in a list of causes. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const causes =
    cause instanceof AggregateError ? cause.errors : cause === undefined ? [] : [cause];
  return [error, ...causes].map(messageOf).filter(Boolean).join(": ").replace(/\s+/g, " ");
}
