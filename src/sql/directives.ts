// Owns: `-- belay:name value` comment lines, by which an author tells Belay what SQL cannot say.

import { tokenAt } from "./lexer.ts";

export interface Directive {
  name: string;
  /** What follows the name, trimmed; `""` when nothing does. */
  value: string;
}

const form = /^--[ \t]*belay:([a-z][a-z0-9-]*)(?:[ \t]+(.*?))?[ \t]*$/;

/**
 * The directives in the text between two statements. A comment that shares its line with other
 * text belongs to that text, so it is passed over; `atLineStart` says whether `gap` begins a line.
 */
export function directivesIn(gap: string, atLineStart: boolean): Directive[] {
  if (!gap.includes("belay:")) return [];
  const found: Directive[] = [];
  let alone = atLineStart;
  for (let token = tokenAt(gap, 0); token !== undefined; token = tokenAt(gap, token.end)) {
    const text = gap.slice(token.start, token.end);
    if (token.kind === "line-comment" && alone) {
      const [, name, value] = form.exec(text) ?? [];
      if (name !== undefined) found.push({ name, value: value ?? "" });
    }
    if (token.kind === "space") alone ||= text.includes("\n");
    else alone = false;
  }
  return found;
}
