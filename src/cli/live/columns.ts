// Owns: text as a terminal shows it: how many columns it takes, what of it fits, and nothing in it that
// the terminal would obey.

/** A part of a line, and how it is painted. */
export type Part = string | readonly [text: string, paint: (text: string) => string];

export function textOf(part: Part): string {
  return typeof part === "string" ? part : part[0];
}

/** What other people have written may hold anything: their queries, names of theirs. */
export function harmless(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "");
}

/** Scripts and pictures whose characters take two columns, as nearly as it can be told without a table. */
const wide =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]/u;

function widthOf(character: string): number {
  if (/\p{M}/u.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** In columns. */
export function width(text: string): number {
  return [...text].reduce((sum, each) => sum + widthOf(each), 0);
}

/** What fits, with `…` where something does not. */
export function clip(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let [fits, left] = ["", columns - 1];
  for (const each of text) {
    left -= widthOf(each);
    if (left < 0) break;
    fits += each;
  }
  return columns < 1 ? "" : `${fits}…`;
}

/** Exactly so wide. */
export function cell(text: string, columns: number, side: "left" | "right" = "left"): string {
  const clipped = clip(text, columns);
  const space = " ".repeat(Math.max(0, columns - width(clipped)));
  return side === "left" ? clipped + space : space + clipped;
}

/** One line, no wider than that, painted part by part. */
export function line(parts: readonly Part[], columns: number): string {
  let left = columns;
  let painted = "";
  for (const part of parts) {
    const text = textOf(part);
    const paint = typeof part === "string" ? String : part[1];
    const clipped = clip(text, left);
    left -= width(clipped);
    painted += clipped === "" ? "" : paint(clipped);
    if (clipped !== text) break;
  }
  return painted;
}
