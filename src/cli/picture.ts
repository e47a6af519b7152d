// Owns: a picture of a few lines below all others on a terminal, drawn again and again in its place. Its
// last line ends like any other, and the cursor is never hidden: however the process ends, there is
// nothing to be put in order.

import { width } from "./live/columns.ts";

export interface Terminal {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
  rows?: number;
  on?(event: "resize", listener: () => void): unknown;
  off?(event: "resize", listener: () => void): unknown;
}

export interface Size {
  columns: number;
  rows: number;
}

export interface Picture {
  isThere(): boolean;
  /** Replaces it. */
  show(draw: (size: Size) => string[]): void;
  /** Writes something that stays, above it. */
  above(write: () => void): void;
  close(): void;
}

const usualSize: Size = { columns: 80, rows: 24 };

/** To the first column, `rows` up; then from there to the end of the screen. */
const up = (rows: number) => (rows === 0 ? "\r" : `\u001B[${rows}A\r`);
/** The second from the second column: from the first of all, tmux keeps what is cleared as history. */
const [clearLine, clearBelow] = ["\u001B[K", " \u001B[J\r\u001B[K"];

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape character is what it looks for
const colours = /\u001B\[\d+m/g;

export function openPicture(terminal: Terminal): Picture {
  let draw: ((size: Size) => string[]) | undefined;
  let drawn: string[] = [];
  // Terminals that do not know say 0.
  const size = (): Size => ({
    columns: terminal.columns || usualSize.columns,
    rows: terminal.rows || usualSize.rows,
  });
  /** Rows that it takes now: a terminal that got narrower has broken its lines. */
  const taken = () => {
    const { columns } = size();
    const rows = (text: string) => Math.max(1, Math.ceil(width(text) / columns));
    return drawn.reduce((sum, each) => sum + rows(each.replace(colours, "")), 0);
  };
  const put = (lines: string[]) => {
    // In one piece, and nothing is cleared that is written again: else it flickers.
    const text = lines.map((each) => `${each}${clearLine}\n`).join("");
    terminal.write(`${up(taken())}${text}${clearBelow}`);
    drawn = lines;
  };
  const redraw = () => {
    if (draw) put(draw(size()));
  };
  return {
    isThere: () => draw !== undefined,
    show(next) {
      if (draw === undefined) terminal.on?.("resize", redraw);
      draw = next;
      redraw();
    },
    above(write) {
      if (drawn.length > 0) put([]);
      write();
      redraw();
    },
    close() {
      if (draw === undefined) return;
      terminal.off?.("resize", redraw);
      draw = undefined;
      put([]);
    },
  };
}
