import { expect, test } from "vitest";
import { read, refusal, tree } from "./fixtures/folder.ts";
import { format } from "./sqlx.ts";

test("reads simple files", async () => {
  const { format: name, migrations } = await read({
    "2_b.sql": "SELECT 2;",
    "1_a.b.sql": "-- no-transaction\nSELECT 1;",
  });
  expect(name).toBe("sqlx");
  expect(migrations).toMatchObject([
    { version: "1", name: "a.b", up: { path: "1_a.b.sql", transaction: "none" } },
    { version: "2", name: "b", up: { path: "2_b.sql", transaction: "auto" } },
  ]);
  expect(migrations[0]).not.toHaveProperty("down");
});

test("pairs are sqlx's when one begins with its marker, each direction by itself", async () => {
  const { format: name, migrations } = await read({
    "1_a.up.sql": "-- no-transaction\nCREATE INDEX CONCURRENTLY i ON t (a);",
    "1_a.down.sql": "DROP INDEX i;",
  });
  expect(name).toBe("sqlx");
  expect(migrations).toMatchObject([
    { up: { transaction: "none" }, down: { transaction: "auto" } },
  ]);
});

test("pairs beside simple files are ambiguous, since golang-migrate would pass over the latter", async () => {
  const files = { "1_a.up.sql": "SELECT 1;", "2_b.sql": "SELECT 2;" };
  expect(await refusal(files)).toMatchObject({
    code: "BELAY_FORMAT_AMBIGUOUS",
    message:
      ". has files of 2 formats: golang-migrate (1 file: 1_a.up.sql), sqlx (2 files: 1_a.up.sql, 2_b.sql)",
  });
  expect((await read(files, "sqlx")).migrations).toHaveLength(2);
  expect((await read(files, "golang-migrate")).notes).toEqual([
    "2_b.sql is not a golang-migrate migration and is left aside.",
  ]);
});

test("a name that sqlx stops at is refused", async () => {
  expect(await refusal({ "1_a.sql": "", "add_users.sql": "" })).toMatchObject({
    code: "BELAY_FILE_NAME",
    at: "add_users.sql:1",
  });
  const { notes } = await read({ "1_a.sql": "SELECT 1;", "schema.sql": "", "x.txt": "" });
  expect(notes).toEqual(["schema.sql is not a sqlx migration and is left aside."]);
});

test.each([
  ["goose", "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;"],
  ["dbmate", "-- migrate:up\nSELECT 1;\n-- migrate:down\n"],
  ["sql-migrate", "\n-- +migrate Up\nSELECT 1;\n-- +migrate Down\n"],
  ["node-pg-migrate", "-- Up Migration\nSELECT 1;\n-- Down Migration\n"],
  ["Liquibase", "--liquibase formatted sql\n--changeset me:1\nSELECT 1;\n--rollback SELECT 2;"],
])("never runs the sections of %s as one, even when told to", async (tool, sql) => {
  expect(await refusal({ "1_a.sql": sql }, "sqlx")).toMatchObject({
    code: "BELAY_FILE_SECTION",
    message: `1_a.sql has the section markers of ${tool}; read as sqlx, its sections would all run`,
    at: `1_a.sql:${sql.startsWith("\n") ? 2 : 1}`,
  });
});

test("section markers inside a line do not count", async () => {
  const sql = "SELECT '-- migrate:up'; -- +goose Down\nSELECT 'x -- +migrate Up';";
  expect(await read({ "1_a.sql": sql })).toMatchObject({ format: "sqlx" });
});

test("a new migration is what the last one was", async () => {
  const now = new Date("2026-02-03T04:05:06Z");
  const paths = async (files: Record<string, string>) =>
    format.scaffold(await tree(files), "x", now).map(({ path }) => path);
  expect(await paths({})).toEqual(["20260203040506_x.sql"]);
  expect(await paths({ "0009_a.sql": "" })).toEqual(["0010_x.sql"]);
  expect(await paths({ "0008_a.sql": "", "0009_b.up.sql": "", "0009_b.down.sql": "" })).toEqual([
    "0010_x.up.sql",
    "0010_x.down.sql",
  ]);
});
