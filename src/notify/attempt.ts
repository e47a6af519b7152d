// Owns: one attempt to send, which ends in time whatever the receiver does, and the time between two.

import type { Environment } from "../core/environment.ts";
import { Refused } from "./channel.ts";
import type { Notice } from "./notice.ts";
import type { ReadyChannel } from "./options.ts";

export type Attempt =
  | { state: "sent" }
  /** For good. */
  | { state: "refused"; why: string }
  | { state: "later"; why: string; waitMs?: number }
  /** Whether it was received is not known. */
  | { state: "stopped" };

/** Never throws. */
export async function attempt(
  { send, timeoutMs, explain }: ReadyChannel,
  notice: Notice,
  environment: Environment,
  stop: AbortSignal,
): Promise<Attempt> {
  if (stop.aborted) return { state: "stopped" };
  const [late, done] = [new AbortController(), new AbortController()];
  const signal = AbortSignal.any([late.signal, stop]);
  const sending = send(notice, signal).then(
    (): Attempt => ({ state: "sent" }),
    (error: unknown): Attempt => {
      if (stop.aborted) return { state: "stopped" };
      const why = explain(error);
      if (!(error instanceof Refused)) return { state: "later", why };
      if (error.isFinal) return { state: "refused", why };
      const { waitMs } = error;
      return { state: "later", why, ...(waitMs !== undefined && { waitMs: cap(waitMs) }) };
    },
  );
  // Raced: not every library gives up when it is told to.
  const over = environment
    .sleep(timeoutMs, AbortSignal.any([done.signal, stop]))
    .then((): Attempt => {
      if (stop.aborted) return { state: "stopped" };
      return { state: "later", why: `no answer within ${timeoutMs} ms` };
    });
  const result = await Promise.race([sending, over]);
  done.abort();
  if (result.state !== "sent") late.abort();
  return result;
}

const [firstWaitMs, longestWaitMs] = [1_000, 60_000];

/** A receiver that asks for more has lost its way, and nobody would hear of anything. */
const longestAskedMs = 60 * 60 * 1_000;

function cap(waitMs: number): number {
  return Math.min(waitMs, longestAskedMs);
}

/** Doubles; between half and all of that, so that many do not come back at once. */
export function backOffMs(attempts: number, { random }: Pick<Environment, "random">): number {
  const full = Math.min(firstWaitMs * 2 ** (attempts - 1), longestWaitMs);
  return full * (0.5 + random() / 2);
}
