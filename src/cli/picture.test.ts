// What a terminal shows after what is written to it: a small one is played here.

import { expect, test } from "vitest";
import { createOutput } from "./output.ts";
import { openPicture } from "./picture.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape character is what it looks for
const sequences = /\u001B\[\d*[a-zA-Z]|[\s\S]/g;

/** Knows the sequences that a picture is drawn with, and complains of any other. */
function screen(columns: number) {
  const lines = [""];
  let [row, column] = [0, 0];
  let resized: (() => void) | undefined;
  const put = (character: string) => {
    const line = (lines[row] ?? "").padEnd(column);
    lines[row] = line.slice(0, column) + character + line.slice(column + 1);
    column += 1;
  };
  const obey = (sequence: string) => {
    const [, count = "", letter] = /^\[(\d*)([AKJ])$/.exec(sequence.slice(1)) ?? [];
    if (letter === "A") row = Math.max(0, row - Number(count));
    else if (letter === "K") lines[row] = (lines[row] ?? "").slice(0, column);
    else if (letter === "J") lines.splice(row, lines.length, (lines[row] ?? "").slice(0, column));
    else throw new Error(`not known: ${JSON.stringify(sequence)}`);
  };
  return {
    ...{ isTTY: true, columns, rows: 24 },
    write(text: string) {
      for (const part of text.match(sequences) ?? []) {
        if (part.length > 1) obey(part);
        else if (part === "\n") [row, column] = [row + 1, 0];
        else if (part === "\r") column = 0;
        else put(part);
        lines[row] ??= "";
      }
    },
    on: (_: "resize", listener: () => void) => {
      resized = listener;
    },
    off: () => {
      resized = undefined;
    },
    resize() {
      resized?.();
    },
    shows: () => lines.join("\n"),
  };
}

test("is replaced in its place; what is printed stays above it; nothing of it is left", () => {
  const terminal = screen(40);
  const output = createOutput(
    { stdout: terminal, stderr: terminal },
    { json: false, color: false },
  );
  output.aside("before");
  output.view(() => ["one", "two", "three"]);
  expect(terminal.shows()).toBe("before\none\ntwo\nthree\n");
  output.view(() => ["1", "2"]);
  output.aside("meanwhile");
  output.live("never seen below a view");
  expect(terminal.shows()).toBe("before\nmeanwhile\n1\n2\n");
  output.line("a result");
  output.close();
  output.aside("after");
  expect(terminal.shows()).toBe("before\nmeanwhile\na result\nafter\n");
});

test("is drawn anew when the terminal gets another size", () => {
  const terminal = screen(40);
  const picture = openPicture(terminal);
  picture.show(({ columns }) => [`${columns} columns`]);
  terminal.columns = 20;
  terminal.resize();
  expect(terminal.shows()).toBe("20 columns\n");
  picture.close();
  terminal.resize();
  expect(terminal.shows()).toBe("");
});

test("is drawn for a usual terminal where that does not know its size", () => {
  const terminal = screen(0);
  openPicture(terminal).show(({ columns, rows }) => [`${columns} x ${rows}`]);
  expect(terminal.shows()).toBe("80 x 24\n");
});

test("is there only for people who look at a terminal", () => {
  const has = (given: { isTTY?: boolean; term?: string; ci?: string; json?: boolean }) => {
    const { isTTY = true, json = false, ...rest } = given;
    const stderr = { ...screen(40), isTTY };
    return createOutput({ stdout: stderr, stderr }, { json, color: true, ...rest }).hasView;
  };
  expect(has({ term: "xterm" })).toBe(true);
  expect(has({ isTTY: false })).toBe(false);
  expect(has({ term: "dumb" })).toBe(false);
  expect(has({ ci: "true" })).toBe(false);
  expect(has({ json: true })).toBe(false);
});
