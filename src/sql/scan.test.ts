import { describe, expect, test } from "vitest";
import { BelayError } from "../core/errors.ts";
import { directivesIn } from "./directives.ts";
import { codeFrame } from "./frame.ts";
import { endOfCode, tokenAt } from "./lexer.ts";
import { type Piece, scan } from "./scan.ts";

function pieces(sql: string, line = 1): Piece[] {
  return scan({ path: "m.sql", sql, line, transaction: "auto" });
}

function refusal(sql: string): { code: string; at: string | undefined; message: string } {
  try {
    pieces(sql);
  } catch (error) {
    if (error instanceof BelayError) {
      return { code: error.code, at: error.at, message: error.message };
    }
  }
  throw new Error(`accepted: ${sql}`);
}

/** Text of the tokens that are not white space. */
function tokens(sql: string): string[] {
  const found: string[] = [];
  for (let token = tokenAt(sql, 0); token; token = tokenAt(sql, token.end)) {
    if (token.kind !== "space") found.push(sql.slice(token.start, token.end));
  }
  return found;
}

describe("tokens", () => {
  const whole = [
    "'it''s; --'",
    "E'\\'; \\\\'",
    "e'a\\'b' \n 'c\\'d'",
    "$$;$$",
    "$tag$ $$ ; $tag $ $tag$",
    "$é1$;$é1$",
    '"a"";"',
    "/* a /* ; */ ' */",
    "'unterminated ;",
    "$x$ unterminated ;",
    "/* unterminated ;",
  ];
  test.each(whole)("%s is one token", (sql) => {
    expect(tokens(sql)).toEqual([sql]);
  });

  test("what only looks like a string's prefix", () => {
    expect(tokens("the'x'")).toEqual(["the", "'x'"]);
    expect(tokens("U&'\\0041\\'")).toEqual(["U", "&", "'\\0041\\'"]);
    expect(tokens('U&"d\\0061t\\+000061"')).toEqual(["U", "&", '"d\\0061t\\+000061"']);
    expect(tokens("a$b$c$b$")).toEqual(["a$b$c$b$"]);
    expect(tokens("1$a$")).toEqual(["1$a$"]);
    expect(tokens("$1")).toEqual(["$", "1"]);
    expect(tokens("E'a' 'b\\'")).toEqual(["E'a'", "'b\\'"]);
    expect(tokens("2--3\n-4")).toEqual(["2", "--3", "-", "4"]);
    expect(tokens("a/*x*//b")).toEqual(["a", "/*x*/", "/", "b"]);
  });

  test("a long string is no deeper than a short one", () => {
    const sql = `'${"''x".repeat(500_000)}'`;
    expect(tokens(sql)).toHaveLength(1);
    expect(tokens(`E'${"\\'x".repeat(500_000)}'`)).toHaveLength(1);
  });

  test("the end of code is before comments", () => {
    expect(endOfCode("a -- b\n/* c */ ")).toBe(1);
    expect(endOfCode("a '--' ")).toBe(6);
  });
});

