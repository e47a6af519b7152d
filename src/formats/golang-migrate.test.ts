import { expect, test } from "vitest";
import { read, refusal, tree } from "./fixtures/folder.ts";
import { format } from "./golang-migrate.ts";

test("pairs up and down, in order of the number", async () => {
  const { format: name, migrations } = await read({
    "10_last.up.sql": "SELECT 10;",
    "9_first.up.sql": "SELECT 9;",
    "9_first.down.sql": "SELECT -9;",
  });
  expect(name).toBe("golang-migrate");
  expect(migrations).toEqual([
    {
      version: "9",
      name: "first",
      up: { path: "9_first.up.sql", sql: "SELECT 9;", line: 1, transaction: "auto" },
      down: { path: "9_first.down.sql", sql: "SELECT -9;", line: 1, transaction: "auto" },
      checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
    {
      version: "10",
      name: "last",
      up: { path: "10_last.up.sql", sql: "SELECT 10;", line: 1, transaction: "auto" },
      checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
  ]);
});

test("keeps leading zeros, dots, spaces and any letters of a name", async () => {
  const { migrations } = await read({
    "0001_V0001.Initial Schema.up.sql": "SELECT 1;",
    "0002_größe_表_🧗.up.sql": "SELECT 1;",
    "0003_.up.sql": "SELECT 1;",
    "0004_a.up.b.down.up.sql": "SELECT 1;",
  });
  expect(migrations.map(({ version, name }) => [version, name])).toEqual([
    ["0001", "V0001.Initial Schema"],
    ["0002", "größe_表_🧗"],
    ["0003", ""],
    ["0004", "a.up.b.down"],
  ]);
});

test("orders versions beyond 2^53 exactly", async () => {
  const versions = ["9007199254740993", "9007199254740992", "18446744073709551616", "2"];
  const files = versions.map((version) => [`${version}_x.up.sql`, "SELECT 1;"]);
  const { migrations } = await read(Object.fromEntries(files));
  expect(migrations.map(({ version }) => version)).toEqual([
    "2",
    "9007199254740992",
    "9007199254740993",
    "18446744073709551616",
  ]);
});

test("a down pairs by number, however it is spelled and named", async () => {
  const { migrations } = await read({
    "1_a.up.sql": "SELECT 1;",
    "001_b.down.sql": "SELECT 2;",
  });
  expect(migrations).toHaveLength(1);
  expect(migrations[0]).toMatchObject({
    version: "1",
    name: "a",
    down: { path: "001_b.down.sql" },
  });
});

test("1 and 001 are the same version", async () => {
  expect(await refusal({ "1_a.up.sql": "", "001_b.up.sql": "" })).toMatchObject({
    code: "BELAY_DUPLICATE_VERSION",
    message: "two files have version 001 = 1: 001_b.up.sql and 1_a.up.sql",
    at: "1_a.up.sql:1",
    state: "The database was not touched.",
  });
});

test("two downs of one version are refused", async () => {
  const files = { "1_a.up.sql": "", "1_a.down.sql": "", "1_b.down.sql": "" };
  expect(await refusal(files)).toMatchObject({
    code: "BELAY_DUPLICATE_VERSION",
    at: "1_b.down.sql:1",
  });
});

test("a down without an up is refused", async () => {
  expect(await refusal({ "1_a.up.sql": "", "2_b.down.sql": "SELECT 1;" })).toMatchObject({
    code: "BELAY_FILE_SECTION",
    message: "2_b.down.sql goes back from version 2, but no file goes up to it",
    at: "2_b.down.sql:1",
  });
});

test.each([
  ["empty", ""],
  ["blank", " \r\n\t\n"],
  ["line comments", "-- nothing\n  -- to do"],
  ["nested comment", "/* a /* b */ c */\n"],
  ["lone semicolon", "-- none\n;"],
])("a down that is %s counts as absent", async (_, down) => {
  const { migrations } = await read({ "1_a.up.sql": "SELECT 1;", "1_a.down.sql": down });
  expect(migrations[0]).not.toHaveProperty("down");
});

test.each([
  ["a statement behind comments", "-- x\n/* y */ SELECT 1"],
  ["a comment that MySQL runs", "/*!40101 SET x = 1 */;"],
  ["a comment that MariaDB runs", "/*M!100100 SET x = 1 */;"],
  ["a comment without end", "/* DROP TABLE a;"],
  ["a string that looks like a comment", "'-- x'"],
])("a down that is %s is kept", async (_, down) => {
  const { migrations } = await read({ "1_a.up.sql": "SELECT 1;", "1_a.down.sql": down });
  expect(migrations[0]?.down?.sql).toBe(down);
});

test("an up without statements is read and noted", async () => {
  const { migrations, notes } = await read({
    "7_a.up.sql": "-- later\n",
    "9_b.up.sql": "SELECT 1",
  });
  expect(migrations).toHaveLength(2);
  expect(notes).toEqual(["7_a.up.sql has no statement: version 7 changes nothing."]);
});

test("other SQL files are left aside with a note, other files without", async () => {
  const { notes } = await read({
    "1_a.up.sql": "SELECT 1;",
    "seed.sql": "SELECT 2;",
    "old/0_x.up.sql": "SELECT 3;",
    "meta.json": "{}",
    "README.md": "",
  });
  expect(notes).toEqual([
    "old/0_x.up.sql is not a golang-migrate migration and is left aside.",
    "seed.sql is not a golang-migrate migration and is left aside.",
  ]);
});

test.each([
  ["-- belay:no-transaction\nSELECT 1;", "none"],
  ["-- why\n/* more */\n-- belay:no-transaction\nSELECT 1;", "none"],
  ["-- why\r\n-- no-transaction\r\nSELECT 1;", "none"],
  ["SELECT 1;\n-- belay:no-transaction\n", "auto"],
  ["SELECT 1; -- no-transaction\n", "auto"],
  ["-- no-transaction is not needed here, is it?\nSELECT 1;", "none"],
  ["-- why\n-- no-transaction is not needed here\nSELECT 1;", "auto"],
  ["SELECT '\n-- belay:no-transaction\n';", "auto"],
])("transaction of %j is %s", async (up, transaction) => {
  const { migrations } = await read({ "1_a.up.sql": up }, "golang-migrate");
  expect(migrations[0]?.up.transaction).toBe(transaction);
});

test("a new migration follows the folder's numbers", async () => {
  const now = new Date("2026-02-03T04:05:06.789Z");
  const first = async (files: Record<string, string>) =>
    format.scaffold(await tree(files), "Add e-mail", now).map(({ path }) => path);
  expect(await first({})).toEqual([
    "20260203040506_add_e_mail.up.sql",
    "20260203040506_add_e_mail.down.sql",
  ]);
  expect((await first({ "000009_a.up.sql": "" }))[0]).toBe("000010_add_e_mail.up.sql");
});

test("what is scaffolded is read back, and its down counts as absent", async () => {
  const files = format.scaffold(await tree({}), "x", new Date(0));
  const { format: name, migrations } = await read(
    Object.fromEntries(files.map(({ path, content }) => [path, content])),
  );
  expect(name).toBe("golang-migrate");
  expect(migrations[0]).not.toHaveProperty("down");
});
