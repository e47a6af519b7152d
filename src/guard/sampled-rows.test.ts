import { expect, test } from "vitest";
import type { SampledRow, SampledTable, SeenAgain } from "../core/row-sample.ts";
import { judgeRows } from "./sampled-rows.ts";

const table = (rows: SampledRow[], more: Partial<SampledTable> = {}): SampledTable => ({
  ...{ table: "public.orders", identity: "1", key: ["id"], rows },
  columns: [
    ["id", "bigint"],
    ["note", "text"],
  ],
  ...more,
});

const before = table([
  [["1"], "10", "key001note01"],
  [["2"], "10", "key002note02"],
  [["3"], "10", "key003note03"],
  [["4"], "10", "key004note04"],
]);

/** Each as its writer and its digests; null: gone. */
const now = (
  rows: ([writer: string, digests: string] | null)[],
  more: Partial<Extract<SeenAgain, { kind: "read" }>> = {},
): SeenAgain => ({
  ...{ kind: "read", identity: "1", columns: before.columns },
  rows: new Map(
    rows.flatMap((row, place) => (row ? [[place, { writer: row[0], digests: row[1] }]] : [])),
  ),
  ...more,
});

const judge = (seen: SeenAgain, sampled = before) =>
  judgeRows({ tables: [sampled], leftOut: [] }, [seen]);

test("what was written or deleted since is not judged", () => {
  const seen = now([["10", "key001note01"], ["11", "key002note02"], ["11", "key003other3"], null]);
  expect(judge(seen)).toEqual({
    passed: true,
    detail: "2 of 4 sampled rows of 1 table as they were, 1 written since, 1 deleted since",
  });
});

test("where nothing is there, and where nothing can be judged, that is said", () => {
  expect(judge(now([null, null, null, null]))).toEqual({
    passed: false,
    detail:
      "none of the sampled rows is there; 0 of 4 sampled rows of 1 table as they were, 4 deleted since, so that none could be judged",
  });
  const all = before.rows.map(([, , digests]): [string, string] => [
    "11",
    `${digests.slice(0, 6)}other1`,
  ]);
  expect(judge(now(all))).toEqual({
    passed: true,
    detail:
      "0 of 4 sampled rows of 1 table as they were, 4 written since, so that none could be judged",
  });
});

test("what nobody has written and is another is lost", () => {
  const lost = (n: number) => ["10", `key00${n}other${n}`] as [string, string];
  expect(judge(now([lost(1), lost(2), lost(3), lost(4)]))).toEqual({
    passed: false,
    detail:
      "column note of public.orders differs in 4 rows that nobody has written since (id 1; id 2; id 3; ...); 0 of 4 sampled rows of 1 table as they were",
  });
});

test("columns in another order are compared by name, and those that are gone are told", () => {
  const columns = [...before.columns].toReversed();
  const rows = before.rows.map(
    ([, writer, digests]) => [writer, digests.slice(6) + digests.slice(0, 6)] as [string, string],
  );
  expect(judge(now(rows, { columns }))).toMatchObject({ passed: true });
  const retyped = now(rows, { columns: [["note", "integer"], columns[1]!] });
  expect(judge(retyped)).toEqual({
    passed: false,
    detail:
      "column note of public.orders is not there as text; 4 sampled rows of 1 table as they were",
  });
});

test("a value that was too large to be read says nothing", () => {
  const rows = before.rows.map(([, writer, digests]): [string, string] => [writer, digests]);
  expect(judge(now([["10", "key001......"], ...rows.slice(1)]))).toMatchObject({ passed: true });
});

test("two tables that have changed places are lost, one that was made since is not judged", () => {
  const other = table(before.rows, { table: "public.customers", identity: "2" });
  const rows = before.rows.map(([, writer, digests]): [string, string] => [writer, digests]);
  const swapped = judgeRows({ tables: [before, other], leftOut: [] }, [
    now(rows, { identity: "2" }),
    now(rows, { identity: "1" }),
  ]);
  expect(swapped).toEqual({
    passed: false,
    detail:
      "public.orders is what was public.customers; public.customers is what was public.orders; no sampled row was compared",
  });
  const made = judgeRows({ tables: [before, other], leftOut: [] }, [
    now(rows, { identity: "3" }),
    now(rows, { identity: "2" }),
  ]);
  expect(made).toEqual({
    passed: true,
    detail:
      "4 sampled rows of 1 table as they were; not read again: public.orders (by now it is another table)",
  });
});

test("what was not seen is not claimed", () => {
  const leftOut = [{ table: "public.log", why: "it has no key" }];
  expect(judgeRows({ tables: [], leftOut }, [])).toEqual({
    passed: true,
    detail: "no row could be sampled; not sampled: public.log (it has no key)",
  });
  expect(judgeRows({ tables: [table([])], leftOut: [] }, [now([])])).toEqual({
    passed: true,
    detail: "there were no rows before",
  });
  expect(judge({ kind: "unread", why: "statement timeout" })).toEqual({
    passed: false,
    detail: "no sampled row was compared; not read again: public.orders (statement timeout)",
  });
  expect(judge({ kind: "missing", why: "it is not there" })).toEqual({
    passed: false,
    detail: "public.orders: it is not there; no sampled row was compared",
  });
});
