// Owns: cutting a script into pieces that the parser can take: where inline COPY data begins and
// ends, which psql commands are harmless and which are refused, and where a huge file may be cut
// between two statements. What a piece means is the parser's business.

import { BelayError, untouched } from "../core/errors.ts";
import type { Script } from "../core/migration.ts";
import { tokenAt } from "./lexer.ts";

/** A run of whole statements. */
export interface Piece {
  sql: string;
  /** 1-based line of the user's file on which `sql` begins. */
  line: number;
  /** False when `sql` begins in the middle of a line. */
  startsLine: boolean;
  /** How many words, strings and signs it has: what the parser's memory grows with. */
  tokens: number;
  /**
   * For a piece whose last statement is `COPY ... FROM stdin`: the data that follows it, line ends
   * as written; null when no `\.` line ends it.
   */
  copyData?: string | null;
}

/**
 * A piece is cut at the next statement behind this many characters: the parser's output is some
 * 15 times its input, so whole dumps would meet the limits of memory.
 */
const pieceLengthMax = 1 << 19;

/** What pg_dump writes since the 2025 security releases around its own output. */
const harmlessCommands = new Set(["restrict", "unrestrict"]);

const command = /\\(\S*)/y;
const restOfLine = /[^\n]*(?:\n|$)/y;
const onlyCommentOnLine = /[ \t\r]*(?:--[^\n]*)?(?:\n|$)/y;

/** What is known of the statement that the scan is inside of. */
class Statement {
  /** First words, lower case: enough to tell COPY and CREATE FUNCTION. */
  readonly #first: string[] = [];
  #previous = "";
  #parentheses = 0;
  /** `BEGIN ATOMIC ... END` bodies hold semicolons; CASE ends with END too. */
  #blocks = 0;
  copiesIn = false;

  get isWhole(): boolean {
    return this.#parentheses === 0 && this.#blocks === 0;
  }

  add(text: string): void {
    if (text === "(") this.#parentheses += 1;
    else if (text === ")") this.#parentheses = Math.max(0, this.#parentheses - 1);
    const word = text.toLowerCase();
    if (this.#first.length < 4) this.#first.push(word);
    if (word === "stdin" && this.#previous === "from" && this.#first[0] === "copy") {
      this.copiesIn = true;
    }
    if (word === "atomic" && this.#previous === "begin" && this.#makesRoutine()) this.#blocks = 1;
    else if (this.#blocks > 0) {
      if (word === "case") this.#blocks += 1;
      else if (word === "end") this.#blocks -= 1;
    }
    this.#previous = word;
  }

  #makesRoutine(): boolean {
    const [create, or, replace, kind] = this.#first;
    const noun = or === "or" && replace === "replace" ? kind : or;
    return create === "create" && (noun === "function" || noun === "procedure");
  }
}

/** Throws for psql commands; everything else passes, malformed or not. */
export function scan(script: Script): Piece[] {
  const scanner = new Scanner(script);
  for (let at: number | undefined = 0; at !== undefined; ) at = scanner.step(at);
  return scanner.pieces;
}

class Scanner {
  readonly pieces: Piece[] = [];
  readonly #script: Script;
  readonly #lines: LineCounter;
  /** Where the piece begins that is being scanned. */
  #start = 0;
  #tokens = 0;
  #statement = new Statement();

  constructor(script: Script) {
    this.#script = script;
    this.#lines = new LineCounter(script.sql, script.line);
  }

