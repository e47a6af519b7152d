import { expect, test } from "vitest";
import { decide, type Facts, type WayBackFacts } from "./decision.ts";

const good: WayBackFacts = {
  ...{ version: "2", name: "change", until: null, locks: [], rows: 0, told: 0, lost: 0, ms: 50 },
};

const cases: [string, Facts["severity"], Partial<WayBackFacts>, string | null, RegExp][] = [
  ["nothing wrong", null, {}, "wait", /--severity/],
  ["lossless", "critical", {}, "roll back", /nothing is lost/],
  [
    "the window has ended",
    "critical",
    { impossible: "its undo window has ended" },
    "roll forward",
    /ended/,
  ],
  ["rows destroyed", "critical", { lost: 3 }, "roll forward", /not bring back 3 rows/],
  ["nobody knows how many are destroyed", "critical", { lost: null }, null, /nobody knows/],
  ["later rows do not fit", "high", { told: 1 }, "roll back", /1 row written since does not fit/],
  [
    "later rows do not fit, with time",
    "medium",
    { told: 2 },
    "roll forward",
    /2 rows .* do not fit/,
  ],
  ["unknown what is against it", "critical", { told: null }, null, /unknown/],
  ["too slow", "critical", { ms: 16 * 60_000 }, "roll forward", /960 s, longer than critical/],
  ["slow, with time", "high", { ms: 16 * 60_000 }, "roll back", /nothing is lost/],
  ["an unknown time", "critical", { ms: null }, "roll back", /nothing is lost/],
];

test.each(cases)("%s", (_, severity, facts, recommended, because) => {
  const decision = decide({ severity, last: { ...good, ...facts }, lagMs: null });
  expect(decision.recommended).toBe(recommended);
  expect(decision.because).toMatch(because);
  expect(decision.paths.map(({ path }) => path)).toEqual(["roll back", "roll forward", "wait"]);
  const possible = decision.paths.filter((each) => each.possible).map(({ path }) => path);
  if (recommended !== null) expect(possible).toContain(recommended);
});

test("nothing is applied", () => {
  const decision = decide({ severity: "high", lagMs: null });
  expect(decision).toMatchObject({ about: null, recommended: "wait", targetSeconds: 3_600 });
});

test("a standby that is behind is said", () => {
  const [back] = decide({ severity: "high", last: good, lagMs: 12_000 }).paths;
  expect(back?.why).toContain("a standby is 12 s behind already");
});
