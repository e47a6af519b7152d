// Plays a story of the guard again and again, each time as anybody can, with the real program and its
// embedded server, and tells how long it took from the fault to detection, rollback and verification, and
// what became of the writes of the application.

import { spawn } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { aside, machine, print, printTable, readOptions } from "./arguments.mjs";

const program = join(import.meta.dirname, "..", "bin", "belay.js");

const all = [
  ...["lock-queue", "dropped-index", "undefined-column", "lagging-standby", "broken-inserts"],
  "deadlocks",
];

/**
 * @typedef {object} Played
 * @property {number | null} detectedMs after the fault; null: it did not come to that
 * @property {number | null} rolledBackMs
 * @property {number | null} verifiedMs
 * @property {number} confirmed
 * @property {number} lost confirmed writes that were not there afterwards
 */

/** @param {string} belay @param {string} scenario @returns {Promise<Played>} */
async function play(belay, scenario) {
  const child = spawn(process.execPath, [belay, "demo", "--scenario", scenario], {
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      said += chunk;
    });
  }
  const status = await new Promise((resolve) => child.once("close", resolve));
  const confirmed = Number(/(\d+) were confirmed/.exec(said)?.[1]);
  const lost = Number(/confirmed ones, (\d+) are missing/.exec(said)?.[1]);
  if (status !== 0 || Number.isNaN(confirmed) || Number.isNaN(lost)) {
    throw new Error(`belay demo --scenario ${scenario} ended with ${status}:\n${said}`);
  }
  // The report's own times: those that are printed for people are rounded to a tenth of a second.
  const time = (/** @type {string} */ step) =>
    Date.parse(new RegExp(`^\\| ${step}[^|]* \\| (\\S+)`, "m").exec(said)?.[1] ?? "");
  const fault = time("fault");
  const after = (/** @type {string} */ step) => {
    const ms = time(step) - fault;
    return Number.isNaN(ms) ? null : ms;
  };
  const passed = !said.includes("**no**") && said.includes("Exit status 5.");
  if (!passed) aside(said);
  return {
    ...{ detectedMs: after("detected"), rolledBackMs: after("rolled back"), confirmed, lost },
    verifiedMs: passed ? after("verified") : null,
  };
}

/**
 * @param {object} options
 * @param {readonly string[]} [options.scenarios]
 * @param {number} [options.runs]
 * @param {string} [options.belay]
 */
export async function measureGuard({ scenarios = all, runs = 20, belay = program } = {}) {
  const results = [];
  for (const scenario of scenarios) {
    const played = /** @type {Played[]} */ ([]);
    for (let run = 1; run <= runs; run += 1) {
      const one = await play(belay, scenario);
      played.push(one);
      const told = [one.detectedMs, one.rolledBackMs, one.verifiedMs, one.confirmed, one.lost];
      aside(`${scenario} ${run}: ${told.join(", ")}`);
    }
    results.push({ scenario, runs, ...summary(played) });
  }
  return { machine: machine(cpus()), load: loadavg()[0] ?? 0, scenarios: results, belay };
}

/** @param {Played[]} played */
function summary(played) {
  const figures = (/** @type {"detectedMs" | "rolledBackMs" | "verifiedMs"} */ key) =>
    percentiles(played.flatMap((one) => one[key] ?? []));
  return {
    takenBack: played.filter(({ verifiedMs }) => verifiedMs !== null).length,
    ...{ mttd: figures("detectedMs"), mttr: figures("rolledBackMs"), mttc: figures("verifiedMs") },
    confirmed: played.reduce((sum, { confirmed }) => sum + confirmed, 0),
    lost: played.reduce((sum, { lost }) => sum + lost, 0),
  };
}

/** Nearest rank: of few runs a value that was really seen. @param {number[]} values */
function percentiles(values) {
  const sorted = [...values].sort((left, right) => left - right);
  const rank = (/** @type {number} */ share) =>
    sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  return { p50: rank(0.5), p90: rank(0.9), max: rank(1) };
}

/** @param {{ p50: number | null, p90: number | null, max: number | null }} figures */
function seconds({ p50, p90, max }) {
  return [p50, p90, max].map((ms) => (ms === null ? "-" : (ms / 1000).toFixed(1))).join(" / ");
}

/** @param {Awaited<ReturnType<typeof measureGuard>>} result */
export function printGuard({ scenarios }) {
  print("Seconds after the fault, p50 / p90 / max");
  printTable([
    [
      ...["", "runs", "taken back", "detected (MTTD)", "rolled back (MTTR)", "verified (MTTC)"],
      ...["writes", "lost"],
    ],
    ...scenarios.map((one) => [
      ...[one.scenario, String(one.runs), String(one.takenBack)],
      ...[seconds(one.mttd), seconds(one.mttr), seconds(one.mttc)],
      ...[String(one.confirmed), String(one.lost)],
    ]),
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = readOptions("From a fault to confidence, by the stories of the guard", {
    scenario: { type: "string", default: all.join(), summary: "stories" },
    runs: { type: "string", default: "20", summary: "of each" },
    belay: { type: "string", default: program, summary: "the program" },
    json: { type: "boolean", summary: "one JSON document" },
  });
  aside(`${machine(cpus())}, load ${loadavg()[0]?.toFixed(1)}`);
  const result = await measureGuard({
    ...{ scenarios: String(options.scenario).split(","), runs: Number(options.runs) },
    belay: String(options.belay),
  });
  if (options.json) print(JSON.stringify(result, null, 2));
  else printGuard(result);
}