  /** Takes the token at an offset; returns where to go on, undefined behind the last. */
  step(at: number): number | undefined {
    const token = tokenAt(this.#script.sql, at);
    if (token === undefined) {
      this.#cut(at);
      return undefined;
    }
    if (token.kind === "backslash") {
      const end = skipCommand(this.#script, token.start, this.#lines);
      this.#cut(token.start);
      this.#start = end;
      return end;
    }
    if (token.kind === "space") return token.end;
    this.#tokens += 1;
    const text = this.#script.sql.slice(token.start, token.end);
    if (token.kind === "other" && text === ";") return this.#endStatement(token.end);
    if (!["line-comment", "block-comment", "string"].includes(token.kind)) {
      this.#statement.add(text);
    }
    return token.end;
  }

  #endStatement(end: number): number {
    if (this.#statement.copiesIn) {
      const data = copyDataAfter(this.#script, end, this.#lines);
      this.#cut(end, data.text);
      this.#start = data.end;
      return data.end;
    }
    if (this.#statement.isWhole) {
      if (end - this.#start > pieceLengthMax) this.#cut(end);
      this.#statement = new Statement();
    }
    return end;
  }

  #cut(end: number, copyData?: string | null): void {
    const text = this.#script.sql;
    if (end > this.#start) {
      this.pieces.push({
        sql: text.slice(this.#start, end),
        line: this.#lines.at(this.#start),
        startsLine: this.#start === 0 || text[this.#start - 1] === "\n",
        tokens: this.#tokens,
        ...(copyData === undefined ? {} : { copyData }),
      });
    }
    this.#start = end;
    this.#tokens = 0;
    this.#statement = new Statement();
  }
}

/** The offset behind a harmless psql command; others are refused by name. */
function skipCommand(script: Script, at: number, lines: LineCounter): number {
  command.lastIndex = at;
  const name = command.exec(script.sql)?.[1] ?? "";
  const lineStart = script.sql.lastIndexOf("\n", at - 1) + 1;
  if (harmlessCommands.has(name) && script.sql.slice(lineStart, at).trim() === "") {
    restOfLine.lastIndex = at;
    restOfLine.test(script.sql);
    return restOfLine.lastIndex;
  }
  const line = lines.at(at);
  throw new BelayError(
    "BELAY_SQL_PSQL",
    name === "."
      ? `\\. ends the data of COPY ... FROM stdin, and there is none before it`
      : `\\${name} is a command of psql, not SQL`,
    {
      at: `${script.path}:${line}`,
      state: untouched,
      hint: name === "." ? "Remove the line." : `Write what \\${name} does in SQL, or remove it.`,
      details: { command: `\\${name}`, line },
    },
  );
}

/** Inline data begins on the line after the statement and ends with a `\.` line. */
function copyDataAfter(
  script: Script,
  at: number,
  lines: LineCounter,
): { text: string | null; end: number } {
  const text = script.sql;
  onlyCommentOnLine.lastIndex = at;
  if (!onlyCommentOnLine.test(text)) {
    throw new BelayError("BELAY_SQL_COPY", "COPY ... FROM stdin is followed by more on its line", {
      at: `${script.path}:${lines.at(at)}`,
      state: untouched,
      hint: "Begin the data on the next line, and end it with a line that holds only \\.",
    });
  }
  const begin = onlyCommentOnLine.lastIndex;
  for (let from = begin - 1; ; from += 1) {
    from = text.indexOf("\n\\.", from);
    if (from < 0) return { text: null, end: at };
    const lineEnd = text.indexOf("\n", from + 1);
    const end = lineEnd < 0 ? text.length : lineEnd;
    if (text.slice(from + 1, end).trimEnd() !== "\\.") continue;
    return { text: text.slice(begin, from + 1), end: lineEnd < 0 ? end : end + 1 };
  }
}

/** Line of ever later offsets, each stretch of text counted once. */
export class LineCounter {
  readonly #text: string;
  #offset = 0;
  #line: number;

  constructor(text: string, line: number) {
    this.#text = text;
    this.#line = line;
  }

  at(offset: number): number {
    for (;;) {
      const next = this.#text.indexOf("\n", this.#offset);
      if (next < 0 || next >= offset) return this.#line;
      this.#offset = next + 1;
      this.#line += 1;
    }
  }
}
