// Measures how long tools take to apply a history of small migrations to an empty database: whole
// process, start to exit, on one server, in turn and in changing order.

import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { aside, machine, median, print, printTable, readOptions } from "./arguments.mjs";
import { generate } from "./migrations.mjs";
import { contentOf, openServer, recordsIn } from "./server.mjs";
import { findTools, toolNames } from "./tools.mjs";

const program = join(import.meta.dirname, "..", "bin", "belay.js");

/** @typedef {import("./tools.mjs").Tool} Tool */

/**
 * @typedef {object} Measured
 * @property {string} name
 * @property {string} label
 * @property {number} medianMs
 * @property {number} fastestMs
 * @property {number} slowestMs
 * @property {number} ratio Belay's time divided by this one's in the same round: the median
 * @property {number} recordBytes
 * @property {string} records
 */

/**
 * @typedef {object} Result
 * @property {number} count
 * @property {number} seed
 * @property {number} rounds
 * @property {string} server
 * @property {string} machine
 * @property {number} load one-minute load average at the end
 * @property {Measured[]} tools
 * @property {{ name: string, why: string }[]} missing
 */

/**
 * @param {object} options
 * @param {number} [options.count]
 * @param {number} [options.rounds]
 * @param {number} [options.seed]
 * @param {string} [options.url]
 * @param {string} [options.belay]
 * @param {readonly string[]} [options.only]
 * @returns {Promise<Result>}
 */
export async function measureSmallMigrations(options = {}) {
  const { count = 1_000, rounds = 5, seed = 1, url, belay = program } = options;
  const server = await openServer(url);
  const home = mkdtempSync(join(tmpdir(), "belay-bench-"));
  const cleanUp = async () => {
    await server.close();
    rmSync(home, { recursive: true, force: true });
  };
  // Else the server would run on.
  const interrupt = () => void cleanUp().finally(() => process.exit(130));
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    const { tools, missing } = findTools(options.only ?? toolNames, { home, belay });
    const migrations = generate(count, seed);
    for (const tool of tools) tool.write(join(home, "migrations", tool.name), migrations);
    const times = /** @type {Map<Tool, number[]>} */ (new Map(tools.map((tool) => [tool, []])));
    const bytes = /** @type {Map<Tool, number>} */ (new Map());
    const contents = /** @type {Map<string, string>} */ (new Map());
    for (let round = 0; round < rounds; round += 1) {
      for (const tool of turned(tools, round)) {
        if (tool.slow && round > 0) continue;
        const name = `belay_bench_${process.pid}`;
        const database = await server.createDatabase(name);
        const from = performance.now();
        await tool.run(join(home, "migrations", tool.name), database);
        const ms = performance.now() - from;
        times.get(tool)?.push(ms);
        aside(`round ${round + 1}: ${ms.toFixed(0).padStart(7)} ms  ${tool.label}`);
        if (round === 0) {
          contents.set(tool.name, await contentOf(database, tool.tables));
          bytes.set(tool, await recordsIn(database, tool.tables));
        }
        await server.dropDatabase(name);
      }
    }
    refuseUnequal(contents);
    const belayMs = [...times].find(([{ name }]) => name === "belay")?.[1] ?? [];
    return {
      ...{ count, seed, rounds, server: server.about, machine: machine(cpus()) },
      load: loadavg()[0] ?? 0,
      tools: [...times].map(([tool, ms]) => ({
        ...{ name: tool.name, label: tool.label, medianMs: median(ms) },
        ...{ fastestMs: Math.min(...ms), slowestMs: Math.max(...ms) },
        ratio: median(ms.map((each, round) => (belayMs[round] ?? 0) / each)),
        recordBytes: bytes.get(tool) ?? 0,
        records: tool.records,
      })),
      missing,
    };
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    await cleanUp();
  }
}

/** So that no tool always runs behind the same other one. @param {Tool[]} tools @param {number} by */
function turned(tools, by) {
  const at = by % tools.length;
  return [...tools.slice(at), ...tools.slice(0, at)];
}

/** A tool that did less would be fast for nothing. @param {Map<string, string>} contents */
function refuseUnequal(contents) {
  if (new Set(contents.values()).size <= 1) return;
  const list = [...contents].map(([name, content]) => `${name}: ${content}`).join("\n");
  throw new Error(`The tools did not make the same schema:\n${list}`);
}

/** @param {Result} result */
export function printSmallMigrations(result) {
  const { count, rounds, server, tools, missing } = result;
  print(`${count} small migrations onto an empty database, ${rounds} rounds in turn; ${server}`);
  printTable([
    ["", "median ms", "fastest - slowest", "belay / this", "records", "what it records"],
    ...tools.map((tool) => [
      tool.label,
      tool.medianMs.toFixed(0),
      `${tool.fastestMs.toFixed(0)} - ${tool.slowestMs.toFixed(0)}`,
      tool.ratio.toFixed(2),
      `${(tool.recordBytes / 1024).toFixed(0)} kB`,
      tool.records,
    ]),
  ]);
  if (tools.some((tool) => tool.name === "sqitch")) print("sqitch: the first round only");
  for (const { name, why } of missing) print(`${name}: skipped, ${why}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = readOptions("1,000 small migrations with several tools", {
    count: { type: "string", default: "1000", summary: "migrations" },
    rounds: { type: "string", default: "5", summary: "rounds" },
    seed: { type: "string", default: "1", summary: "of the generated history" },
    url: { type: "string", summary: "a server of yours; absent: an embedded one" },
    only: { type: "string", default: toolNames.join(), summary: "tools" },
    belay: { type: "string", default: program, summary: "the program" },
    json: { type: "boolean", summary: "one JSON document" },
  });
  aside(machine(cpus()));
  const result = await measureSmallMigrations({
    ...{ count: Number(options.count), rounds: Number(options.rounds), seed: Number(options.seed) },
    ...(options.url === undefined ? {} : { url: String(options.url) }),
    ...{ only: String(options.only).split(","), belay: String(options.belay) },
  });
  if (options.json) print(JSON.stringify(result, null, 2));
  else printSmallMigrations(result);
}