describe("pieces", () => {
  test("one, however many statements", () => {
    expect(pieces("select 1; select 2;\n")).toEqual([
      { sql: "select 1; select 2;\n", line: 1, startsLine: true, tokens: 6 },
    ]);
  });

  test("none of nothing", () => {
    expect(pieces("")).toEqual([]);
  });

  test("COPY data is set aside, line ends as written", () => {
    const sql = "select ';';\nCOPY t (a, b) FROM stdin;\n1\t\\.\n\\\\.\r\n\\.\nselect 2;";
    expect(pieces(sql, 10)).toEqual([
      {
        sql: "select ';';\nCOPY t (a, b) FROM stdin;",
        line: 10,
        startsLine: true,
        tokens: 13,
        copyData: "1\t\\.\n\\\\.\r\n",
      },
      { sql: "select 2;", line: 15, startsLine: true, tokens: 3 },
    ]);
  });

  test.each([
    ["no rows", "copy t from stdin; -- data\n\\.\n", ""],
    ["CRLF", "copy t from STDIN;\r\n1\r\n\\.\r\n", "1\r\n"],
    ["end of file", "copy t from stdin;\n1\n\\.", "1\n"],
    ["no end", "copy t from stdin;\n1\n", null],
    ["looks like the end", "copy t from stdin;\n\\.x\n\\.\n", "\\.x\n"],
    ["options", "copy \"t\" (a) from stdin with (format csv, null 'x;');\na;b\n\\.\n", "a;b\n"],
  ])("COPY with %s", (_, sql, data) => {
    expect(pieces(sql)[0]?.copyData).toBe(data);
  });

  test("COPY elsewhere has no data", () => {
    expect(pieces("copy t from 'stdin'; copy t to stdout; select 'copy from stdin;'")).toHaveLength(
      1,
    );
  });

  test("text behind COPY on its line is refused", () => {
    expect(refusal("copy t from stdin; select 1;\n\\.\n")).toMatchObject({
      code: "BELAY_SQL_COPY",
      at: "m.sql:1",
    });
  });

  test("new pg_dump's own commands are passed over", () => {
    const sql = "\\restrict AbC\nselect 1;\n\\unrestrict AbC\n";
    expect(pieces(sql)).toEqual([{ sql: "select 1;\n", line: 2, startsLine: true, tokens: 3 }]);
  });

  test.each([
    ["\\connect other", "\\connect", 1],
    ["select 1;\n\n\\i file.sql", "\\i", 3],
    ["select 1 \\gset", "\\gset", 1],
    ["\\set x 1", "\\set", 1],
    ["\\copy t from 'x'", "\\copy", 1],
    ["select 1; \\restrict x", "\\restrict", 1],
    ["\\.", "\\.", 1],
  ])("psql's %s is refused by name", (sql, name, line) => {
    const { code, at, message } = refusal(sql);
    expect({ code, at }).toEqual({ code: "BELAY_SQL_PSQL", at: `m.sql:${line}` });
    expect(message).toContain(name);
  });

  test("backslashes in strings, comments and names are not psql's", () => {
    expect(
      pieces(`select '\\connect', E'\\\\', "a\\b", $$\n\\i x$$; -- \\i\n/*\n\\i */`),
    ).toHaveLength(1);
  });

  test("a huge file is cut between statements, never inside a body", () => {
    const body = `create function f() returns int begin atomic select case when true then 1 end; ${"select 2; ".repeat(60_000)} end;`;
    const rule = `create rule r as on insert to t do (${"delete from t; ".repeat(40_000)});`;
    const plain = "insert into t values (';');\n".repeat(40_000);
    const cut = pieces(`${body}\n${rule}\n${plain}`);
    expect(cut.length).toBeGreaterThan(3);
    expect(cut[0]?.sql).toBe(body);
    expect(cut[1]?.sql.trim()).toBe(rule);
    expect(cut.map(({ sql }) => sql).join("")).toBe(`${body}\n${rule}\n${plain}`);
    expect(cut.at(-1)?.line).toBeGreaterThan(20_000);
  });
});

describe("directives", () => {
  test("are comment lines of their own", () => {
    expect(directivesIn("-- belay:fill now()  \n--belay:keep\n-- other\n", true)).toEqual([
      { name: "fill", value: "now()" },
      { name: "keep", value: "" },
    ]);
  });

  test("not the end of another line, not inside a block comment", () => {
    expect(
      directivesIn("; -- belay:a\n/*\n-- belay:b\n*/ -- belay:c\n  -- belay:d x\n", false),
    ).toEqual([{ name: "d", value: "x" }]);
  });
});

test("a code frame is three lines", () => {
  expect(codeFrame("a\nbb x\nccc", 12, 4, 11)).toBe("   11 | a\n   12 | bb x\n      |    ^");
  expect(codeFrame("\tx", 1, 2, 1)).toBe("    1 |  x\n      |  ^");
});
