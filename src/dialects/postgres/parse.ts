// Owns: a script's text -> statements with their parse trees, by the server's own grammar
// (libpg-query). Text is spliced by position, never reprinted.

import type { Node, ParseResult } from "@pgsql/types";
import { BelayError, messageOf, untouched } from "../../core/errors.ts";
import type { Script } from "../../core/migration.ts";
import type { Fill } from "../../core/plan.ts";
import { type Directive, directivesIn } from "../../sql/directives.ts";
import { codeFrame } from "../../sql/frame.ts";
import { endOfCode } from "../../sql/lexer.ts";
import { type Piece, scan } from "../../sql/scan.ts";

/** One statement of a script, before anything is known of what it does. */
export interface ParsedStatement {
  /** The user's text: no semicolon, no comment around it. */
  sql: string;
  /** Path of the user's file; `""` for statements of Belay's own. */
  path: string;
  /** 1-based line of the first token in the user's file; 0 for statements of Belay's own. */
  line: number;
  /** One key, the statement's node name. */
  node: Node;
  /** `-- belay:` comments right before the statement. */
  directives: Directive[];
  /** `-- belay:fill` comments of the file, for columns that the statement drops. */
  fills?: Fill[];
  /** Inline data of `COPY ... FROM stdin`. */
  copyData?: string;
}

type Grammar = (sql: string) => ParseResult;

let grammar: Promise<Grammar> | undefined;

/** The WASM module is a megabyte and starts on import, so it waits until SQL is read. */
async function loadGrammar(): Promise<Grammar> {
  const { loadModule, parseSync } = await import("libpg-query");
  await loadModule();
  return parseSync;
}

/** The statements of a script in order; none for a script that holds only comments. */
export async function parseScript(script: Script): Promise<ParsedStatement[]> {
  refuseUnreadable(script);
  const pieces = scan(script);
  grammar ??= loadGrammar();
  const parse = await grammar;
  return pieces.flatMap((piece) => statementsOf(piece, script, parse));
}

/** One statement that Belay wrote or stored: undo SQL, the SQL of a journaled step. */
export async function parseStatement(sql: string, line = 0): Promise<ParsedStatement> {
  const [statement, ...others] = await parseScript({ path: "", sql, line: 1, transaction: "auto" });
  if (statement === undefined || others.length > 0) {
    throw new Error(`internal: one statement expected: ${sql}`);
  }
  return { ...statement, line };
}

/** The server can store neither in text, and the parser would stop at the first. */
function refuseUnreadable(script: Script): void {
  const at = script.sql.search(/\0|\p{Surrogate}/u);
  if (at < 0) return;
  const line = script.line + script.sql.slice(0, at).split("\n").length - 1;
  const what = script.sql[at] === "\0" ? "a NUL character" : "half of a surrogate pair";
  throw new BelayError("BELAY_SQL_SYNTAX", `the file holds ${what}`, {
    at: `${script.path}:${line}`,
    state: untouched,
    hint: "Save the file as UTF-8 text and remove that character.",
    details: { line },
  });
}

function statementsOf(piece: Piece, script: Script, parse: Grammar): ParsedStatement[] {
  const raw = parsePiece(piece, script, parse).stmts ?? [];
  // The parser counts bytes of UTF-8.
  const bytes = Buffer.from(piece.sql, "utf8");
  const statements: ParsedStatement[] = [];
  let behind = 0;
  let line = piece.line;
  for (const { stmt, stmt_location: start = 0, stmt_len: length } of raw) {
    if (stmt === undefined) continue;
    const end = length === undefined ? bytes.length : start + length;
    const gap = bytes.toString("utf8", behind, start);
    const text = bytes.toString("utf8", start, end);
    line += lineBreaks(gap);
    statements.push({
      sql: withoutTrailingComments(text),
      path: script.path,
      line,
      node: stmt,
      directives: directivesIn(gap, behind === 0 && piece.startsLine),
    });
    line += lineBreaks(text);
    behind = end;
  }
  attachCopyData(statements, piece);
  return statements;
}

