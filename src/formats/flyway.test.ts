// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Flyway's placeholders look like that

import { expect, test } from "vitest";
import { read, refusal, tree } from "./fixtures/folder.ts";
import { format } from "./flyway.ts";

test("reads versioned, undo and repeatable migrations from the whole tree", async () => {
  const { format: name, migrations } = await read({
    "V10__ten.sql": "SELECT 10;",
    "sub/V9_1__nine one.SQL": "SELECT 9.1;",
    "V9__nine.sql": "SELECT 9;",
    "undo/U9__different.sql": "SELECT -9;",
    "R__views.sql": "SELECT 'b';",
    "R__a_function.sql": "SELECT 'a';",
    "V11.sql": "SELECT 11;",
  });
  expect(name).toBe("flyway");
  expect(migrations.map(({ version, name }) => [version, name])).toEqual([
    ["9", "nine"],
    ["9.1", "nine one"],
    ["10", "ten"],
    ["11", ""],
    ["R:a_function", "a_function"],
    ["R:views", "views"],
  ]);
  expect(migrations[0]).toMatchObject({ down: { path: "undo/U9__different.sql" } });
  expect(migrations[0]).not.toHaveProperty("repeatable");
  expect(migrations[5]).toMatchObject({ repeatable: true });
});

test.each([
  ["1.2", "1.10", -1],
  ["1.2", "1_2", 0],
  ["1.0", "1", 0],
  ["001.02", "1.2", 0],
  ["2", "1.9.9", 1],
  ["1.99999999999999999999", "1.100000000000000000000", -1],
  ["R:a", "99", 1],
  ["99", "R:a", -1],
  ["R:a_b", "R:a b", 0],
  ["R:a", "R:b", -1],
])("%s against %s is %i", (left, right, order) => {
  expect(Math.sign(format.compare(left, right))).toBe(order);
});

test("the same number in another spelling is a duplicate, in any folder", async () => {
  expect(await refusal({ "a/V1.0__x.sql": "", "b/V1__y.sql": "" })).toMatchObject({
    code: "BELAY_DUPLICATE_VERSION",
    message: "two files have version 1.0 = 1: a/V1.0__x.sql and b/V1__y.sql",
  });
  expect(await refusal({ "a/R__x_y.sql": "", "b/R__x y.sql": "" })).toMatchObject({
    code: "BELAY_DUPLICATE_VERSION",
  });
});

test.each([
  ["beforeMigrate.sql", "is a callback"],
  ["afterMigrate__grants.sql", "is a callback"],
  ["sub/beforeEachUndo.sql", "is a callback"],
  ["afterVersioned.sql", "is a callback"],
  ["createSchema.sql", "is a callback"],
  ["B5__base.sql", "is a baseline migration"],
  ["V2_one_underscore.sql", "has almost the name of a migration"],
  ["V__no_version.sql", "has almost the name of a migration"],
  ["V1.x__letter.sql", "has almost the name of a migration"],
  ["V1.__dot.sql", "has almost the name of a migration"],
  ["v2__lower.sql", "has almost the name of a migration"],
  ["R1__version.sql", "has almost the name of a migration"],
  ["V2__Java.java", "is a migration that is not written in SQL"],
  ["R__script.ps1", "is a migration that is not written in SQL"],
])("%s is refused by name", async (path, what) => {
  const said = await refusal({ "V1__a.sql": "SELECT 1;", [path]: "SELECT 1;" });
  expect(said).toMatchObject({ code: "BELAY_FILE_NAME", at: `${path}:1` });
  expect(said.message).toContain(`${path} ${what}`);
});

test("names that Flyway does not take for migrations are left aside with a note", async () => {
  const { notes } = await read({
    "V1__a.sql": "SELECT 1;",
    "Views.sql": "",
    "Backup.sql": "",
    "afterParty.sql": "",
  });
  expect(notes.map((note) => note.split(" ")[0])).toEqual([
    "Backup.sql",
    "Views.sql",
    "afterParty.sql",
  ]);
});

test("an undo without its migration is refused", async () => {
  expect(await refusal({ "V1__a.sql": "", "U2__b.sql": "SELECT 1;" })).toMatchObject({
    code: "BELAY_FILE_SECTION",
    at: "U2__b.sql:1",
  });
});

test("script configuration", async () => {
  const { migrations } = await read({
    "V1__a.sql": "SELECT '${x}';",
    "V1__a.sql.conf": "# why\r\nexecuteInTransaction = false\r\nplaceholderReplacement=false\r\n",
    "U1__a.sql": "SELECT 2;",
    "V2__b.sql": "SELECT 1;",
    "V2__b.sql.conf": "executeInTransaction=true\nshouldExecute=true\nencoding=UTF-8\n",
  });
  expect(migrations).toMatchObject([
    { up: { transaction: "none" }, down: { transaction: "auto" } },
    { up: { transaction: "auto" } },
  ]);
});

test.each([
  "shouldExecute=false",
  "shouldExecute=${env}==prod",
  "encoding=ISO-8859-1",
  "executeInTransaction=perhaps",
  "unheardOf=1",
  "constructor=true",
])("a setting that Belay cannot follow is refused: %s", async (line) => {
  expect(await refusal({ "V1__a.sql": "", "V1__a.sql.conf": `\n${line}\n` })).toMatchObject({
    code: "BELAY_FILE_SECTION",
    at: "V1__a.sql.conf:2",
  });
});

test.each([
  ["SELECT 1;\nCREATE TABLE ${schema}.t ();", 2],
  ["SELECT '${flyway:timestamp}';", 1],
  ["SELECT 1; -- ${x}", 1],
  ["SELECT $f$ $1 ${x} $f$", 1],
  ["SELECT $$${x}$$", 1],
  ["SELECT '${unclosed", 1],
])("the placeholder in %j is refused", async (sql, line) => {
  expect(await refusal({ "V1__a.sql": sql })).toMatchObject({
    code: "BELAY_FILE_SECTION",
    at: `V1__a.sql:${line}`,
    hint: expect.stringContaining("placeholderReplacement=false in V1__a.sql.conf"),
  });
});

test.each([
  "-- made for ${author}\n/* ${x} */ SELECT 1;",
  "SELECT $${x}$$, $1, $a$ { } $a$;",
  "SELECT '$ {x}', '{x}', $${$$;",
  "CREATE FUNCTION f() RETURNS int AS $body$ SELECT 1 $body$ LANGUAGE sql;",
])("there is no harmful placeholder in %j", async (sql) => {
  expect((await read({ "V1__a.sql": sql })).migrations[0]?.up.sql).toBe(sql);
});

test("a new migration goes beside the last one and counts on its last number", async () => {
  const now = new Date("2026-02-03T04:05:06Z");
  const paths = async (files: Record<string, string>) =>
    format.scaffold(await tree(files), "Big Change", now).map(({ path }) => path);
  expect(await paths({})).toEqual(["V1__big_change.sql"]);
  expect(await paths({ "V009__a.sql": "", "R__z.sql": "" })).toEqual(["V010__big_change.sql"]);
  expect(await paths({ "a/V1__x.sql": "", "b/V2.9__y.sql": "", "U1__x.sql": "" })).toEqual([
    "b/V2.10__big_change.sql",
    "b/U2.10__big_change.sql",
  ]);
  expect(await paths({ "V20250101000000__a.sql": "" })).toEqual([
    "V20260203040506__big_change.sql",
  ]);
});
