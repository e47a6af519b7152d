// Owns: where text goes. With `--json` one document on stdout and nothing else; people's lines go
// to stderr then. Without it, results go to stdout and progress to stderr.

import pc from "picocolors";

import { openPicture, type Size, type Terminal } from "./picture.ts";

export interface Streams {
  stdout: { write(text: string): unknown };
  stderr: Terminal;
}

export interface Output {
  /** For people. */
  line(text?: string): void;
  /** Progress and warnings, for people, never on stdout. */
  aside(text: string): void;
  /** A line that the next one replaces; nothing where there is no terminal, or while there is a view. */
  live(text: string): void;
  /** Whether a view would be seen. */
  readonly hasView: boolean;
  /** The lines of a picture that stays below all others, until it is replaced, or until `close`. */
  view(draw: (size: Size) => string[]): void;
  /** The one JSON document. */
  document(value: unknown): void;
  /** Takes away what would be replaced; also before the process leaves at once. */
  close(): void;
  readonly paint: ReturnType<typeof pc.createColors>;
}

export interface OutputOptions {
  json: boolean;
  color: boolean;
  /** Environment variables that say what kind of terminal it is. */
  term?: string | undefined;
  ci?: string | undefined;
}

export function createOutput({ stdout, stderr }: Streams, options: OutputOptions): Output {
  const isTerminal = stderr.isTTY === true && options.term !== "dumb";
  const isWatched = (options.ci ?? "") === "" && !options.json;
  const picture = openPicture(stderr);
  let isLive = false;
  const clear = () => {
    if (isLive) stderr.write("\r\u001B[K");
    isLive = false;
  };
  const above = (write: () => void) => {
    clear();
    picture.above(write);
  };
  return {
    paint: pc.createColors(options.color),
    line(text = "") {
      above(() => {
        if (!options.json) stdout.write(`${text}\n`);
      });
    },
    aside(text) {
      above(() => stderr.write(`${text}\n`));
    },
    live(text) {
      if (!isTerminal || picture.isThere()) return;
      const width = (stderr.columns || 80) - 1;
      clear();
      stderr.write(text.length > width ? `${text.slice(0, width - 1)}…` : text);
      isLive = true;
    },
    hasView: isTerminal && isWatched,
    view(draw) {
      clear();
      picture.show(draw);
    },
    document(value) {
      above(() => stdout.write(`${JSON.stringify(value, null, 2)}\n`));
    },
    close() {
      clear();
      picture.close();
    },
  };
}
