// The guard's stories as anybody can play them: the real program, its embedded server, real traffic.

import { expect, test } from "vitest";
import { runBelay } from "../support/belay.ts";
import { doubtful } from "./watched-shop.ts";

/** Seconds after the fault, as the program prints it. */
function seconds(stdout: string, what: string): number {
  return Number(new RegExp(`${what} after ([\\d.]+) s`).exec(stdout)?.[1]);
}

const stories = [
  ...["undefined-column", "broken-inserts", "dropped-index", "lock-queue", "deadlocks"],
  "lagging-standby",
];

test.each(stories)("demo %s", doubtful, async (scenario) => {
  const { status, stdout, stderr } = await runBelay(["demo", "--scenario", scenario]);
  const told = `${stdout}\n${stderr}`;
  expect(status, told).toBe(0);
  expect(stdout, told).toContain("Exit status 5.");
  expect(stdout, told).toContain("Of the confirmed ones, 0 are missing.");
  expect(Number(/(\d+) were confirmed/.exec(stdout)?.[1]), told).toBeGreaterThan(0);
  expect(stdout, told).toContain("Taken back: 0002");
  expect(stdout, told).not.toContain("**no**");
  const [detected, back, verified] = ["detected", "taken back", "verified"].map((what) =>
    seconds(stdout, what),
  );
  expect(detected, told).toBeLessThanOrEqual(back ?? Number.NaN);
  expect(back, told).toBeLessThanOrEqual(verified ?? Number.NaN);
});
