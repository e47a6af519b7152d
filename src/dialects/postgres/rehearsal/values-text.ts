// Owns: made-up text, of a length that fits.

import type { Values } from "./values.ts";

const words =
  "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec romeo sierra tango uniform victor whiskey xray yankee zulu".split(
    " ",
  );

/** Long enough for the server to store it out of line, and still good for an index: it compresses. */
const long = "Longer than a page can hold in one piece. ".repeat(120);

/** What is lost when text is trimmed, folded, escaped, cut, normalised, or taken for a NULL. */
const telling = [
  "  Mixed CASE, spaced  ",
  "",
  'it\'s "quoted" \\ and\n\tbroken 100%_',
  "Zoe\u0308 Äß 👩‍👩‍👧 שלום ﬁ",
  long,
  "NULL",
  "007",
  "<b>&amp;</b>",
];

/** `limit` in characters; undefined: none. */
export function textValues(limit: number | undefined, unicode: boolean): Values {
  const fits = (text: string) => limit === undefined || [...text].length <= limit;
  const cut = (text: string) => (fits(text) ? text : [...text].slice(0, limit).join(""));
  const edges = unicode ? telling : telling.filter((text) => !/[^ -~\s]/.test(text));
  return {
    ordinary: (index) => {
      const text = `${words[index % words.length]} ${index + 1}`;
      return fits(text) ? text : letters(index, limit ?? 1);
    },
    edges: [...new Set(edges.map(cut))],
  };
}

/** All of one width, so that different numbers never give the same text while there are letters. */
function letters(index: number, width: number): string {
  let text = "";
  for (let rest = index; text.length < width; rest = Math.floor(rest / 26)) {
    text = String.fromCharCode(97 + (rest % 26)) + text;
  }
  return text;
}
