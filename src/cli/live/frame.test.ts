// How a watch looks: on wide, narrow and low terminals, with and without colours.

import fc from "fast-check";
import pc from "picocolors";
import { describe, expect, test } from "vitest";
import type { Gauge } from "../../core/gauge.ts";
import type { RunEvent, WatchLook } from "../../engine/events.ts";
import { clip, harmless, width } from "./columns.ts";
import { frame } from "./frame.ts";
import { duration, quantity } from "./quantity.ts";
import { sparkline } from "./sparkline.ts";
import { emptyView, seen, type View } from "./view.ts";

const plain = pc.createColors(false);
const now = Date.parse("2026-11-30T10:00:00Z");

const gauge = (signal: string, given: Partial<Gauge> = {}): Gauge => ({
  ...{ signal, unit: "ms", value: 4, alone: "ok", verdict: "ok", limit: 8, dryRun: false },
  ...given,
});

const look = (given: Partial<WatchLook> = {}): RunEvent => ({
  kind: "look",
  look: {
    ...{ phase: "settling", rung: "calm", leftMs: 47_000, undoUntil: now + 3_600_000 * 71.5 },
    ...{ gauges: [gauge("p95"), gauge("lag", { value: 0, unit: "bytes", limit: null })] },
    waiting: [],
    ...given,
  },
});

const viewOf = (...events: RunEvent[]): View => events.reduce(seen, emptyView);
const shown = (view: View, columns = 80, rows = 24) =>
  frame(view, { columns, rows, now, paint: plain });

const waiter = {
  ...{ user: "app", application: "shop", lock: "relation", query: "SELECT 1", attributed: false },
  waitedMs: 1_234,
};

const statement: RunEvent = {
  ...{ kind: "statement", line: 1, sql: "ALTER TABLE\n  orders ADD note text" },
  ...{ index: 0, count: 2 },
};

const migration: RunEvent = { kind: "migration", version: "0002", name: "note", direction: "up" };

