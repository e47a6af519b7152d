// The page that Prometheus reads, and the answer of /healthz, from facts that are made up.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Facts } from "../../src/app/serve/facts.ts";
import { lastSamples } from "../../src/app/serve/last-samples.ts";
import { exposition } from "../../src/cli/serve/exposition.ts";
import { familiesOf } from "../../src/cli/serve/families.ts";
import { healthOf } from "../../src/cli/serve/health.ts";
import type { Watch } from "../../src/journal/watches.ts";
import { parseExposition } from "./parse-exposition.ts";

const none = { healthy: 0, rolledBack: 0, unclear: 0, handedOver: 0, nothing: 0 };

const quiet: Facts = {
  journalVersion: 4,
  migrations: { applied: 2, rolledBack: 0, pending: null },
  ...{ open: null, windows: [], watch: null, incident: null, signals: [], channels: [] },
  leases: { run: false, watch: false },
  ...{ watches: none, incidents: none },
};

const scraped = { tookMs: 12, errors: 0, lastErrorAt: null };

const pageOf = (facts: Partial<Facts>) =>
  parseExposition(exposition(familiesOf({ ...scraped, facts: { ...quiet, ...facts } }, "1.2.3")));

/** Of what the format, or a reader of it, could stumble over. */
const hostile = fc.string({ unit: fc.constantFrom(...'"\\\n\r{},= #aé☃') });

describe("the page", () => {
  test("has every label as it was, whatever is in it", () => {
    fc.assert(
      fc.property(hostile, hostile, (version, name) => {
        const labels = { version, name };
        const family = {
          name: "belay_x",
          type: "gauge",
          samples: [{ labels, value: 1.5 }],
        } as const;
        const page = parseExposition(exposition([{ ...family, help: "one \\ line" }]));
        expect(page.value("belay_x", labels)).toBe(1.5);
      }),
    );
  });

  test("leaves out what is not known", () => {
    const page = pageOf({});
    expect(page.value("belay_migrations_applied")).toBe(2);
    const absent = ["belay_migrations_pending", "belay_watch_rung", "belay_undo_shelf_bytes"];
    for (const name of [...absent, "belay_last_incident_recover_seconds"]) {
      expect(page.types.has(name), name).toBe(false);
    }
  });

  test("of a database that does not answer says that, and nothing else of it", () => {
    const failed = { ...scraped, why: "it is gone", errors: 3, lastErrorAt: 1_500 };
    const page = parseExposition(exposition(familiesOf(failed, "1.2.3")));
    expect(page.value("belay_up")).toBe(0);
    expect(page.value("belay_scrape_errors_total")).toBe(3);
    expect(page.value("belay_scrape_last_error_timestamp_seconds")).toBe(1.5);
    expect(page.types.has("belay_migrations_applied")).toBe(false);
  });

  test("has one rung and one state that are true", () => {
    const signals = [{ signal: "p95", state: "bad" as const, value: 12.5, at: 2_000 }];
    const watch = { since: 1_000, watchMs: 60_000, covers: 1, rung: "pause" as const };
    const page = pageOf({ signals, watch });
    const truths = (name: string) => page.all(name).filter(({ value }) => value === 1);
    expect(truths("belay_watch_rung")).toEqual([{ labels: { rung: "pause" }, value: 1 }]);
    expect(page.all("belay_watch_rung")).toHaveLength(6);
    expect(truths("belay_signal_last_state")).toEqual([
      { labels: { signal: "p95", state: "bad" }, value: 1 },
    ]);
    expect(page.value("belay_signal_last_timestamp_seconds", { signal: "p95" })).toBe(2);
  });
});

describe("health", () => {
  const healthWith = (facts: Partial<Facts>) =>
    healthOf({ ...scraped, facts: { ...quiet, ...facts } });
  const open = { version: "0002", name: "index", atWork: false };
  const watch = { since: 0, watchMs: 60_000, covers: 1, rung: null };

  test("is there while all is done", () => {
    expect(healthWith({})).toMatchObject({ healthy: true, journal: 4, reasons: [] });
  });

  test("is there while somebody is at work, and not when nobody is any more", () => {
    expect(healthWith({ open: { ...open, atWork: true } })).toMatchObject({
      healthy: true,
      atWork: ["A run is at work on migration 0002 index."],
    });
    expect(healthWith({ open }).reasons).toEqual([
      "Migration 0002 index was interrupted; run belay recover.",
    ]);
    const leases = { run: false, watch: true };
    expect(healthWith({ watch: { ...watch, rung: "calm" }, leases }).healthy).toBe(true);
    expect(healthWith({ watch }).reasons).toEqual([
      "A watch goes on and no process minds it; run belay watch.",
    ]);
  });

  test("is not there where the database does not answer", () => {
    const health = healthOf({ ...scraped, why: "connection refused" });
    expect(health).toMatchObject({ healthy: false, database: "unknown", journal: null });
    expect(health.reasons).toEqual([
      "The database or its journal cannot be read: connection refused",
    ]);
  });
});

test("the last samples are those of the detection, else those from before", () => {
  const watch: Watch = {
    ...{ seq: 1, at: "2026-11-30T10:00:00.000Z", covers: [], finished: undefined },
    started: {
      ...{ watchMs: 1, intervalMs: 1 },
      baseline: { p95: [{ state: "ok", value: 1 }], lag: [{ state: "ok", value: 7 }], none: [] },
    },
    incident: {
      watch: 1,
      steps: [
        {
          ...{ watch: 1, time: "", step: "detected", fault: "" },
          reasons: [
            {
              ...{ signal: "p95", detail: "", attributed: false, falseAlarms: "" },
              series: [
                [1_000, 9, "bad"],
                [2_000, null, "unknown"],
              ],
            },
          ],
        },
      ],
    },
  };
  expect(lastSamples(watch)).toEqual([
    { signal: "p95", state: "unknown", value: null, at: 2_000 },
    { signal: "lag", state: "ok", value: 7, at: Date.parse(watch.at) },
  ]);
  expect(lastSamples(undefined)).toEqual([]);
});
