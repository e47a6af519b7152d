// What is asked when somebody interrupts a watch, and what the keys mean.

import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { openQuestion } from "./question.ts";

/** A keyboard, and what was said. */
function keyboard({ isTTY = true } = {}) {
  const events = new EventEmitter();
  const raw: boolean[] = [];
  const said: string[] = [];
  const keys = Object.assign(events, {
    isTTY,
    setRawMode: (isRaw: boolean) => raw.push(isRaw),
    resume: () => {},
    pause: () => {},
  });
  const press = (text: string) => events.emit("data", Buffer.from(text));
  return { question: openQuestion(keys, (line) => said.push(line)), press, raw, said, events };
}

test("where no watch is open to it, or nobody is there, nothing is asked", () => {
  expect(keyboard().question.ask()).toBe(false);
  const { question, said } = keyboard({ isTTY: false });
  using _open = question.open();
  expect(question.ask()).toBe(false);
  expect(said).toEqual([]);
});

test.each([
  ["k", undefined],
  ["l", "leave"],
  ["\u0003", "leave"],
  ["xr", undefined],
])("%j is an answer, given once", (keys, wish) => {
  const { question, press, raw, events } = keyboard();
  using _open = question.open();
  expect(question.ask()).toBe(true);
  press(keys);
  expect(question.wish()).toBe(wish);
  expect(question.wish()).toBeUndefined();
  if (keys !== "xr") expect([raw, events.listenerCount("data")]).toEqual([[true, false], 0]);
});

test.each([
  ["y", "rollBack"],
  ["n", undefined],
  ["\u0003", "leave"],
])("rolling back is asked twice: %j", (key, wish) => {
  const { question, press, said } = keyboard();
  using _open = question.open();
  question.ask();
  press("r");
  expect(question.wish()).toBeUndefined();
  press(key);
  expect(question.wish()).toBe(wish);
  expect(said).toHaveLength(3);
});

test("to be interrupted while it asks is an answer", () => {
  const { question, raw } = keyboard();
  using _open = question.open();
  expect([question.ask(), question.ask()]).toEqual([true, true]);
  expect(question.wish()).toBe("leave");
  expect(raw).toEqual([true, false]);
});

test("a watch that ends takes its question back", () => {
  const { question, press, raw } = keyboard();
  const open = question.open();
  question.ask();
  open[Symbol.dispose]();
  press("l");
  expect(question.wish()).toBeUndefined();
  expect(raw).toEqual([true, false]);
  expect(question.ask()).toBe(false);
});
