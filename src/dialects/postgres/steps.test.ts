import { describe, expect, test } from "vitest";
import { BelayError } from "../../core/errors.ts";
import type { TransactionMode } from "../../core/migration.ts";
import { parseScript } from "./parse.ts";
import { toSteps } from "./steps.ts";

/** `1t: a; b` for a transaction, `1n: a` for what runs outside of one. */
async function steps(sql: string, transaction: TransactionMode = "auto"): Promise<string[]> {
  const parsed = await parseScript({ path: "m.sql", sql, line: 1, transaction });
  return toSteps(parsed, transaction).map(
    ({ id, transactional, statements }) =>
      `${id}${transactional ? "t" : "n"}: ${statements.map((each) => each.sql).join("; ")}`,
  );
}

async function refusal(sql: string): Promise<Partial<BelayError>> {
  const error = await steps(sql).catch((thrown: unknown) => thrown);
  if (!(error instanceof BelayError)) throw new Error(`not refused: ${sql}`);
  return { code: error.code, at: error.at, message: error.message, state: error.state };
}

describe("auto", () => {
  test("nothing makes no step", async () => {
    expect(await steps("-- nothing\n")).toEqual([]);
    expect(await steps("begin; commit;")).toEqual([]);
  });

  test("what can share a transaction does", async () => {
    expect(await steps("create table a (); vacuum a; drop table a; select 1")).toEqual([
      "1t: create table a ()",
      "2n: vacuum a",
      "3t: drop table a; select 1",
    ]);
  });

  test("BEGIN ... COMMIT groups as written", async () => {
    expect(
      await steps(
        "select 1; begin; select 2; select 3; commit; start transaction; select 4; end; select 5",
      ),
    ).toEqual(["1t: select 1", "2t: select 2; select 3", "3t: select 4", "4t: select 5"]);
  });

  test("a new enum value is committed before what may use it", async () => {
    const add = (value: string) => `alter type e add value '${value}'`;
    expect(
      await steps(`select 1; ${add("a")}; ${add("b")}; insert into t values ('a'); ${add("c")}`),
    ).toEqual([
      `1t: select 1; ${add("a")}; ${add("b")}`,
      `2t: insert into t values ('a'); ${add("c")}`,
    ]);
    expect(await steps(`begin; ${add("a")}; select 1; commit`)).toEqual([
      `1t: ${add("a")}; select 1`,
    ]);
  });
});

test("none: every statement for itself, BEGIN ... COMMIT as written", async () => {
  expect(
    await steps("select 1; vacuum; begin; select 2; select 3; commit; select 4", "none"),
  ).toEqual(["1t: select 1", "2n: vacuum", "3t: select 2; select 3", "4t: select 4"]);
});

