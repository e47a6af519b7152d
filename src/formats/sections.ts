// Owns: the text of a migration file: its leading comments and what they switch off, and the
// marker lines that cut it into sections. Tools find markers line by line without reading SQL, so
// a marker counts at the start of a line and nowhere else, even inside a string: Belay reads the
// sections that the tool would run.

import { posix } from "node:path";
import type { Script } from "../core/migration.ts";
import { directivesIn } from "../sql/directives.ts";
import { tokenAt } from "../sql/lexer.ts";
import { LineCounter } from "../sql/scan.ts";
import type { Tree } from "./format.ts";

/** Offset of the first statement: behind white space, comments and lone semicolons. */
export function statementsStart(sql: string): number {
  for (let token = tokenAt(sql, 0); token !== undefined; token = tokenAt(sql, token.end)) {
    const passes =
      token.kind === "space" ||
      token.kind === "line-comment" ||
      (token.kind === "block-comment" && isIdle(sql.slice(token.start, token.end))) ||
      sql[token.start] === ";";
    if (!passes) return token.start;
  }
  return sql.length;
}

/** MySQL runs what stands behind `/*!`, MariaDB behind `/*M!` too; without an end it is an error. */
function isIdle(blockComment: string): boolean {
  return blockComment.endsWith("*/") && !/^\/\*M?!/.test(blockComment);
}

/** Whether running it would do nothing: comments and white space only. */
export function isBlank(sql: string): boolean {
  return statementsStart(sql) === sql.length;
}

/** Whether the leading comments say `-- belay:no-transaction`; every format takes it. */
export function forbidsTransaction(sql: string): boolean {
  const comments = sql.slice(0, statementsStart(sql));
  return directivesIn(comments, true).some(({ name }) => name === "no-transaction");
}

/** A path of the tree as the user would type it. */
export function pathOf(tree: Tree, path: string): string {
  return posix.join(tree.root, path);
}

/** `path:line` of an offset, for messages. */
export function placeOf(tree: Tree, path: string, offset: number): string {
  const line = new LineCounter(tree.files.get(path) ?? "", 1).at(offset);
  return `${pathOf(tree, path)}:${line}`;
}

/** A line that cuts a file. */
export interface Marker {
  /** The line without its line break. */
  text: string;
  /** 1-based. */
  line: number;
  /** Offset of the line, and of the one after it. */
  start: number;
  end: number;
}

/**
 * The marker lines of a text, in order. `pattern` is global and begins with `(?<=^|\n)`: with the
 * flag `m`, `^` would also match behind a lone CR or U+2028, where tools see no new line.
 */
export function markersIn(text: string, pattern: RegExp): Marker[] {
  const lines = new LineCounter(text, 1);
  return [...text.matchAll(pattern)].map(({ index: start }) => {
    const lineBreak = text.indexOf("\n", start);
    const end = lineBreak < 0 ? text.length : lineBreak + 1;
    return { text: text.slice(start, end).trimEnd(), line: lines.at(start), start, end };
  });
}

/** Part of a file, from behind its marker. */
export interface Section {
  marker: Marker;
  /** Offset of its end. */
  end: number;
}

/**
 * One direction of a file: its sections as one text. What lies between two of them is left out,
 * its line breaks are not, so that lines keep their numbers.
 */
export function scriptOf(
  tree: Tree,
  path: string,
  sections: readonly [Section, ...Section[]],
  transaction: Script["transaction"],
): Script {
  const text = tree.files.get(path) ?? "";
  let sql = "";
  let from = sections[0].marker.end;
  for (const { marker, end } of sections) {
    sql += text.slice(from, marker.end).replace(/[^\n]/g, "") + text.slice(marker.end, end);
    from = end;
  }
  return { path: pathOf(tree, path), sql, line: sections[0].marker.line + 1, transaction };
}

/** A file that is one direction as a whole. */
export function scriptOfFile(tree: Tree, path: string, noTransaction = false): Script {
  const sql = tree.files.get(path) ?? "";
  const transaction = noTransaction || forbidsTransaction(sql) ? "none" : "auto";
  return { path: pathOf(tree, path), sql, line: 1, transaction };
}
