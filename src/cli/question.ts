// Owns: asking what is to become of a watch, by keys on a terminal. Nothing waits for the answer.

import type { Leaving, Wish } from "../app/watch/leaving.ts";

/** What it needs of `process.stdin`. */
export interface Keys {
  isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
  resume(): unknown;
  pause(): unknown;
  on(event: "data", listener: (data: Buffer) => void): unknown;
  off(event: "data", listener: (data: Buffer) => void): unknown;
}

export interface Question extends Leaving {
  /** False: nothing that is open to it goes on, and an interruption means what it always means. */
  ask(): boolean;
  /** Something is open to it. */
  readonly isOpen: boolean;
}

const question = "The watch goes on. k: keep watching   l: leave it to belay watch   r: roll back";
const sure = "Roll back all that was applied under this watch? y: yes   any other key: no";
const answers: Record<Wish, string> = {
  leave: "Left: belay watch goes on with it.",
  rollBack: "Rolling back.",
};

/** Sent by the key itself while keys are read one by one. */
const controlC = "\u0003";

/** `say` writes a line for people. */
export function openQuestion(keys: Keys, say: (line: string) => void): Question {
  let isOpen = false;
  let asks: "what" | "sure" | undefined;
  let answered: Wish | undefined;
  const stop = () => {
    if (asks === undefined) return;
    asks = undefined;
    keys.off("data", heard);
    keys.setRawMode?.(false);
    keys.pause();
  };
  const answer = (wish: Wish | undefined) => {
    answered = wish;
    say(wish === undefined ? "Watching on." : answers[wish]);
    stop();
  };
  const heard = (data: Buffer) => {
    const key = data.toString().slice(0, 1).toLowerCase();
    if (key === controlC) return answer("leave");
    if (asks === "sure") return answer(key === "y" ? "rollBack" : undefined);
    if (key === "l") return answer("leave");
    if (key === "k") return answer(undefined);
    if (key !== "r") return;
    asks = "sure";
    say(sure);
  };
  return {
    get isOpen() {
      return isOpen;
    },
    open() {
      isOpen = true;
      answered = undefined;
      return {
        [Symbol.dispose]() {
          isOpen = false;
          stop();
        },
      };
    },
    wish() {
      const wish = answered;
      answered = undefined;
      return wish;
    },
    ask() {
      if (!isOpen || keys.isTTY !== true) return false;
      // The second one may still come as a signal, sent before keys were read one by one.
      if (asks !== undefined) {
        answer("leave");
        return true;
      }
      asks = "what";
      keys.setRawMode?.(true);
      keys.on("data", heard);
      keys.resume();
      say(question);
      return true;
    },
  };
}
