// Owns: where text goes. With `--json` one document on stdout and nothing else; people's lines go
// to stderr then. Without it, results go to stdout and progress to stderr.

import pc from "picocolors";

export interface Streams {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown; isTTY?: boolean; columns?: number };
}

export interface Output {
  /** For people. */
  line(text?: string): void;
  /** Progress and warnings, for people, never on stdout. */
  aside(text: string): void;
  /** A line that the next one replaces; nothing where there is no terminal. */
  live(text: string): void;
  /** The one JSON document. */
  document(value: unknown): void;
  readonly paint: ReturnType<typeof pc.createColors>;
}

export function createOutput(streams: Streams, options: { json: boolean; color: boolean }): Output {
  const { stdout, stderr } = streams;
  const paint = pc.createColors(options.color);
  const isTerminal = stderr.isTTY === true;
  let isLive = false;
  const clear = () => {
    if (isLive) stderr.write("\r\u001B[K");
    isLive = false;
  };
  return {
    paint,
    line(text = "") {
      clear();
      if (!options.json) stdout.write(`${text}\n`);
    },
    aside(text) {
      clear();
      stderr.write(`${text}\n`);
    },
    live(text) {
      if (!isTerminal) return;
      const width = (stderr.columns ?? 80) - 1;
      clear();
      stderr.write(text.length > width ? `${text.slice(0, width - 1)}…` : text);
      isLive = true;
    },
    document(value) {
      clear();
      stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
  };
}
