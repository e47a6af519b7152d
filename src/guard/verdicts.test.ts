// From samples to a rule's verdict: the vocabulary of Argo Rollouts, and what is missing.

import { describe, expect, test } from "vitest";
import { type RuleOptions, ruleFor } from "./rule.ts";
import type { Reading, Sample } from "./sample.ts";
import { seenBy, verdicts } from "./verdicts.ts";

const ok = (value: number): Reading => ({ state: "ok", value });
const bad = (value: number): Reading => ({ state: "bad", value });
const unknown: Reading = { state: "unknown", why: "no answer" };

/** One verdict for each reading, a second apart. */
function states(options: Partial<RuleOptions>, readings: Reading[]): string[] {
  const rule = ruleFor(
    "s",
    { test: "condition", action: "rollback" },
    { signal: "s", test: "condition", ...options },
  );
  const judge = verdicts(rule, [], 60);
  return readings.map((reading, at) => {
    const sample: Sample = { ...reading, signal: "s", at: at * 1_000 };
    return judge(sample).state;
  });
}

describe("condition", () => {
  test("the signal's own limit decides where there is no condition", () => {
    expect(states({}, [ok(1), bad(1), ok(1)])).toEqual(["ok", "bad", "ok"]);
  });

  test("failureCondition and successCondition come before it", () => {
    expect(states({ failureCondition: { over: 5 } }, [ok(6), bad(5)])).toEqual(["bad", "ok"]);
    expect(states({ successCondition: { under: 5 } }, [ok(5), bad(4)])).toEqual(["bad", "ok"]);
    expect(states({ failureCondition: { over: 1, under: 3 } }, [ok(2), ok(4)])).toEqual([
      "bad",
      "ok",
    ]);
    expect(states({ successCondition: { equals: 0 } }, [ok(0), ok(1)])).toEqual(["ok", "bad"]);
  });

  test("consecutive failures are counted anew after a success", () => {
    const readings = [bad(1), bad(1), ok(1), bad(1), bad(1), bad(1)];
    expect(states({ consecutive: 3 }, readings).indexOf("bad")).toBe(5);
  });

  test("failureLimit counts all, and stays exceeded", () => {
    const readings = [bad(1), ok(1), bad(1), ok(1)];
    expect(states({ failureLimit: 1 }, readings)).toEqual(["ok", "ok", "bad", "bad"]);
  });
});

describe("every test", () => {
  test("what is missing is told after the limit, and never counted as good or bad", () => {
    const readings = [bad(1), unknown, unknown, unknown, bad(1)];
    expect(states({ consecutive: 2, inconclusiveLimit: 2 }, readings)).toEqual([
      "ok",
      "ok",
      "ok",
      "unknown",
      "bad",
    ]);
  });

  test("initialDelayMs, intervalMs and count leave readings out", () => {
    const all = [bad(1), bad(1), bad(1), ok(1)];
    expect(states({ initialDelayMs: 2_000 }, all)).toEqual(["ok", "ok", "bad", "ok"]);
    expect(states({ intervalMs: 2_000 }, [bad(1), ok(1), ok(1), ok(1)])).toEqual([
      "bad",
      "bad",
      "ok",
      "ok",
    ]);
    expect(states({ count: 1 }, [ok(1), bad(1), bad(1)])).toEqual(["ok", "ok", "ok"]);
  });

  test("one that has to know what is usual says that it does not", () => {
    expect(states({ test: "median" }, [ok(1)])).toEqual(["unknown"]);
  });
});

describe("a sample by itself", () => {
  const usual = Array.from({ length: 30 }, () => ({ state: "ok" as const, value: 10 }));
  const seen = (rule: RuleOptions, readings: Reading[]) => {
    const see = seenBy(ruleFor("s", { test: "median", action: "rollback" }, rule), usual);
    return readings.map((reading) => see({ ...reading, signal: "s", at: 0 }).state);
  };

  test("is bad where its rule counts it, whatever the signal's own limit says", () => {
    expect(seen({ signal: "s" }, [ok(14), ok(16), bad(14), unknown, ok(99)])).toEqual([
      ...["ok", "bad", "ok", "unknown", "bad"],
    ]);
    expect(seen({ signal: "s", test: "condition" }, [ok(16), bad(14)])).toEqual(["ok", "bad"]);
    expect(seen({ signal: "s", test: "cusum" }, [ok(11), ok(50), ok(11)])).toEqual([
      ...["ok", "bad", "ok"],
    ]);
  });
});
