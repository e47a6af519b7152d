// Owns: the server's refusals of a row, told apart from what must not be passed over.

import { troubleOf } from "../session.ts";

export interface Refusal {
  /** SQLSTATE. */
  code: string;
  /** The server's own words. */
  words: string;
}

/** Throws the error on when it is not the server that refused. */
export function refusalOf(error: unknown): Refusal {
  const { kind, message, code = "" } = troubleOf(error);
  if (kind === "connection" || kind === "internal" || kind === "cancelled") throw error;
  return { code, words: message };
}

/** How much refusing is put up with. */
export interface Patience {
  /** Refusals left. */
  left: number;
  last?: Refusal;
}

/** What is refused so often in a row, down to single items, is refused whatever it is. */
const inARow = 5;

/**
 * Asks about many things at once, and about halves of them where the server refuses, until the
 * culprits are alone; they are left out. So is the rest when patience ends.
 */
export async function inHalves<T, R>(
  items: readonly T[],
  patience: Patience,
  ask: (items: readonly T[]) => Promise<R>,
): Promise<R[]> {
  const answers: R[] = [];
  const atMost = inARow + Math.ceil(Math.log2(items.length + 1));
  let refused = 0;
  const open = items.length > 0 ? [items] : [];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (patience.left <= 0 || refused >= atMost) break;
    try {
      answers.push(await ask(next));
      refused = 0;
    } catch (error) {
      patience.last = refusalOf(error);
      patience.left -= 1;
      refused += 1;
      const half = Math.ceil(next.length / 2);
      if (next.length > 1) open.push(next.slice(half), next.slice(0, half));
    }
  }
  return answers;
}
