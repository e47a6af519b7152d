// Owns: text that matches a regular expression or a LIKE pattern, for the common part of their
// grammars. What is not understood gives text that may not match; whoever asks has it checked.

import { Random } from "./values-random.ts";

const range = (from: string, to: string): string =>
  String.fromCharCode(
    ...Array.from(
      { length: to.charCodeAt(0) - from.charCodeAt(0) + 1 },
      (_, n) => from.charCodeAt(0) + n,
    ),
  );

const lower = range("a", "z");
const digits = range("0", "9");
const word = `${lower}${lower.toUpperCase()}${digits}_`;
const printable = range(" ", "~");

/** After a backslash; other letters stand for themselves. Those that match no character are empty. */
const escapes: Record<string, string> = {
  ...{ d: digits, w: word, s: " ", D: lower, W: "-", S: lower, n: "\n", t: "\t", r: "\r" },
  ...{ m: "", M: "", y: "", b: "", B: "", A: "", Z: "" },
};

const classes: Record<string, string> = {
  ...{
    alpha: lower + lower.toUpperCase(),
    digit: digits,
    alnum: word.slice(0, -1),
    upper: lower.toUpperCase(),
  },
  ...{
    lower,
    space: " ",
    punct: "-.!",
    xdigit: `${digits}abcdef`,
    print: lower,
    graph: lower,
    word,
  },
};

/** A text of the pattern, another one for another number as far as there are any. */
export function textOfPattern(pattern: string, index: number): string {
  // Options in front, as in `(?i)`, and the director `***:`.
  return new Writer(pattern.replace(/^(\*\*\*[:=])?(\(\?\w+\))?/, ""), index).text();
}

export function textOfLike(pattern: string, index: number): string {
  return pattern.replace(
    /\\(.)|%|_/g,
    (wild, escaped) => escaped ?? (wild === "%" ? `x${index}` : "x"),
  );
}

class Writer {
  readonly #pattern: string;
  readonly #random: Random;
  #at = 0;

  constructor(pattern: string, index: number) {
    this.#pattern = pattern;
    this.#random = new Random(pattern, index);
  }

  text(): string {
    return this.#alternatives();
  }

  #alternatives(): string {
    const all = [this.#sequence()];
    while (this.#take("|")) all.push(this.#sequence());
    return this.#random.pick(all) ?? "";
  }

  #sequence(): string {
    let text = "";
    while (this.#at < this.#pattern.length && !"|)".includes(this.#pattern[this.#at] ?? "")) {
      const from = this.#at;
      let piece = this.#atom();
      let times = this.#times();
      const after = this.#at;
      while (times-- > 0) {
        text += piece;
        // The atom again, for letters of its own in each repetition.
        this.#at = from;
        piece = this.#atom();
        this.#at = after;
      }
    }
    return text;
  }

  #atom(): string {
    const letter = this.#pattern[this.#at++] ?? "";
    if (letter === "(") return this.#group();
    if (letter === "[") return this.#random.pick([...this.#class()]) ?? "";
    if (letter === "\\") return this.#escape();
    if (letter === ".") return this.#random.pick([...lower]) ?? "";
    return letter === "^" || letter === "$" ? "" : letter;
  }

  #group(): string {
    const look = /^\?(:|<?[=!])/.exec(this.#pattern.slice(this.#at))?.[1];
    if (look !== undefined) this.#at += look.length + 1;
    const text = this.#alternatives();
    this.#take(")");
    return look === undefined || look === ":" ? text : "";
  }

  #escape(): string {
    const letter = this.#pattern[this.#at++] ?? "";
    return this.#random.pick([...(escapes[letter] ?? letter)]) ?? "";
  }

  #class(): string {
    const negated = this.#take("^");
    let members = "";
    for (let first = true; first || this.#pattern[this.#at] !== "]"; first = false) {
      if (this.#at >= this.#pattern.length) break;
      members += this.#member();
    }
    this.#at += 1;
    if (!negated) return members;
    const others = (all: string) => [...all].filter((letter) => !members.includes(letter)).join("");
    return others(lower) || others(printable);
  }

  #member(): string {
    const named = /^\[:(\w+):\]/.exec(this.#pattern.slice(this.#at));
    if (named !== null) {
      this.#at += named[0].length;
      return classes[named[1] ?? ""] ?? "";
    }
    const from = this.#single();
    if (from.length !== 1 || !/^-[^\]]/.test(this.#pattern.slice(this.#at))) return from;
    this.#at += 1;
    const to = this.#single();
    return from <= to ? range(from, to) : "";
  }

  #single(): string {
    const letter = this.#pattern[this.#at++] ?? "";
    if (letter !== "\\") return letter;
    const escaped = this.#pattern[this.#at++] ?? "";
    return escapes[escaped] ?? escaped;
  }

  /** How often the atom just read is to stand there. */
  #times(): number {
    const found = /^([*+?]|\{(\d+)(,(\d*))?\})\??/.exec(this.#pattern.slice(this.#at));
    if (found === null) return 1;
    this.#at += found[0].length;
    const [, sign, least, open, most] = found;
    if (sign === "?") return this.#random.below(2);
    const from = sign === "*" ? 0 : sign === "+" ? 1 : Number(least);
    const to = least !== undefined && open === undefined ? from : most ? Number(most) : from + 6;
    return from + this.#random.below(Math.min(to - from, 12) + 1);
  }

  #take(letter: string): boolean {
    if (this.#pattern[this.#at] !== letter) return false;
    this.#at += 1;
    return true;
  }
}