describe("refused", () => {
  test.each([
    ["select 1;\nbegin;\nselect 2", "m.sql:2", /BEGIN without COMMIT/],
    ["commit", "m.sql:1", /COMMIT without BEGIN/],
    ["begin;\nbegin;\ncommit;", "m.sql:2", /BEGIN inside of BEGIN/],
    ["begin;\ncreate index concurrently i on t (a);\ncommit", "m.sql:2", /create-index/],
    ["begin isolation level serializable; commit", "m.sql:1", /BEGIN with options/],
    ["start transaction read only; commit", "m.sql:1", /START TRANSACTION with options/],
    ["begin; commit and chain; commit", "m.sql:1", /COMMIT AND CHAIN/],
    ["begin; rollback", "m.sql:1", /^ROLLBACK cannot/],
    ["begin; savepoint a; commit", "m.sql:1", /SAVEPOINT/],
    ["begin; release a; commit", "m.sql:1", /RELEASE/],
    ["begin; rollback to a; commit", "m.sql:1", /ROLLBACK TO/],
    ["begin; prepare transaction 'x'", "m.sql:1", /PREPARE TRANSACTION/],
    ["commit prepared 'x'", "m.sql:1", /COMMIT PREPARED/],
    ["rollback prepared 'x'", "m.sql:1", /ROLLBACK PREPARED/],
    ["set transaction isolation level serializable", "m.sql:1", /SET TRANSACTION/],
  ])("%s", async (sql, at, message) => {
    const error = await refusal(sql);
    expect(error).toMatchObject({
      code: "BELAY_SQL_TRANSACTION",
      at,
      state: "The database was not touched.",
    });
    expect(error.message).toMatch(message);
  });

  test.each([
    "create table belay.x ()",
    "alter table belay.journal add column a int",
    "drop table public.a, belay.b cascade",
    "drop schema belay cascade",
    "create schema belay",
    "alter table t set schema belay",
    "insert into belay.journal values (1)",
    "select * from x join belay.journal using (id)",
    "update t set a = 1 from belay.journal",
    "with x as (delete from belay.journal returning *) select 1",
    "truncate belay.journal",
    "create index on belay.journal (a)",
    "drop index belay.i",
    "create function belay.f() returns int language sql as ''",
    "select belay.f()",
    "create table t (a belay.ty)",
    "comment on table belay.journal is ''",
    "grant select on belay.journal to public",
    "create view v as select * from belay.journal",
    "create type belay.ty as enum ('a')",
    "drop function belay.f(int)",
    "alter function belay.f() rename to g",
    "alter schema belay rename to other",
    "grant usage on schema belay to public",
    "create trigger g after insert on belay.journal execute function f()",
    "alter schema other rename to belay",
    "alter schema belay owner to r",
    "comment on schema belay is ''",
    "create extension citext schema belay",
    "alter default privileges in schema belay grant select on tables to public",
    "grant select on all tables in schema belay to public",
    "alter table t alter c type belay.ty",
    "create table t (c int references belay.journal)",
    "alter type belay.ty add value 'x'",
  ])("Belay's schema: %s", async (sql) => {
    expect(await refusal(sql)).toMatchObject({ code: "BELAY_SQL_RESERVED", at: "m.sql:1" });
  });

  test.each([
    "create table belay_shelf_0123abcd.x ()",
    "drop table belay_shelf_0123abcd.x",
    "drop schema BELAY_SHELF_0123ABCD cascade",
    "alter table t set schema belay_shelf_0123abcd",
    "insert into belay_shelf_0123abcd.x values (1)",
    "select belay_shelf_0123abcd.f()",
    "grant usage on schema public, belay_shelf_0123abcd to public",
  ])("the schema of what is kept for an undo: %s", async (sql) => {
    const error = await refusal(sql);
    expect(error).toMatchObject({ code: "BELAY_SQL_RESERVED", at: "m.sql:1" });
    expect(error.message).toMatch(/schema "belay_shelf_0123abcd"/);
  });

  test.each([
    "create table belay_0123abcd_t ()",
    "create table t (belay_0123abcd_t int)",
    "create table t (a int constraint belay_0123abcd_t check (a > 0))",
    "create table t (a int, constraint belay_0123abcd_t unique (a))",
    "create table t (a int, unique (a, belay_0123abcd_t))",
    "create table t (a int references s (belay_0123abcd_t))",
    "alter table t add BELAY_0123ABCD_T int",
    "alter table t drop belay_0123abcd_t",
    "alter table t alter belay_0123abcd_t set default 1",
    "alter table t drop constraint belay_0123abcd_t",
    "alter table t rename a to belay_0123abcd_t",
    "alter table t rename belay_0123abcd_t to a",
    "alter table t rename constraint belay_0123abcd_t to a",
    "alter index belay_0123abcd_t rename to a",
    "alter sequence s owned by t.belay_0123abcd_t",
    "create index on t (belay_0123abcd_t)",
    "create index belay_0123abcd_t on t (a)",
    "create index on t (a) include (belay_0123abcd_t)",
    "create statistics belay_0123abcd_t on a, b from t",
    "create statistics s on a, belay_0123abcd_t from t",
    "drop index belay_0123abcd_t",
    "drop sequence a, public.belay_0123abcd_t",
    "comment on column t.belay_0123abcd_t is ''",
    "comment on constraint belay_0123abcd_t on t is ''",
    "grant select (belay_0123abcd_t) on t to public",
    "create trigger g after update of belay_0123abcd_t on t execute function f()",
    "insert into t (belay_0123abcd_t) values (1)",
    "insert into t values (1) on conflict on constraint belay_0123abcd_t do nothing",
    "update t set belay_0123abcd_t = 1",
    "select t.belay_0123abcd_t from t",
    "delete from t where belay_0123abcd_t is null",
    "create view v as select belay_0123abcd_t from t",
    "create publication p for table t (belay_0123abcd_t)",
    "copy t (belay_0123abcd_t) from stdin;\n1\n\\.\n",
  ])("the name of what is kept for an undo: %s", async (sql) => {
    const error = await refusal(sql);
    expect(error).toMatchObject({ code: "BELAY_SQL_RESERVED", at: "m.sql:1" });
    expect(error.message).toMatch(/name "belay_0123abcd_t"/);
  });

  test.each([
    "insert into t values ('belay_0123abcd_t')",
    "comment on table t is 'belay_0123abcd_t'",
    "create table belay_shelf_0123abc.x ()",
    "create table a.belay_shelf_0123abcd (belay_0123abcg_x int, a_belay_0123abcd_t int, belay_0123abcd int)",
    "select belay_of_a_user.f()",
    "select belay.a from t belay",
    "create table belay ()",
    "select 'belay.x'",
    "create table t (belay int)",
  ])("but not: %s", async (sql) => {
    expect(await steps(sql)).toHaveLength(1);
  });
});
