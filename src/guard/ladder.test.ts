// The ladder by itself: what it may do on which grounds, whatever comes in which order.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  climb,
  type Finding,
  groundLadder,
  type Ladder,
  type Move,
  rungs,
  type Situation,
} from "./ladder.ts";
import { actions } from "./rule.ts";

const finding = (signal: string, given: Partial<Finding> = {}): Finding => ({
  ...{ signal, state: "bad", detail: "", attributed: false, action: "rollback" },
  ...{ decides: true, dryRun: false },
  ...given,
});

const settling: Situation = { phase: "settling" };
const running: Situation = { phase: "running" };

/** Rounds a second apart; the moves that were made. */
function play(rounds: { findings: Finding[]; situation?: Situation }[]): Move[] {
  let ladder: Ladder = groundLadder(0);
  return rounds.flatMap(({ findings, situation = settling }, index) => {
    const next = climb(ladder, findings, situation, index * 1_000);
    ladder = next.ladder;
    return next.move ?? [];
  });
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

test("one attributed reason takes back: cancels what runs, rolls back what is done", () => {
  const findings = [finding("blocked", { attributed: true, decides: false })];
  expect(play([{ findings, situation: running }])).toMatchObject([{ to: "cancel", pages: true }]);
  expect(play([{ findings }])).toMatchObject([{ to: "rollback", pages: true }]);
});

test("two signals that agree take back; one alone slows down, then pauses and pages", () => {
  expect(play([{ findings: [finding("a"), finding("b")] }])).toMatchObject([{ to: "rollback" }]);
  const moves = play(times(10, { findings: [finding("a")] }));
  expect(moves).toMatchObject([
    { to: "throttle", pages: false },
    { to: "pause", pages: true },
  ]);
});

test("one that may cry by chance is no reason", () => {
  const findings = [finding("a"), finding("b", { decides: false })];
  expect(play(times(10, { findings })).map(({ to }) => to)).not.toContain("rollback");
});

test("a dry run is no reason", () => {
  expect(play(times(10, { findings: [finding("a", { dryRun: true, attributed: true })] }))).toEqual(
    [],
  );
});

test("what is missing pauses and pages, and it goes on once that is back for a while", () => {
  const missing = { findings: [finding("a", { state: "unknown" })] };
  const back = { findings: [finding("a", { state: "ok" })] };
  const moves = play([...times(20, missing), ...times(10, back)]);
  expect(moves).toMatchObject([
    { from: "calm", to: "pause", pages: true },
    { from: "pause", to: "calm", pages: false },
  ]);
});

test("it does not flutter: quiet has to last", () => {
  const rounds = times(10, [
    { findings: [finding("a")] },
    { findings: [finding("a", { state: "ok" })] },
  ]).flat();
  expect(play(rounds)).toHaveLength(1);
});

test("no blind rollback: what is not lossless calls a human", () => {
  const situation = { ...settling, irreversible: "3 values do not fit any more" };
  const [move] = play([{ findings: [finding("a"), finding("b")], situation }]);
  expect(move).toMatchObject({ to: "page", why: "a, b: bad, and 3 values do not fit any more" });
});

test("one attempt only, then a human, and nothing after that", () => {
  const trouble = { findings: [finding("a"), finding("b")] };
  const quiet = { findings: [finding("a", { state: "ok" })] };
  const moves = play([trouble, ...times(10, quiet), ...times(5, trouble), ...times(20, quiet)]);
  expect(moves.map(({ to }) => to)).toEqual(["rollback", "calm", "page"]);
});

describe("whatever is found, in whatever order", () => {
  const anyFinding = fc.record({
    signal: fc.constantFrom("a", "b", "c"),
    state: fc.constantFrom("ok", "bad", "unknown"),
    detail: fc.constant(""),
    attributed: fc.boolean(),
    action: fc.constantFrom(...actions),
    decides: fc.boolean(),
    dryRun: fc.boolean(),
  }) as fc.Arbitrary<Finding>;
  const anySituation = fc.constantFrom<Situation>(running, settling, {
    ...settling,
    irreversible: "no",
  });
  const rounds = fc.array(
    fc.record({ findings: fc.array(anyFinding, { maxLength: 4 }), situation: anySituation }),
    { maxLength: 60 },
  );

  test("it takes back at most once, on good grounds, and only what is lossless", () => {
    fc.assert(
      fc.property(rounds, (given) => {
        let ladder: Ladder = groundLadder(0);
        let attempts = 0;
        for (const [index, { findings, situation }] of given.entries()) {
          const next = climb(ladder, findings, situation, index * 1_000);
          ladder = next.ladder;
          if (next.move?.to !== "rollback" && next.move?.to !== "cancel") continue;
          // A cancel that came to nothing may be followed by the rollback of what was finished.
          if (next.move.from !== "cancel" && next.move.from !== "rollback") attempts += 1;
          const bad = findings.filter((each) => each.state === "bad" && !each.dryRun);
          const trusted = bad.filter(({ decides }) => decides).map(({ signal }) => signal);
          expect(bad.some(({ attributed }) => attributed) || new Set(trusted).size >= 2).toBe(true);
          expect(next.move.to === "rollback" && situation.irreversible).toBeFalsy();
        }
        expect(attempts).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("what is only missing never goes beyond a pause", () => {
    const missing = fc.array(fc.array(anyFinding, { minLength: 1, maxLength: 4 }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(missing, (given) => {
        const moves = play(
          given.map((findings) => ({
            findings: findings.map((each) => ({ ...each, state: "unknown" as const })),
          })),
        );
        for (const { to } of moves) expect(rungs.indexOf(to)).toBeLessThanOrEqual(2);
      }),
    );
  });
});
