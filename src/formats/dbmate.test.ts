import { expect, test } from "vitest";
import { format } from "./dbmate.ts";
import { read, refusal, tree } from "./fixtures/folder.ts";

test("cuts a file at its markers and keeps the line numbers", async () => {
  const { format: name, migrations } = await read({
    "20200101000000_a.sql":
      "-- about\n\n-- migrate:up\nSELECT 1;\n\n-- migrate:down transaction:false\nSELECT 2;\n",
  });
  expect(name).toBe("dbmate");
  expect(migrations).toMatchObject([
    {
      version: "20200101000000",
      name: "a",
      up: { sql: "SELECT 1;\n\n", line: 4, transaction: "auto" },
      down: { sql: "SELECT 2;\n", line: 7, transaction: "none" },
    },
  ]);
});

test("CRLF, missing white space and a missing last line break are fine", async () => {
  const { migrations } = await read({
    "1_a.sql": "--migrate:up transaction:false foo:bar\r\nSELECT 1;\r\n--  migrate:down",
  });
  expect(migrations).toMatchObject([{ up: { sql: "SELECT 1;\r\n", transaction: "none" } }]);
  expect(migrations[0]).not.toHaveProperty("down");
});

test("markers count at the start of a line only, and as whole words", async () => {
  const up = [
    "SELECT '-- migrate:down';",
    "  -- migrate:down",
    "SELECT 1; -- migrate:down",
    "-- migrate:downwards",
    // JavaScript would take these for line ends.
    "SELECT 'a\u2028-- migrate:down\r-- migrate:down';",
  ].join("\n");
  const { migrations } = await read({
    "1_a.sql": `-- migrate:up\n${up}\n-- migrate:down\nSELECT 2;`,
  });
  expect(migrations).toMatchObject([{ up: { sql: `${up}\n` }, down: { sql: "SELECT 2;" } }]);
});

test("a marker at the start of a line cuts even a string, as it does in dbmate", async () => {
  const { migrations } = await read({ "1_a.sql": "-- migrate:up\nSELECT '\n-- migrate:down\n';" });
  expect(migrations).toMatchObject([{ up: { sql: "SELECT '\n" }, down: { sql: "';" } }]);
});

test("several pairs run in file order, both ways, and keep their lines", async () => {
  const { migrations } = await read({
    "1_a.sql":
      "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT -1;\n-- migrate:up transaction:false\nSELECT 2;\n-- migrate:down\nSELECT -2;",
  });
  expect(migrations).toMatchObject([
    {
      up: { sql: "SELECT 1;\n\n\n\nSELECT 2;\n", line: 2, transaction: "none" },
      down: { sql: "SELECT -1;\n\n\n\nSELECT -2;", line: 4, transaction: "auto" },
    },
  ]);
});

test.each([
  ["no marker", "SELECT 1;", 1, "has no -- migrate:up"],
  ["no down", "-- migrate:up\nSELECT 1;", 1, "has no -- migrate:down after this"],
  ["down first", "\n-- migrate:down\n-- migrate:up\n", 2, "where -- migrate:up is due"],
  ["two ups", "-- migrate:up\n-- migrate:up\n-- migrate:down", 2, "where -- migrate:down is due"],
  ["two downs", "-- migrate:up\n-- migrate:down\n-- migrate:down", 3, "where -- migrate:up is due"],
  ["a statement before", "SELECT 1;\n-- migrate:up\n-- migrate:down", 1, "has statements before"],
  [
    "one pair and an up",
    "-- migrate:up\n-- migrate:down\n-- migrate:up",
    3,
    "has no -- migrate:down",
  ],
])("refuses %s", async (_, sql, line, what) => {
  const said = await refusal({ "1_a.sql": sql, "2_b.sql": "-- migrate:up\n-- migrate:down\n" });
  expect(said).toMatchObject({ code: "BELAY_FILE_SECTION", at: `1_a.sql:${line}` });
  expect(said.message).toContain(what);
});

test("Belay's directive may stand above the markers, for both, or in one section", async () => {
  const { migrations } = await read({
    "1_a.sql": "-- belay:no-transaction\n-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;",
    "2_b.sql": "-- migrate:up\n-- belay:no-transaction\nSELECT 1;\n-- migrate:down\nSELECT 2;",
  });
  expect(migrations).toMatchObject([
    { up: { transaction: "none" }, down: { transaction: "none" } },
    { up: { transaction: "none" }, down: { transaction: "auto" } },
  ]);
});

test("orders as dbmate does: by file name", async () => {
  const sql = "-- migrate:up\n-- migrate:down\n";
  const { migrations } = await read({ "9_a.sql": sql, "10_b.sql": sql, "010_c.sql": sql });
  expect(migrations.map(({ version }) => version)).toEqual(["010", "10", "9"]);
});

test("the same digits twice are refused", async () => {
  const sql = "\n-- migrate:up\n-- migrate:down\n";
  expect(await refusal({ "1_a.sql": sql, "1_b.sql": sql })).toMatchObject({
    code: "BELAY_DUPLICATE_VERSION",
    at: "1_b.sql:3",
  });
});

test("a new migration", async () => {
  const now = new Date("2026-02-03T04:05:06Z");
  const [file] = format.scaffold(await tree({}), "x", now);
  expect(file?.path).toBe("20260203040506_x.sql");
  const { format: name } = await read({ [file?.path ?? ""]: file?.content ?? "" });
  expect(name).toBe("dbmate");
});
