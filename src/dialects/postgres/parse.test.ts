import { describe, expect, test } from "vitest";
import { BelayError } from "../../core/errors.ts";
import { type ParsedStatement, parseScript, parseStatement } from "./parse.ts";

function parse(sql: string, line = 1): Promise<ParsedStatement[]> {
  return parseScript({ path: "m.sql", sql, line, transaction: "auto" });
}

async function refusal(sql: string, line = 1): Promise<BelayError> {
  const error = await parse(sql, line).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof BelayError) return error;
  throw new Error(`not refused: ${sql}`, { cause: error });
}

describe("splitting", () => {
  const hostile: [name: string, sql: string, texts: string[]][] = [
    ["nothing", "", []],
    ["comments only", "-- a;\n/* b; /* c; */ */ ;;", []],
    ["a body", "do $x$ begin; end; $x$; select 1", ["do $x$ begin; end; $x$", "select 1"]],
    ["escapes", "select E'\\';'; select 'a\\'", ["select E'\\';'", "select 'a\\'"]],
    [
      "unicode strings",
      "select U&'\\0041;' ; select U&\"x;\" from y",
      ["select U&'\\0041;'", 'select U&"x;" from y'],
    ],
    [
      "BEGIN ATOMIC",
      "create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3",
      [
        "create function f() returns int begin atomic select case when true then 1 end; select 2; end",
        "select 3",
      ],
    ],
    [
      "a rule",
      "create rule r as on insert to t do (delete from t; delete from u); select 1",
      ["create rule r as on insert to t do (delete from t; delete from u)", "select 1"],
    ],
    ["CRLF", "select 1;\r\n-- x\r\nselect 2;\r\n", ["select 1", "select 2"]],
    [
      "comments around",
      "/* a */ select 1 /* b */ -- c\n ; -- d\nselect 2 -- e",
      ["select 1", "select 2"],
    ],
    ["comment inside", "select 1 -- ;\n + 1", ["select 1 -- ;\n + 1"]],
    [
      "beyond ASCII",
      "-- ñ\nselect 'é€😀'; /*ü*/ select 'ß' as \"😀\"; select 3",
      ["select 'é€😀'", "select 'ß' as \"😀\"", "select 3"],
    ],
  ];
  test.each(hostile)("%s", async (_, sql, texts) => {
    expect((await parse(sql)).map((each) => each.sql)).toEqual(texts);
  });

  test("lines are those of the first token, in the user's file", async () => {
    const sql = "\n-- é\n\nselect 1; select\n2;\r\n/* \n */ select 'a\nb'; select 4";
    expect((await parse(sql, 100)).map(({ line }) => line)).toEqual([103, 103, 106, 107]);
  });

  test("COPY takes its data along", async () => {
    const [, copy, after] = await parse("select 'é';\ncopy t from stdin;\n1\té\n\\.\nselect 2;");
    expect(copy).toMatchObject({ sql: "copy t from stdin", line: 2, copyData: "1\té\n" });
    expect(after).toMatchObject({ sql: "select 2", line: 5 });
  });

  test("directives go to the statement below", async () => {
    const [first, second] = await parse(
      "-- belay:fill 1\nselect 1; -- belay:none\n-- belay:a b  c\n\n-- belay:d\nselect 2",
    );
    expect(first?.directives).toEqual([{ name: "fill", value: "1" }]);
    expect(second?.directives).toEqual([
      { name: "a", value: "b  c" },
      { name: "d", value: "" },
    ]);
  });

  test("one statement of our own", async () => {
    expect(await parseStatement("select 1")).toMatchObject({ sql: "select 1", line: 0, path: "" });
    await expect(parseStatement("select 1; select 2")).rejects.toThrow("one statement expected");
  });
});

describe("refusals", () => {
  const untouched = "The database was not touched.";

  test("syntax errors say where, in the server's words", async () => {
    const error = await refusal("select 'é',\n  '😀' foo bar\nfrom x", 10);
    expect(error).toMatchObject({
      code: "BELAY_SQL_SYNTAX",
      message: 'syntax error at or near "bar"',
      at: "m.sql:11:11",
      state: untouched,
      details: {
        line: 11,
        column: 11,
        frame: "   10 | select 'é',\n   11 |   '😀' foo bar\n      |           ^",
      },
    });
  });

  test.each([
    ["unfinished string", "select 'a", /unterminated quoted string/, "m.sql:1:8"],
    ["at the end", "select (", /end of input/, "m.sql:1:9"],
    ["variable", "select :x", /":"/, "m.sql:1:8"],
    ["NUL", "select 1;\nselect '\0'", /NUL/, "m.sql:2"],
    ["lone surrogate", "select '\ud800'", /surrogate/, "m.sql:1"],
    [
      "too deep",
      `select ${"(".repeat(20_000)}1${")".repeat(20_000)}`,
      /memory exhausted|too deep/,
      undefined,
    ],
    ["too long a chain", `select 1${"+1".repeat(50_000)}`, /too deeply/, "m.sql:1"],
  ])("%s", async (_, sql, message, at) => {
    const error = await refusal(sql);
    expect(error.code).toBe("BELAY_SQL_SYNTAX");
    expect(error.message).toMatch(message);
    if (at !== undefined) expect(error.at).toBe(at);
    expect(error.state).toBe(untouched);
    expect((await parse("select 1")).length, "the parser still works").toBe(1);
  });

  test.each([
    ["no end", "copy t from stdin;\n1\n", /no end/],
    ["no data", "copy t from stdin", /no end/],
    ["binary", "copy t from stdin (format binary);\nx\n\\.\n", /binary/],
    ["old binary", "copy binary t from stdin;\nx\n\\.\n", /binary/],
  ])("COPY: %s", async (_, sql, message) => {
    const error = await refusal(sql);
    expect(error).toMatchObject({ code: "BELAY_SQL_COPY", at: "m.sql:1", state: untouched });
    expect(error.message).toMatch(message);
  });
});

describe("size", () => {
  test("5 MB of statements", async () => {
    const sql = "INSERT INTO foo (a, b, c) VALUES (1, 'some text value é here', now());\n".repeat(
      70_000,
    );
    const parsed = await parse(sql);
    expect(parsed).toHaveLength(70_000);
    expect(parsed.at(-1)?.line).toBe(70_000);
  });

  test("one statement of 5 MB", async () => {
    const sql = `INSERT INTO foo VALUES ${"(1, 'some text value é here', now()),\n".repeat(140_000)}(1, 2, 3)`;
    expect(await parse(sql)).toHaveLength(1);
  });

  test("one statement of 45 MB is refused, and the parser still works", async () => {
    const error = await refusal(
      `INSERT INTO foo VALUES ${"(1, 'some text', now()),\n".repeat(1_800_000)}(1)`,
    );
    expect(error).toMatchObject({ code: "BELAY_SQL_SYNTAX", at: "m.sql:1" });
    expect(error.message).toMatch(/too large/);
    expect(await parse("select 1")).toHaveLength(1);
  });

  test("a string of 5 MB", async () => {
    expect(await parse(`select '${"x".repeat(5_000_000)}'`)).toHaveLength(1);
  });
});
