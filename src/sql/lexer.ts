// Owns: the lexical rules of PostgreSQL SQL, as far as one needs them to know where strings,
// comments, identifiers and statements end. Never judges: what is malformed is cut somewhere and
// left to the parser, which has the server's grammar and its messages.

export type TokenKind =
  | "space"
  | "line-comment"
  | "block-comment"
  | "string"
  | "identifier"
  | "word"
  | "backslash"
  | "other";

export interface Token {
  kind: TokenKind;
  /** UTF-16 offsets into the text; `end` is exclusive. */
  start: number;
  end: number;
}

const space = /[ \t\r\n\f\v]+/y;
const lineComment = /--[^\n\r]*/y;
const word = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
/** A number swallows a `$` that follows it: `1$a` never opens a dollar quote. */
const number = /[0-9][A-Za-z0-9_.$]*/y;
const dollarQuote = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const blockComment = /\/\*|\*\//g;
const escapedOrQuote = /\\[\s\S]?|'/g;
/** A string goes on after white space with a line break in it, in the mode it began in. */
const continued = /(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\r\n\f\v]|--[^\n\r]*)*'/y;

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** The end of a quotation that doubles its mark to hold it; `at` is behind the opening mark. */
function quotedEnd(text: string, mark: string, at: number): number {
  for (let from = at; ; from += 2) {
    from = text.indexOf(mark, from);
    if (from < 0) return text.length;
    if (text[from + 1] !== mark) return from + 1;
  }
}

function escapeStringEnd(text: string, at: number): number {
  escapedOrQuote.lastIndex = at;
  for (let found = escapedOrQuote.exec(text); found !== null; found = escapedOrQuote.exec(text)) {
    if (found[0] !== "'") continue;
    const end = escapedOrQuote.lastIndex;
    if (text[end] === "'") escapedOrQuote.lastIndex = end + 1;
    else {
      const next = match(continued, text, end);
      if (next === end) return end;
      escapedOrQuote.lastIndex = next;
    }
  }
  return text.length;
}

/** Block comments nest in PostgreSQL. */
function blockCommentEnd(text: string, at: number): number {
  blockComment.lastIndex = at;
  let depth = 0;
  for (let found = blockComment.exec(text); found !== null; found = blockComment.exec(text)) {
    depth += found[0] === "/*" ? 1 : -1;
    if (depth === 0) return blockComment.lastIndex;
  }
  return text.length;
}

/** The token that begins at `at`; undefined at the end of the text. */
export function tokenAt(text: string, at: number): Token | undefined {
  const first = text[at];
  if (first === undefined) return undefined;
  const token = (kind: TokenKind, end: number): Token => ({ kind, start: at, end });
  switch (first) {
    case "'":
      return token("string", quotedEnd(text, "'", at + 1));
    case '"':
      return token("identifier", quotedEnd(text, '"', at + 1));
    case "\\":
      return token("backslash", at + 1);
    case "-": {
      const end = match(lineComment, text, at);
      return end > at ? token("line-comment", end) : token("other", at + 1);
    }
    case "/":
      return text[at + 1] === "*"
        ? token("block-comment", blockCommentEnd(text, at))
        : token("other", at + 1);
    case "$": {
      const open = match(dollarQuote, text, at);
      if (open === at) return token("other", at + 1);
      const close = text.indexOf(text.slice(at, open), open);
      return token("string", close < 0 ? text.length : close + (open - at));
    }
  }
  const blank = match(space, text, at);
  if (blank > at) return token("space", blank);
  const name = match(word, text, at);
  if (name > at) return wordOrPrefixed(text, at, name);
  const digits = match(number, text, at);
  return token("other", digits > at ? digits : at + 1);
}

/** `E'..'` has escapes; `U&'..'` and `U&".."` are quoted like plain ones. */
function wordOrPrefixed(text: string, at: number, end: number): Token {
  const prefix = text[at];
  if (end === at + 1 && (prefix === "e" || prefix === "E") && text[end] === "'") {
    return { kind: "string", start: at, end: escapeStringEnd(text, end + 1) };
  }
  return { kind: "word", start: at, end };
}

/** Offset behind the last token that is neither white space nor comment. */
export function endOfCode(text: string): number {
  let end = 0;
  for (let token = tokenAt(text, 0); token !== undefined; token = tokenAt(text, token.end)) {
    if (token.kind !== "space" && !token.kind.endsWith("comment")) end = token.end;
  }
  return end;
}
