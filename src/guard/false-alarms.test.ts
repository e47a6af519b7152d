// The tests by themselves, over series that are made up: how often they cry for nothing, whether they
// find what is there, and whether the guard knows when not to trust them.

import { describe, expect, test } from "vitest";
import { falseAlarms } from "./false-alarms.ts";
import { type Known, type Rule, ruleFor, type TestName } from "./rule.ts";
import { tests } from "./rules/all.ts";
import { autocorrelated, binomial, persistence, seeded } from "./series.ts";

const [baselineLength, window, runs] = [240, 120, 300];

const ruleOf = (name: TestName, given: Partial<Rule> = {}): Rule =>
  ruleFor("s", { test: name, action: "rollback" }, { signal: "s", test: name, ...given });

/** Log-normal, width 0.2 unless told otherwise. */
function latencies(random: () => number, phi: number, width = 0.2): () => Known {
  const next = autocorrelated(random, phi);
  return () => ({ state: "ok", value: 100 * Math.exp(width * next()) });
}

/** Share of watches that cry. */
function alarmed(name: TestName, phi: number, shift: number): number {
  const random = seeded(7);
  let alarms = 0;
  for (let run = 0; run < runs; run += 1) {
    const next = latencies(random, phi);
    const judge = tests[name].begin(Array.from({ length: baselineLength }, next), {}, window);
    for (let at = 0; at < window; at += 1) {
      const reading = next();
      if (judge({ ...reading, value: reading.value * shift }).state === "ok") continue;
      alarms += 1;
      break;
    }
  }
  return alarms / runs;
}

describe.each(["median", "cusum"] as const)("%s", (name) => {
  test("hardly ever cries over readings that are independent or half persistent", () => {
    expect(alarmed(name, 0, 1)).toBeLessThan(0.01);
    expect(alarmed(name, 0.5, 1)).toBeLessThan(0.02);
  });

  test("finds half as much again, and twice", () => {
    expect(alarmed(name, 0.5, 1.5)).toBeGreaterThan(0.85);
    expect(alarmed(name, 0.5, 2)).toBeGreaterThan(0.98);
  });
});

test("cusum is the quicker one", () => {
  const after = (name: TestName) => {
    const baseline = Array.from({ length: baselineLength }, latencies(seeded(3), 0));
    const judge = tests[name].begin(baseline, {}, window);
    let readings = 1;
    while (judge({ state: "ok", value: 300 }).state === "ok") readings += 1;
    return readings;
  };
  expect(after("cusum")).toBeLessThan(after("median"));
  expect(after("cusum")).toBeGreaterThan(1);
});

test("one outlier is not enough for any of them", () => {
  const baseline = Array.from({ length: baselineLength }, latencies(seeded(3), 0));
  for (const name of ["median", "cusum"] as const) {
    const judge = tests[name].begin(baseline, {}, window);
    expect(judge({ state: "bad", value: 1e9 }).state, name).toBe("ok");
  }
});

describe("bernoulli", () => {
  const usually = (all: number): Known[] =>
    Array.from({ length: baselineLength }, () => ({
      state: "ok",
      value: 0.1,
      events: { bad: all / 1_000, all },
    }));
  const cries = (all: number, share: number, seed: number) => {
    const random = seeded(seed);
    const judge = tests.bernoulli.begin(usually(all), {}, window);
    for (let at = 0; at < window; at += 1) {
      const bad = binomial(random, all, share);
      if (judge({ state: "ok", value: share, events: { bad, all } }).state === "bad") return true;
    }
    return false;
  };
  const share = (all: number, rate: number) =>
    Array.from({ length: 100 }, (_, seed) => cries(all, rate, seed)).filter(Boolean).length / 100;

  test("finds one failure in twenty, and lets twice the usual pass", () => {
    expect(share(50, 0.05)).toBe(1);
    expect(share(50, 0.001)).toBeLessThan(0.02);
    expect(share(50, 0.002)).toBeLessThan(0.05);
  });

  test("says that it cannot tell where hardly anything happens", () => {
    const rare: Known[] = usually(50).map((each) => ({ ...each, events: { bad: 0, all: 0 } }));
    expect(falseAlarms(ruleOf("bernoulli"), rare, window)).toMatchObject({ decides: false });
    expect(falseAlarms(ruleOf("bernoulli"), usually(50), window)).toMatchObject({ decides: true });
  });
});

describe("what is told of a rule", () => {
  const of = (name: TestName, baseline: Known[]) => falseAlarms(ruleOf(name), baseline, window);
  const series = (phi: number, width: number, length = baselineLength) =>
    Array.from({ length }, latencies(seeded(11), phi, width));

  test("a quiet baseline lets it decide", () => {
    expect(of("median", series(0.3, 0.2))).toMatchObject({ decides: true });
  });

  test("a restless or persistent one does not", () => {
    const restless = of("median", series(0.8, 0.6));
    expect(restless.decides).toBe(false);
    expect(restless.rate).toBeGreaterThan(0.05);
    expect(restless.why).toContain("more than 1.0 %");
  });

  test("too short a one tells nothing", () => {
    expect(of("median", series(0, 0.2, 10))).toMatchObject({ decides: false, rate: null });
  });

  test("a baseline that was bad already cannot blame a migration", () => {
    const bad: Known[] = Array.from({ length: 30 }, () => ({ state: "bad", value: 1 }));
    expect(falseAlarms(ruleOf("condition", { consecutive: 3 }), bad, 60).decides).toBe(false);
    const ok: Known[] = bad.map(() => ({ state: "ok", value: 1 }));
    expect(falseAlarms(ruleOf("condition", { consecutive: 3 }), ok, 60).decides).toBe(true);
  });

  test("its estimate is near what really happens, and not below", () => {
    // Persistent enough that it does happen.
    const estimates = Array.from({ length: 8 }, (_, seed) => {
      const baseline = Array.from({ length: baselineLength }, latencies(seeded(seed), 0.8));
      return of("median", baseline).rate ?? 0;
    });
    const mean = estimates.reduce((sum, each) => sum + each, 0) / estimates.length;
    expect(mean).toBeGreaterThan(0.8 * alarmed("median", 0.8, 1));
    expect(mean).toBeLessThan(0.3);
  });
});

test("persistence is estimated near the truth", () => {
  for (const phi of [0, 0.5, 0.8]) {
    const next = autocorrelated(seeded(5), phi);
    const estimate = persistence(Array.from({ length: 5_000 }, next));
    expect(Math.abs(estimate - phi)).toBeLessThan(0.05);
  }
});
