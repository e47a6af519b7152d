import { expect, test } from "vitest";
import type { TransactionMode } from "../../core/migration.ts";
import { parseScript } from "./parse.ts";
import { toSteps } from "./steps.ts";

/** For each statement `TABLE t` of the script, where `t` will be looked for. */
async function paths(sql: string, transaction: TransactionMode = "auto") {
  const parsed = await parseScript({ path: "m.sql", sql, line: 1, transaction });
  return toSteps(parsed, transaction)
    .flatMap(({ statements }) => statements)
    .filter((each) => each.sql === "TABLE t")
    .map(({ foreseenPath }) => foreseenPath);
}

test.each<[string, string[] | null | undefined]>([
  ["", undefined],
  [`SET search_path TO App, "App", "a, b", 'c d'`, ["app", "App", "a, b", "c d"]],
  [`SET SESSION search_path = "$user", pg_temp`, ["$user", "pg_temp"]],
  ["SET SCHEMA 'Odd'", ["Odd"]],
  ["SET search_path = ''", [""]],
  ["SET search_path = a; SET search_path TO DEFAULT", undefined],
  ["SET search_path = a; RESET search_path", undefined],
  ["SET search_path = a; RESET ALL", undefined],
  ["SET search_path = a; DISCARD ALL", undefined],
  ["SET search_path = a; SET work_mem = '8MB'; RESET work_mem; DISCARD PLANS", ["a"]],
  ["SET search_path = a; SET search_path FROM CURRENT", ["a"]],
  ["SET LOCAL search_path = a", ["a"]],
  ["SET LOCAL search_path = a; SET search_path = b", ["b"]],
  ["SELECT pg_catalog.set_config('search_path', '', false)", []],
  [
    `SELECT set_config('Search_Path', ' App , "Od""d", é', 'x' = 'y'), set_config('search_path', 'b', true)`,
    ["b"],
  ],
  [`SELECT set_config('search_path', ' App , "Od""d", É ', false)`, ["app", 'Od"d', "É"]],
  ["SELECT set_config('search_path', 'a b', false)", null],
  ["SELECT set_config('search_path', 'a,', false)", null],
  ["SELECT set_config('search_path', x, false) FROM y", null],
  ["SELECT set_config('search_path', 'a', false) WHERE false", null],
  ["SELECT set_config('search_path', 'a', 1 = 1)", null],
  ["SELECT set_config(x, 'a', false) FROM y", null],
  ["SELECT set_config('work_mem', '8MB', false)", undefined],
  ["SET search_path = a; SET ROLE b", null],
  ["SET ROLE b; SET search_path = a", null],
  ["SET ROLE b; SET search_path = a; RESET ROLE", ["a"]],
  ["SET SESSION AUTHORIZATION b", null],
  ["SET SESSION AUTHORIZATION b; SET ROLE c; RESET ROLE", null],
  ["SELECT set_config('role', 'b', false)", null],
  ["SET ROLE b; SET LOCAL ROLE NONE; SET LOCAL role TO DEFAULT; SET search_path = a", null],
  [`SET "Search_Path" = a`, ["a"]],
  ["SELECT concat('x', set_config('search_path', 'a', false))", null],
  ["SELECT set_config('work_mem', set_config('search_path', 'a', false), false)", null],
  ["SELECT set_config('x.y', 'b', 1 = 1) FROM z", undefined],
  ["INSERT INTO x SELECT set_config('search_path', 'a', false)", null],
  ["CREATE TABLE x AS SELECT set_config('search_path', 'a', false)", null],
  ["CREATE VIEW x AS SELECT set_config('search_path', 'a', false)", undefined],
  ["CREATE TABLE x (a text DEFAULT set_config('search_path', 'a', false))", undefined],
])("%s", async (sql, path) => {
  expect(await paths(`${sql}; TABLE t`)).toEqual([path]);
});

test("what is LOCAL ends with its transaction", async () => {
  const both = "SET search_path = a; BEGIN; SET LOCAL search_path = b; TABLE t; COMMIT; TABLE t";
  expect(await paths(both)).toEqual([["b"], ["a"]]);
  expect(await paths("SET LOCAL search_path = b; TABLE t; VACUUM; TABLE t")).toEqual([
    ["b"],
    undefined,
  ]);
  expect(await paths("SET LOCAL search_path = b; TABLE t", "none")).toEqual([undefined]);
  expect(await paths("SET search_path = b; TABLE t", "none")).toEqual([["b"]]);
});
