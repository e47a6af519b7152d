// Owns: what all benchmarks share: command-line options, numbers, tables.

import { parseArgs } from "node:util";

/** @typedef {{ type: "string" | "boolean", default?: string | boolean, summary: string }} Option */

/**
 * Reads `--name value` options; `--help` prints them and ends the process.
 * @param {string} title
 * @param {Record<string, Option>} options
 * @param {readonly string[]} argv
 * @returns {Record<string, string | boolean | undefined>}
 */
export function readOptions(title, options, argv = process.argv.slice(2)) {
  const all = { ...options, help: { type: "boolean", summary: "print this" } };
  const parserOptions = Object.fromEntries(
    Object.entries(all).map(([name, { summary: _, ...option }]) => [name, option]),
  );
  const { values } = parseArgs({ args: [...argv], options: /** @type {any} */ (parserOptions) });
  if (values.help) {
    print(title);
    for (const [name, { summary, default: usual }] of Object.entries(all)) {
      print(`  --${name.padEnd(12)} ${summary}${usual === undefined ? "" : ` (${usual})`}`);
    }
    process.exit(0);
  }
  return /** @type {any} */ (values);
}

/** @param {string} line */
export function print(line) {
  process.stdout.write(`${line}\n`);
}

/** Progress, so that `--json` leaves one document on stdout. @param {string} line */
export function aside(line) {
  process.stderr.write(`${line}\n`);
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[half - 1] ?? 0, sorted[half] ?? 0];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}

/**
 * Columns of equal width; what looks like a number is right-aligned.
 * @param {readonly (readonly string[])[]} rows the first one is the heading
 */
export function printTable(rows) {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  for (const row of rows) {
    const cells = row.map((cell, at) =>
      /^[\d.,]+( \S+)?$|^-$/.test(cell) ? cell.padStart(widths[at]) : cell.padEnd(widths[at]),
    );
    print(cells.join("  ").trimEnd());
  }
}

/** The machine class that figures belong to. @param {import("node:os").CpuInfo[]} cpus */
export function machine(cpus) {
  return `${cpus.length} cores (${cpus[0]?.model.trim() ?? "unknown"}), Node ${process.version}`;
}
