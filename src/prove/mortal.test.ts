// What the dead leave behind: nothing that runs, and nothing that keeps their memory.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { realEnvironment } from "../core/environment.ts";
import { Mortal } from "./mortal.ts";

test("its clocks stand still, and what it had in hand is let go", async () => {
  let clocks = 0;
  const every = () => {
    clocks += 1;
    return () => {
      clocks -= 1;
    };
  };
  const dies = async () => {
    const mortal = new Mortal({ ...realEnvironment, every }, 1);
    const inHand = { rows: new Array(1000).fill("row") };
    const work = async () => {
      mortal.environment.every(1000, () => {});
      await mortal.environment.reached("step-committed");
      inHand.rows.push("never");
    };
    expect(await mortal.diesIn(work())).toBe(true);
    return new WeakRef(inHand);
  };
  const left = await dies();
  expect(clocks).toBe(0);
  setFlagsFromString("--expose-gc");
  await new Promise((resolve) => setTimeout(resolve, 10));
  runInNewContext("gc")();
  expect(left.deref()).toBeUndefined();
});
