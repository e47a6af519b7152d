// Measures how long `belay --help` takes from start to exit, beside `node -e 0`, in turn.

import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { aside, machine, median, print, printTable, readOptions } from "./arguments.mjs";

/** Milliseconds; the design's number. */
const targetMs = 150;

const program = join(import.meta.dirname, "..", "bin", "belay.js");

/** @param {{ rounds?: number, belay?: string }} options */
export function measureHelp({ rounds = 20, belay = program } = {}) {
  const bare = /** @type {number[]} */ ([]);
  const help = /** @type {number[]} */ ([]);
  const time = (/** @type {string[]} */ words) => {
    const from = performance.now();
    execFileSync(process.execPath, words, { stdio: "ignore" });
    return performance.now() - from;
  };
  // The first of each reads files from the disk; those of a user mostly do not.
  for (const words of [
    ["-e", "0"],
    [belay, "--help"],
  ])
    time(words);
  for (let round = 0; round < rounds; round += 1) {
    bare.push(time(["-e", "0"]));
    help.push(time([belay, "--help"]));
  }
  return {
    ...{ rounds, targetMs, nodeMs: median(bare), helpMs: median(help) },
    ratio: median(help) / median(bare),
    fastestMs: Math.min(...help),
    slowestMs: Math.max(...help),
  };
}

/** @param {ReturnType<typeof measureHelp>} result */
export function printHelp(result) {
  const { rounds, nodeMs, helpMs, ratio, fastestMs, slowestMs } = result;
  print(`belay --help: median of ${rounds} starts, target under ${targetMs} ms`);
  printTable([
    ["", "median ms", "ratio", "fastest - slowest"],
    ["node -e 0", nodeMs.toFixed(0), "1.00", "-"],
    [
      "belay --help",
      helpMs.toFixed(0),
      ratio.toFixed(2),
      `${fastestMs.toFixed(0)} - ${slowestMs.toFixed(0)}`,
    ],
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = readOptions("Start time of belay --help", {
    rounds: { type: "string", default: "20", summary: "starts of each" },
    belay: { type: "string", default: program, summary: "the program" },
    json: { type: "boolean", summary: "one JSON document" },
  });
  aside(machine(cpus()));
  const result = measureHelp({ rounds: Number(options.rounds), belay: String(options.belay) });
  if (options.json) print(JSON.stringify(result, null, 2));
  else printHelp(result);
}
