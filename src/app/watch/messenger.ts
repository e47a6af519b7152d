// Owns: notices of a process that watches, from the journal to the channels, and what is said to people
// about what could not be sent.

import { BelayError, untouched } from "../../core/errors.ts";
import { type Channels, openChannels, wishesOf } from "../../notify/options.ts";
import { type Left, openSender, type Sender } from "../../notify/sender.ts";
import type { Settings } from "../settings.ts";
import { type OutboxOptions, openOutbox } from "./outbox.ts";

export interface Messenger extends Pick<Sender, "nudge" | "hold"> {
  /** Who is told of watches that begin now; see `WatchStarted`. */
  wishes: Record<string, string[]>;
  /** Tries for so long to send what is left. Says what then still is. */
  close(graceMs: number): Promise<void>;
}

type Told = Pick<Settings, "environment" | "report" | "notify" | "secret" | "signal">;

/** Milliseconds for which a command that is done goes on trying. */
export const usualGraceMs = 5_000;

export async function openMessenger(
  settings: Told,
  { lost, ...options }: OutboxOptions & { lost: AbortSignal },
): Promise<Messenger> {
  const { environment, report, notify, signal } = settings;
  if (notify === undefined || Object.keys(notify).length === 0) return nobody;
  const tell = (message: string) => report({ kind: "note", message });
  const { ready } = await channelsOf(settings);
  const outbox = openOutbox(options);
  const sender = openSender({ channels: ready, outbox, environment, lost, tell });
  // What an earlier process has left comes first.
  sender.nudge();
  return {
    wishes: wishesOf(notify),
    nudge: sender.nudge,
    hold: sender.hold,
    async close(graceMs) {
      const left = await sender.drain(graceMs, signal);
      for (const line of leftLines(left)) tell(line);
    },
  };
}

const nobody: Messenger = {
  ...{ wishes: {}, nudge: () => {}, hold: () => {} },
  close: async () => {},
};

export function channelsOf({ notify, secret }: Pick<Told, "notify" | "secret">): Promise<Channels> {
  return openChannels(notify, secret ?? (() => undefined));
}

/** Throws BELAY_CONFIG: whoever begins something wants to be sure that people will hear of it. */
export async function refuseUnready(settings: Told): Promise<void> {
  const { unready } = await channelsOf(settings);
  if (unready.length === 0) return;
  const reasons = unready.map(({ name, why }) => `${name}: ${why}`).join("; ");
  throw new BelayError("BELAY_CONFIG", `Channels of notify cannot be used: ${reasons}`, {
    state: untouched,
    hint: "Set the variables that belay.config.* names, or take the channel out.",
    details: { channels: unready.map(({ name }) => name) },
  });
}

/** For whoever goes on with something: that matters more than who hears of it. */
export async function tellUnready(settings: Told): Promise<void> {
  const { unready } = await channelsOf(settings);
  for (const { name, why } of unready) {
    settings.report({ kind: "note", message: `Nothing is sent to ${name}: ${why}` });
  }
}

function leftLines(left: Left[] | undefined): string[] {
  if (left === undefined) return ["Whether notices are still to be sent is not known."];
  return left.map(({ channel, count, why }) => {
    const what = count === 1 ? "1 notice is" : `${count} notices are`;
    const reason = why === undefined ? "" : ` (${why})`;
    return `${what} still to be sent to ${channel}${reason}: belay watch or belay notify send does it.`;
  });
}
