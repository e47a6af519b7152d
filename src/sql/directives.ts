// Owns: `-- belay:name value` comment lines, by which an author tells Belay what SQL cannot say.

import { BelayError, untouched } from "../core/errors.ts";
import { tokenAt } from "./lexer.ts";

export interface Directive {
  name: string;
  /** What follows the name, trimmed; `""` when nothing does. */
  value: string;
}

const form = /^--[ \t]*belay:([a-z][a-z0-9-]*)(?:[ \t]+(.*?))?[ \t]*$/;

/**
 * `no-transaction` is read with the file (src/formats), `verbatim` with its statement, `fill`
 * wherever it stands in a script.
 */
const known = ["no-transaction", "verbatim", "fill"];

/**
 * The directives in the text between two statements. A comment that shares its line with other
 * text belongs to that text, so it is passed over; `atLineStart` says whether `gap` begins a line.
 */
export function directivesIn(gap: string, atLineStart: boolean): Directive[] {
  return placedDirectives(gap, atLineStart).map(({ directive }) => directive);
}

/** As {@link directivesIn}, each with the offset at which it begins. */
export function placedDirectives(
  gap: string,
  atLineStart: boolean,
): { directive: Directive; start: number }[] {
  if (!gap.includes("belay:")) return [];
  const found: { directive: Directive; start: number }[] = [];
  let alone = atLineStart;
  for (let token = tokenAt(gap, 0); token !== undefined; token = tokenAt(gap, token.end)) {
    const text = gap.slice(token.start, token.end);
    if (token.kind === "line-comment" && alone) {
      const [, name, value] = form.exec(text) ?? [];
      if (name !== undefined)
        found.push({ directive: { name, value: value ?? "" }, start: token.start });
    }
    if (token.kind === "space") alone ||= text.includes("\n");
    else alone = false;
  }
  return found;
}

/** Throws BELAY_SQL_DIRECTIVE: a misspelt directive would be passed over in silence. */
export function refuseUnknown(directives: readonly Directive[], at: string): void {
  const unknown = directives.find(({ name }) => !known.includes(name));
  if (unknown === undefined) return;
  throw new BelayError("BELAY_SQL_DIRECTIVE", `there is no directive belay:${unknown.name}`, {
    at,
    state: untouched,
    hint: `Known are ${known.map((name) => `belay:${name}`).join(", ")}.`,
    details: { directive: unknown.name },
  });
}
