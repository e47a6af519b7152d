// Owns: guesses at what a check wants, taken from the constants in its text: values in a list, bounds
// and what lies beside them, lengths, patterns, keys of JSON. Guesses only: the server is asked which
// of them pass. A guess made for a number goes with the plain value of the same number in another
// column, for checks that compare two of them.

import type { TypeShape } from "./table-shapes.ts";
import { arrayText } from "./values.ts";
import { textOfLike, textOfPattern } from "./values-pattern.ts";

export type Hint = (index: number) => string;

/** The constants of a check. */
export interface Mentioned {
  texts: string[];
  numbers: number[];
  /** Chains of keys, as in `a -> 'b' -> 'c'`. */
  paths: string[][];
}

const stringLiteral = /E?'((?:[^']|'')*)'/g;

/** Of an expression as `pg_get_expr` writes it. */
export function mentionedIn(sql: string): Mentioned {
  const literals = [...sql.matchAll(stringLiteral)].map(([, text = ""]) =>
    text.replaceAll("''", "'"),
  );
  const texts = new Set(literals);
  for (const literal of literals) {
    if (!/^\{.+\}$/s.test(literal)) continue;
    for (const item of literal.slice(1, -1).split(",")) texts.add(item.replace(/^"(.*)"$/s, "$1"));
  }
  const code = sql.replace(stringLiteral, " ").replace(/"(?:[^"]|"")*"/g, " ");
  const numbers = [...code.matchAll(/(?<![\w.])-?\d+(\.\d+)?(e[+-]?\d+)?/g)].map(([text]) =>
    Number(text),
  );
  for (const text of texts) if (/^-?\d+(\.\d+)?$/.test(text)) numbers.push(Number(text));
  return { texts: [...texts], numbers: [...new Set(numbers)], paths: pathsIn(sql) };
}

function pathsIn(sql: string): string[][] {
  const step = String.raw`\)*\s*(?:->>?|#>>?)\s*'((?:[^']|'')*)'(?:::[\w"\[\]]+)?`;
  const chains = [...sql.matchAll(new RegExp(`(?:${step})+`, "g"))];
  return chains.map(([chain]) =>
    [...chain.matchAll(new RegExp(step, "g"))].map(([, key = ""]) => key),
  );
}

/** Guesses for a type in a check. All labels of an enum are plain values of it already. */
export function hintsOf(type: TypeShape, modifier: number, mentioned: Mentioned): Hint[] {
  if (type.kind === "domain" && type.inner)
    return hintsOf(type.inner, type.innerModifier, mentioned);
  // Vectors of the catalogs look like arrays and are not written like them.
  if (type.kind === "array" && type.inner && !/vector$/.test(type.name)) {
    return arrayHints(type, modifier, mentioned);
  }
  const shape = shapes[type.kind];
  if (shape !== undefined) return matching(shape)(mentioned, modifier);
  return byFamily[families[type.name] ?? ""]?.(mentioned, modifier) ?? [];
}

const always =
  (text: string): Hint =>
  () =>
    text;

const shapes: Record<string, RegExp> = {
  composite: /^\(.*\)$/s,
  range: /^([[(].*[\])]|empty)$/s,
  multirange: /^\{.*\}$/s,
};

const families: Record<string, string> = {
  ...{ text: "text", varchar: "text", bpchar: "text", citext: "text", name: "text" },
  ...{ int2: "number", int4: "number", int8: "number", oid: "number", money: "number" },
  ...{ numeric: "fraction", float4: "fraction", float8: "fraction" },
  ...{ date: "moment", timestamp: "moment", timestamptz: "moment" },
  ...{ json: "json", jsonb: "json", bytea: "bytes", bool: "truth" },
  ...{ interval: "span", time: "clock", timetz: "clock", uuid: "uuid", inet: "net", cidr: "net" },
};

type Family = (mentioned: Mentioned, modifier: number) => Hint[];

const matching =
  (shape: RegExp): Family =>
  ({ texts }) =>
    texts.filter((text) => shape.test(text)).map(always);

const byFamily: Record<string, Family> = {
  text: textHints,
  number: ({ numbers }) => numberHints(numbers.map(Math.trunc)),
  fraction: ({ numbers }) => [...numberHints(numbers), ...numbers.map((n) => () => `${n / 2}`)],
  moment: momentHints,
  json: jsonHints,
  bytes: ({ texts, numbers }) => [
    ...texts.filter((text) => /^\\x([\da-f]{2})*$/i.test(text)).map(always),
    ...lengthsIn(numbers).map(
      (length): Hint =>
        (index) => {
          return `\\x${(index + 1)
            .toString(16)
            .padStart(2 * length, "0")
            .slice(-2 * length)}`;
        },
    ),
  ],
  truth: () => [always("true"), always("false")],
  span: matching(/\d/),
  clock: matching(/^\d\d:\d\d/),
  uuid: matching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i),
  net: matching(/^[\da-f.:]+(\/\d+)?$/i),
};

/** Each number, what lies beside it, and rows of numbers up and down from it. */
function numberHints(numbers: readonly number[]): Hint[] {
  const steps = numbers
    .filter(Number.isFinite)
    .flatMap((n): Hint[] => [
      (index) => decimal(n + index),
      (index) => decimal(n - index),
      (index) => decimal(n + index + 1),
      (index) => decimal(n - index - 1),
      () => decimal(n),
    ]);
  return [...steps, (index) => `${index}`, always("1")];
}

/** Never with an exponent or noise, which integers refuse. */
function decimal(value: number): string {
  return Number.isInteger(value) ? BigInt(value).toString() : `${Number(value.toPrecision(15))}`;
}

