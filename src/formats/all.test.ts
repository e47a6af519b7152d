import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatNamed, formats } from "./all.ts";
import { read, refusal } from "./fixtures/folder.ts";

test("every file that exports a format is listed, under its own name", async () => {
  const names: string[] = [];
  for (const file of readdirSync(import.meta.dirname)) {
    if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
    const module: object = await import(join(import.meta.dirname, file));
    if (!("format" in module)) continue;
    names.push(file.slice(0, -3));
    expect(formats).toContain(module.format);
  }
  expect(formats.map(({ name }) => name)).toEqual(names.sort());
});

test.each(formats)("$name: every format keeps the port's promises", (format) => {
  expect(format.summary).not.toMatch(/\n|\.$/);
  expect(format.compare("1", "1")).toBe(0);
  expect(Math.sign(format.compare("1", "2"))).toBe(-1);
  expect(format.history?.applied).toContain(format.history?.table ?? "?");
});

test("a format that does not exist is refused by name", async () => {
  expect(() => formatNamed("flayway")).toThrow('there is no migration format "flayway"');
  expect(formatNamed("flyway").name).toBe("flyway");
});

test("a folder of two formats is ambiguous, and --format decides", async () => {
  const files = {
    "V1__a.sql": "SELECT 1;",
    "2020_b/up.sql": "SELECT 2;",
    "1_c.sql": "-- migrate:up\n-- migrate:down\n",
  };
  expect(await refusal(files)).toMatchObject({
    code: "BELAY_FORMAT_AMBIGUOUS",
    at: ".",
    message:
      ". has files of 3 formats: dbmate (1 file: 1_c.sql), diesel (1 file: 2020_b/up.sql), flyway (1 file: V1__a.sql)",
  });
  expect((await read(files, "diesel")).notes).toEqual([
    "1_c.sql is not a diesel migration and is left aside.",
    "V1__a.sql is not a diesel migration and is left aside.",
  ]);
});

test("one file without markers does not turn goose's folder into another's", async () => {
  const files = { "1_a.sql": "-- +goose Up\nSELECT 1;", "2_b.sql": "SELECT 2;" };
  expect(await refusal(files)).toMatchObject({ code: "BELAY_FILE_SECTION", at: "2_b.sql:1" });
});

test("goose and dbmate in one folder are ambiguous", async () => {
  const files = {
    "1_a.sql": "-- +goose Up\nSELECT 1;",
    "2_b.sql": "-- migrate:up\n-- migrate:down",
  };
  expect(await refusal(files)).toMatchObject({ code: "BELAY_FORMAT_AMBIGUOUS" });
});

test.each([
  ["no file", {}, ". has no migration in it"],
  ["no SQL", { "README.md": "" }, ". has no migration in it"],
  ["unknown SQL", { "a.sql": "", "b.sql": "" }, "known format: 2 files: a.sql, b.sql"],
  [
    "Drizzle",
    { "0000_a.sql": "SELECT 1;", "meta/_journal.json": "{}" },
    "to Drizzle (see meta/_journal.json)",
  ],
  [
    "Prisma",
    { "1_a/migration.sql": "", "migration_lock.toml": "" },
    "to Prisma or Drizzle (see 1_a/migration.sql)",
  ],
  ["Atlas", { "1_a.sql": "SELECT 1;", "atlas.sum": "" }, "to Atlas (see atlas.sum)"],
  ["sql-migrate", { "1_a.sql": "-- +migrate Up\nSELECT 1;" }, "to sql-migrate (see 1_a.sql)"],
  ["Knex", { "20200101000000_a.js": "" }, "to Knex"],
  ["Sqitch", { "sqitch.plan": "", "deploy/a.sql": "" }, "to Sqitch"],
])("a folder with %s is unknown, and the message says what was seen", async (_, files, message) => {
  const said = await refusal(files);
  expect(said.code).toBe("BELAY_FORMAT_UNKNOWN");
  expect(said.message).toContain(message);
  for (const { name } of formats) expect(said.hint).toContain(name);
});