describe("the picture", () => {
  test("of a quiet watch", () => {
    expect(shown(viewOf(look(), look({ gauges: [gauge("p95", { value: 8 })] })))).toEqual([
      "── guard: calm ── all has to be well for 47 s more ── undo window 71 h 30 min ─",
      `  ✓ p95  ${" ".repeat(38)}▅█      8 ms  limit 8 ms`,
      "    locks  nobody waits",
    ]);
  });

  test("of trouble: what is bad, what is not known, who waits, what runs", () => {
    const gauges = [
      gauge("p95", { value: 95, alone: "bad", verdict: "bad" }),
      gauge("lookup", { value: 12, alone: "bad" }),
      gauge("notes", { value: null, alone: "unknown", verdict: "ok", limit: null }),
    ];
    const waiting = [
      { ...waiter, pid: 11, attributed: true },
      { ...waiter, pid: 12, application: "belay:0d7c" },
    ];
    const view = viewOf(
      migration,
      statement,
      look({ phase: "running", rung: "pause", gauges, waiting }),
    );
    expect(shown(view, 60).map((each) => each.replace(/ {9,}/, " … "))).toEqual([
      "── guard: pause ── looks on while the migration runs ── un…",
      "  ✗ p95 … █     95 ms  limit 8 ms",
      "  ! lookup … █     12 ms  limit 8 ms",
      "  ? notes … ·   unknown",
      "    locks  2 sessions wait, 1 of them for Belay",
      "    ! 11 shop, 1.2 s for relation: SELECT 1",
      "      12 Belay, 1.2 s for relation: SELECT 1",
      "  ▲ 0002 note  [1/2] ALTER TABLE orders ADD note text",
    ]);
  });

  test("of batches, and of the time after something was taken back", () => {
    const batch: RunEvent = { kind: "batch", line: 3, rows: 20_000, share: 0.42 };
    const view = viewOf(migration, statement, look(), batch);
    expect(shown(view).at(-1)).toBe("  ▲ 0002 note  ████░░░░░░ 42 %  line 3: 20,000 rows");
    const done = viewOf(
      migration,
      look(),
      { kind: "incident", step: "rolledBack" },
      {
        ...{ kind: "finished", version: "0002", name: "note", direction: "down", ms: 1 },
      },
    );
    const verifying = seen(done, look({ phase: "verifying", rung: null, undoUntil: null }));
    expect(shown(verifying)[0]).toMatch(/^── guard ── taken back; is all as it was\? ─+$/);
    expect(shown(verifying).at(-1)).toBe("    locks  nobody waits");
  });

  test("is not there before the first look", () => {
    expect(shown(viewOf(migration, statement))).toEqual([]);
  });

  test("of a low terminal leaves out what is well", () => {
    const gauges = Array.from({ length: 12 }, (_, index) => gauge(`signal-${index}`));
    gauges[7] = gauge("late", { alone: "bad", value: 20 });
    const lines = shown(viewOf(look({ gauges })), 80, 8);
    expect(lines.length).toBeLessThan(8);
    expect(lines.some((each) => each.startsWith("  ! late"))).toBe(true);
    expect(lines).toContain("    and 9 more");
  });

  test("has the same words with colours", () => {
    const view = viewOf(migration, statement, look({ waiting: [{ ...waiter, pid: 11 }] }));
    const painted = frame(view, { columns: 70, rows: 24, now, paint: pc.createColors(true) });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape character is what it looks for
    const bare = painted.map((each) => each.replace(/\u001B\[\d+m/g, ""));
    expect(bare).toEqual(shown(view, 70));
    expect(painted.join("")).not.toBe(bare.join(""));
  });

  test("fits every terminal, and holds nothing that a terminal would obey", () => {
    const text = fc.string({ unit: fc.constantFrom(..."a \u001B[2J\u0007\n\t表é😀\u202E") });
    const size = fc.record({
      columns: fc.integer({ min: 1, max: 200 }),
      rows: fc.integer({ min: 2, max: 40 }),
    });
    fc.assert(
      fc.property(text, text, size, (name, query, { columns, rows }) => {
        const waiting = [{ ...waiter, pid: 1, application: name, query, attributed: true }];
        const view = viewOf(
          { ...migration, name } as RunEvent,
          { ...statement, sql: query } as RunEvent,
          look({ gauges: [gauge(name), gauge("other", { value: null })], waiting }),
        );
        const lines = shown(view, columns, rows);
        expect(lines.length).toBeLessThan(rows);
        for (const each of lines) {
          expect(width(each)).toBeLessThanOrEqual(Math.max(1, columns - 1));
          expect(each).not.toMatch(/\p{Cc}|\u202E/u);
        }
      }),
    );
  });
});

test("a sparkline is measured by the limit, and shows what is missing", () => {
  expect(sparkline([0, 50, 100], 100).join("")).toBe("▁▅█");
  expect(sparkline([1, 2], 1_000).join("")).toBe("▁▁");
  expect(sparkline([100, null, 200], 100).join("")).toBe("▅·█");
  expect(sparkline([5, 10], null).join("")).toBe("▅█");
  expect(sparkline([1, 1, 1], null).join("")).toBe("▁▁▁");
  expect(sparkline([], null)).toEqual([]);
});

test("quantities are short", () => {
  expect(quantity(0.494, "ms")).toBe("0.5 ms");
  expect(quantity(1_234, "ms")).toBe("1.2 s");
  expect(quantity(1_073_741_824, "bytes")).toBe("1.1 GB");
  expect(quantity(7.21, "%")).toBe("7.2 %");
  expect(quantity(3, "sessions")).toBe("3");
  expect([900, 9_400, 47_000, 545_000, 259_140_000, -1].map(duration)).toEqual([
    ...["0.9 s", "9.4 s", "47 s", "9 min 5 s", "71 h 59 min", "over"],
  ]);
});

test("text is cut by columns, not by characters", () => {
  expect(width("表é")).toBe(3);
  expect(clip("表表表", 5)).toBe("表表…");
  expect(clip("abc", 3)).toBe("abc");
  expect(clip("abcd", 3)).toBe("ab…");
  expect(clip("abc", 0)).toBe("");
  expect(harmless("a\u001B[31m\nb")).toBe("a[31m b");
});
