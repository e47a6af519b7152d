// Which notices follow from which records, for whom, and what is still to be sent.

import { expect, test } from "vitest";
import type { Entry, IncidentStep, JournalRecord } from "../journal/record.ts";
import { type NoticeType, noticeTypes } from "./notice.ts";
import { queueOf } from "./queue.ts";

/** Records in the order given, `seq` from 1. */
function journal(...entries: Entry[]): JournalRecord[] {
  return entries.map((entry, index) => {
    const at = new Date(1_000 * index).toISOString();
    return { ...entry, seq: index + 1, at, run: "run" };
  });
}

const begun = (notify: Record<string, NoticeType[]> = { ops: [...noticeTypes] }): Entry => ({
  kind: "watch-started",
  body: { watchMs: 60_000, intervalMs: 1_000, baseline: {}, notify },
});

const applied = (version: string, losses: object[] = []): Entry =>
  ({
    kind: "migration-finished",
    version,
    body: { direction: "up", name: "change", losses },
  }) as unknown as Entry;

const moved = (to: string, pages = false): Entry => ({
  kind: "watch-moved",
  body: { from: "calm", to, why: "shop: not known", pages },
});

/** Of a watch whose first record is the first of all. */
const step = (body: object): Entry => ({
  kind: "incident",
  body: { watch: 1, time: "2026-11-01T10:00:00.000Z", ...body } as IncidentStep,
});

const detected = step({
  step: "detected",
  fault: "2026-11-01T09:59:58.000Z",
  reasons: [
    { signal: "shop", detail: "status 500", attributed: false, falseAlarms: "0 %", series: [] },
  ],
});

const over = (outcome: "healthy" | "rolledBack" | "handedOver" | "nothing"): Entry => ({
  kind: "watch-finished",
  body: { outcome, why: "so it is" },
});

const delivered = (of: number, channel = "ops"): Entry => ({
  kind: "notice-delivered",
  body: { channel, of, attempts: 1 },
});

const told = (...entries: Entry[]) => queueOf(journal(...entries), "db/shop").get("ops") ?? [];

const typesOf = (...entries: Entry[]) => told(...entries).map(({ type }) => type);

const alertsOf = (...entries: Entry[]) =>
  told(...entries).flatMap(({ alert }) => (alert ? [`${alert.key} ${alert.state}`] : []));

const takenBack: Entry[] = [
  begun(),
  applied("0001"),
  moved("rollback", true),
  detected,
  step({
    step: "decided",
    action: "rollback",
    why: "shop and latency agree",
    covers: [{ version: "0001", seq: 2 }],
  }),
  step({ step: "rolledBack", versions: ["0001"], conflicts: 3 }),
  step({ step: "verified", passed: true, checks: [] }),
  step({ step: "closed", outcome: "rolledBack", why: "taken back and verified" }),
  over("rolledBack"),
];

test("a rollback is told step by step, as one alert that is resolved", () => {
  expect(typesOf(...takenBack)).toEqual([
    ...["watch-started", "detected", "decided", "rolled-back", "verified", "closed", "watch-over"],
  ]);
  expect(alertsOf(...takenBack)).toEqual([
    ...Array(4).fill("run-1-incident raised"),
    "run-1-incident resolved",
  ]);
  const notices = told(...takenBack);
  expect(notices.map(({ id }) => id)).toEqual([1, 4, 5, 6, 7, 8, 9].map((seq) => `run-${seq}`));
  expect(new Set(notices.map(({ watch }) => watch))).toEqual(new Set(["run-1"]));
  expect(notices[3]?.facts).toEqual([
    ["Rows in conflict with later writes", "3; all are in belay.conflict"],
  ]);
  expect(notices.filter(({ isChange }) => isChange).map(({ type }) => type)).toEqual([
    ...["watch-started", "watch-over"],
  ]);
});

test("a human who is called is told what to do, and what going back would lose, in rows", () => {
  const losses = [{ object: "rows of orders", why: "nothing was kept", rows: 12 }];
  const covers = [{ version: "0001", seq: 2 }];
  const [, , page, closed] = told(
    begun(),
    applied("0001", losses),
    detected,
    step({ step: "decided", action: "page", why: "0001 has no way back", covers }),
    step({ step: "closed", outcome: "handedOver", why: "0001 has no way back" }),
  );
  expect(page).toMatchObject({ type: "paged", severity: "critical", next: expect.any(String) });
  expect(page?.facts).toContainEqual([
    "Taking it back would lose",
    "rows of orders (12 rows): nothing was kept",
  ]);
  // Called once; the alert stays open for the human.
  expect(closed).toMatchObject({ type: "closed", alert: { state: "raised" } });
});

test("a rollback that failed calls a human", () => {
  const types = typesOf(
    ...takenBack.slice(0, 5),
    step({ step: "closed", outcome: "handedOver", why: "the rollback failed" }),
    over("handedOver"),
  );
  expect(types.slice(-2)).toEqual(["paged", "watch-over"]);
});

test("a pause calls, and is over with the pause or with the watch", () => {
  const calm = [begun(), moved("throttle"), moved("pause", true), moved("calm"), over("healthy")];
  expect(typesOf(...calm)).toEqual(["watch-started", "paged", "eased", "watch-over"]);
  expect(alertsOf(...calm)).toEqual(["run-1-paused raised", "run-1-paused resolved"]);
  expect(alertsOf(begun(), moved("pause", true), over("nothing"))).toEqual([
    ...["run-1-paused raised", "run-1-paused resolved"],
  ]);
  expect(typesOf(begun(), over("handedOver"))).toEqual(["watch-started", "paged"]);
});

test("a watch that another takes over hands on what it covers", () => {
  const notices = told(begun(), applied("0001"), begun(), applied("0002"), over("healthy"));
  expect(notices.map(({ id }) => id)).toEqual(["run-1", "run-3", "run-5"]);
  expect(notices.at(-1)?.facts).toEqual([["Migrations", "0001 change, 0002 change"]]);
});

test("each channel gets what its watch began with, and all after the last one that is settled", () => {
  const records = journal(
    begun({ ops: ["detected", "closed"], pager: ["detected"] }),
    ...takenBack.slice(1),
    delivered(4),
    { kind: "notice-failed", body: { channel: "pager", of: 4, attempts: 1, error: "status 400" } },
  );
  const queue = queueOf(records, "db/shop");
  expect([...queue.keys()]).toEqual(["ops"]);
  expect(queue.get("ops")?.map(({ type }) => type)).toEqual(["closed"]);
});

test("a watch of a program that knew no channels is told to nobody", () => {
  const { notify: _, ...body } = (begun() as Extract<Entry, { kind: "watch-started" }>).body;
  expect(told({ kind: "watch-started", body }, ...takenBack.slice(1))).toEqual([]);
});