function parsePiece(piece: Piece, script: Script, parse: Grammar): ParseResult {
  if (piece.sql.trim() === "") return {};
  if (piece.tokens > tokensMax) throw tooLarge(piece, script);
  try {
    return parse(piece.sql);
  } catch (thrown) {
    throw syntaxError(thrown, piece, script);
  }
}

function syntaxError(thrown: unknown, piece: Piece, script: Script): BelayError {
  const details = (thrown as { sqlDetails?: { cursorPosition?: number } }).sqlDetails;
  const message = messageOf(thrown);
  if (thrown instanceof RangeError) {
    return unreadable("an expression is nested too deeply to be read", piece, script, thrown);
  }
  if (details === undefined || message.startsWith("out of memory")) {
    return tooLarge(piece, script, thrown);
  }
  // The server counts characters, JavaScript counts UTF-16 units.
  const before = [...piece.sql].slice(0, details.cursorPosition ?? 0);
  const line = piece.line + before.filter((character) => character === "\n").length;
  const column = before.length - before.lastIndexOf("\n");
  const next = [...piece.sql].slice(before.length, before.length + 1).join("");
  return new BelayError("BELAY_SQL_SYNTAX", message, {
    at: `${script.path}:${line}:${column}`,
    state: untouched,
    hint:
      next === ":"
        ? "psql variables (:name) are not filled in; write the value."
        : "Correct the statement; it was read with the grammar of PostgreSQL 18.",
    details: { line, column, frame: codeFrame(piece.sql, line, column, piece.line) },
    cause: thrown,
  });
}

/**
 * Measured: the parser takes 8 million tokens of the simplest kind, and dies of 4 million of the
 * worst, with a word on stdout that is not ours. One INSERT of 5 MB has some 1.5 million.
 */
const tokensMax = 3_000_000;

function tooLarge(piece: Piece, script: Script, cause?: unknown): BelayError {
  return unreadable("the statement is too large to be read", piece, script, cause);
}

function unreadable(message: string, piece: Piece, script: Script, cause: unknown): BelayError {
  return new BelayError("BELAY_SQL_SYNTAX", message, {
    at: `${script.path}:${piece.line}`,
    state: untouched,
    hint: "Break it into several statements, or load rows with COPY.",
    details: { line: piece.line, characters: piece.sql.length },
    ...(cause === undefined ? {} : { cause }),
  });
}

function lineBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** Behind a `--` comment a semicolon would be part of the comment. */
function withoutTrailingComments(text: string): string {
  const mayHoldComment = text.includes("--") || text.includes("/*");
  return mayHoldComment ? text.slice(0, endOfCode(text)) : text.trimEnd();
}

function attachCopyData(statements: ParsedStatement[], piece: Piece): void {
  statements.forEach((statement, index) => {
    if (!("CopyStmt" in statement.node)) return;
    const { is_from, is_program, filename, options } = statement.node.CopyStmt;
    if (is_from !== true || is_program === true || filename !== undefined) return;
    const refuse = (message: string, hint: string): never => {
      throw new BelayError("BELAY_SQL_COPY", message, {
        at: `${statement.path}:${statement.line}`,
        state: untouched,
        hint,
      });
    };
    if (formatOf(options) === "binary") {
      refuse("binary COPY data cannot stand in a text file", "Use the text or CSV format.");
    }
    const data = index === statements.length - 1 ? piece.copyData : undefined;
    if (data === undefined || data === null) {
      refuse(
        "the data of COPY ... FROM stdin has no end",
        "End it with a line that holds only \\. (backslash, full stop).",
      );
    } else statement.copyData = data;
  });
}

function formatOf(options: Node[] | undefined): string | undefined {
  for (const option of options ?? []) {
    if (!("DefElem" in option) || option.DefElem.defname !== "format") continue;
    const value = option.DefElem.arg;
    if (value !== undefined && "String" in value) return value.String.sval?.toLowerCase();
  }
  return undefined;
}