/** Lengths named by a check, and those beside them; a megabyte is not made up. */
function lengthsIn(numbers: readonly number[]): number[] {
  const lengths = numbers.flatMap((n) => [n, n - 1, n + 1]);
  return [...new Set(lengths)].filter((n) => Number.isInteger(n) && n > 0 && n <= 5000);
}

/** What checks and triggers that do not say what text they want usually want. */
const usual: Hint[] = [
  (index) => `alpha${index + 1}`,
  (index) => `1.${index}.0`,
  (index) => `${index + 1}`,
  (index) => `alpha${index + 1}@example.com`,
  (index) => `https://example.com/${index + 1}`,
  (index) => `6ba7b810-9dad-41d1-80b4-${(index + 1).toString(16).padStart(12, "0")}`,
  (index) => `ALPHA${index + 1}`,
];

/** What is named first, then what it may be a pattern or a part of. */
function textHints({ texts, numbers }: Mentioned, modifier: number): Hint[] {
  const patterns = texts.filter((text) => /[\^$[\]\\+*?|(]/.test(text));
  const hints: Hint[] = [
    ...texts.map(always),
    ...patterns.map(
      (text): Hint =>
        (index) =>
          textOfPattern(text, index),
    ),
    ...texts
      .filter((text) => /[%_]/.test(text))
      .map(
        (text): Hint =>
          (index) =>
            textOfLike(text, index),
      ),
    ...lengthsIn(numbers).map(
      (length): Hint =>
        (index) =>
          `x${index}`.padStart(length, "x").slice(-length),
    ),
    ...usual,
    ...texts
      .filter((text) => text.length < 12)
      .flatMap((text): Hint[] => [
        (index) => `a${index}${text}b`,
        (index) => `${text}${index}`,
        (index) => `A${text}${index}`,
      ]),
  ];
  const limit = modifier < 4 ? Number.POSITIVE_INFINITY : modifier - 4;
  return hints.map((hint) => (index) => {
    const text = hint(index);
    return text.length <= limit ? text : text.slice(0, limit);
  });
}

/** Constants and what is some hours or days from them, as ISO text like the constant itself. */
function momentHints({ texts }: Mentioned): Hint[] {
  const hints: Hint[] = [(index) => `${2100 + (index % 900)}-01-01 00:00:00+00`];
  for (const text of texts.filter((each) => /^\d{4}-\d\d-\d\d/.test(each))) {
    const zone = /[+-]\d\d(:\d\d)?$/.exec(text.slice(10))?.[0];
    const wall = text.slice(0, text.length - (zone?.length ?? 0)).replace(" ", "T");
    const ms = Date.parse(`${wall.length === 10 ? `${wall}T00:00:00` : wall}Z`);
    const after = (step: number) =>
      new Date(ms + step).toISOString().slice(0, 19).replace("T", " ") + (zone ?? "");
    hints.push(always(text));
    if (Number.isNaN(ms)) continue;
    hints.push(
      (index) => after((index + 1) * 3_600_000),
      (index) => after((index + 1) * 86_400_000),
    );
    hints.push(
      (index) => after(-(index + 1) * 3_600_000),
      (index) => after(-(index + 1) * 86_400_000),
    );
  }
  return hints;
}

/** Objects with the keys that a check reads, in them its constants, or the row's number. */
function jsonHints({ texts, paths, numbers }: Mentioned): Hint[] {
  const keys = new Set(paths.flat());
  const leaves: Hint[] = [
    (index) => `${index + 1}`,
    (index) => JSON.stringify(`alpha ${index + 1}`),
    ...texts.filter((text) => !keys.has(text)).map((text) => always(JSON.stringify(text))),
    ...numbers.map((n) => always(`${n}`)),
    always("[]"),
    always("{}"),
  ];
  const every = texts.length === 0 ? [] : [texts.map((text) => [text])];
  const objects = [paths, ...every].flatMap((chains) =>
    leaves.map(
      (leaf): Hint =>
        (index) =>
          objectText(chains, leaf(index)),
    ),
  );
  return [...texts.filter(isJson).map(always), ...objects];
}

function objectText(paths: readonly string[][], leaf: string): string {
  const root: Record<string, unknown> = {};
  for (const path of paths) {
    let at = root;
    path.forEach((key, depth) => {
      if (depth === path.length - 1) at[key] ??= JSON.parse(leaf);
      else {
        if (typeof at[key] !== "object" || at[key] === null) at[key] = {};
        at = at[key] as Record<string, unknown>;
      }
    });
  }
  return JSON.stringify(root);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function arrayHints(type: TypeShape, modifier: number, mentioned: Mentioned): Hint[] {
  const of = (...items: string[]) => arrayText(items, type.inner?.delimiter);
  const inner = type.inner ? hintsOf(type.inner, modifier, mentioned) : [];
  const pairs = inner.map(
    (hint, place): Hint =>
      (index) => {
        return of(hint(index), inner[(place + index + 1) % inner.length]?.(index) ?? hint(index));
      },
  );
  return [
    ...mentioned.texts.filter((text) => /^\{.*\}$/s.test(text)).map(always),
    ...inner.map(
      (hint): Hint =>
        (index) =>
          of(hint(index)),
    ),
    ...pairs,
    ...lengthsIn(mentioned.numbers)
      .filter((length) => length < 100)
      .map(
        (length): Hint =>
          (index) => {
            const item = inner.at(-1)?.(index) ?? `${index}`;
            return of(...Array.from({ length }, () => item));
          },
      ),
  ];
}
