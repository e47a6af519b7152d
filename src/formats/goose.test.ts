import { expect, test } from "vitest";
import { read, refusal, tree } from "./fixtures/folder.ts";
import { format } from "./goose.ts";

test("cuts a file at its annotations and keeps the line numbers", async () => {
  const { format: name, migrations } = await read({
    "00002_b.sql": "-- +goose Up\nSELECT 2;\n",
    "00001_a.sql":
      "-- about\n-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose StatementEnd\n\n-- +goose Down\nSELECT 2;\n",
  });
  expect(name).toBe("goose");
  expect(migrations).toMatchObject([
    {
      version: "00001",
      name: "a",
      up: {
        sql: "-- +goose StatementBegin\nSELECT 1;\n-- +goose StatementEnd\n\n",
        line: 3,
        transaction: "auto",
      },
      down: { sql: "SELECT 2;\n", line: 8, transaction: "auto" },
    },
    { version: "00002", up: { sql: "SELECT 2;\n", line: 2 } },
  ]);
  expect(migrations[1]).not.toHaveProperty("down");
});

test("NO TRANSACTION is for the whole file wherever it stands; case does not matter", async () => {
  const { migrations } = await read({
    "1_a.sql":
      "-- +goose no transaction\r\n-- +GOOSE-free comment\r\n-- +goose UP\r\nSELECT 1;\r\n",
    "2_b.sql": "-- +goose Up\nSELECT 1;\n-- +goose Down\n-- +goose NO TRANSACTION\nSELECT 2;",
    "3_c.sql": "-- belay:no-transaction\n-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;",
    "4_d.sql":
      "-- +goose Up\n-- +goose StatementBegin\n-- belay:no-transaction\nSELECT 1;\n-- +goose StatementEnd\n-- +goose Down\nSELECT 2;",
  });
  expect(migrations).toMatchObject([
    { up: { transaction: "none", line: 4 } },
    { up: { transaction: "none" }, down: { transaction: "none" } },
    { up: { transaction: "none" }, down: { transaction: "none" } },
    { up: { transaction: "none" }, down: { transaction: "auto" } },
  ]);
});

test("annotations inside a line do not count", async () => {
  const up =
    "SELECT '-- +goose Down';\nSELECT 1; -- +goose Down\nSELECT 'a\u2028-- +goose Down';\n";
  const { migrations } = await read({ "1_a.sql": `-- +goose Up\n${up}-- +goose Down\nSELECT 2;` });
  expect(migrations).toMatchObject([{ up: { sql: up }, down: { sql: "SELECT 2;" } }]);
});

test.each([
  ["no annotation", "SELECT 1;", 1, "has no -- +goose Up"],
  ["Down alone", "-- +goose Down\nSELECT 1;", 1, '"-- +goose Down" where'],
  ["two Ups", "-- +goose Up\n-- +goose Up\n", 2, '"-- +goose Up" where'],
  ["two Downs", "-- +goose Up\n-- +goose Down\n-- +goose Down", 3, '"-- +goose Down" where'],
  ["an End too many", "-- +goose Up\n-- +goose StatementEnd", 2, '"-- +goose StatementEnd" where'],
  [
    "no End",
    "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;",
    2,
    "has no -- +goose StatementEnd",
  ],
  ["Down in a statement", "-- +goose Up\n-- +goose StatementBegin\n-- +goose Down", 3, "where"],
  ["a word that objects have", "-- +goose Up\n-- +goose constructor\n", 2, "where"],
  ["an unknown word", "-- +goose Up\n-- +goose Sideways\n", 2, '"-- +goose Sideways" where'],
  ["leading white space", "-- +goose Up\n  -- +goose Down\n", 2, '"-- +goose Down" where'],
  ["a statement before Up", "SELECT 1;\n-- +goose Up\n", 1, "has statements before"],
  ["ENVSUB", "-- +goose Up\n-- +goose ENVSUB ON\nSELECT 1;", 2, "takes environment variables"],
])("refuses %s", async (_, sql, line, what) => {
  const said = await refusal({ "1_a.sql": sql, "2_b.sql": "-- +goose Up\nSELECT 1;" });
  expect(said).toMatchObject({ code: "BELAY_FILE_SECTION", at: `1_a.sql:${line}` });
  expect(said.message).toContain(what);
});

test("ENVSUB OFF alone changes nothing", async () => {
  const { migrations } = await read({ "1_a.sql": "-- +goose ENVSUB OFF\n-- +goose Up\nSELECT 1;" });
  expect(migrations).toHaveLength(1);
});

test("a migration in Go is refused, Go beside migrations is not", async () => {
  const sql = { "00001_a.sql": "-- +goose Up\nSELECT 1;" };
  expect(await refusal({ ...sql, "00002_b.go": "package x" })).toMatchObject({
    code: "BELAY_FILE_NAME",
    at: "00002_b.go:1",
  });
  const { notes } = await read({
    ...sql,
    "embed.go": "",
    "00002_b_test.go": "",
    "helper_1.go": "",
  });
  expect(notes).toEqual([]);
});

test("a new migration is read back", async () => {
  const now = new Date("2026-02-03T04:05:06Z");
  const [file] = format.scaffold(await tree({ "00009_a.sql": "" }), "x", now);
  expect(file?.path).toBe("00010_x.sql");
  expect(await read({ [file?.path ?? ""]: file?.content ?? "" })).toMatchObject({
    format: "goose",
  });
});
