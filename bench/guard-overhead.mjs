// What the guard's sampling costs a server that has as much to do as it can: transactions per second of
// an application with and without it, in turn, in short slices, so that what else goes on in the machine
// meets both alike; and, where nothing else can disturb it, the processor time of the guard's session.

import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { aside, machine, median, print, printTable, readOptions } from "./arguments.mjs";
import { openServer } from "./server.mjs";

/** The design's number. */
const target = 0.01;

async function load() {
  const { realEnvironment } = await import("../dist/core/environment.js");
  const { postgres } = await import("../dist/dialects/postgres/dialect.js");
  const { guardPlan } = await import("../dist/guard/options.js");
  const { openSampler } = await import("../dist/guard/sampling.js");
  return { realEnvironment, postgres, guardPlan, openSampler };
}

/** Sessions that write without rest. @param {string} url @param {number} sessions */
async function openTraffic(url, sessions) {
  const state = { done: 0, isOpen: true };
  const clients = Array.from({ length: sessions }, () => new pg.Client({ connectionString: url }));
  await Promise.all(clients.map((client) => client.connect()));
  const working = clients.map(async (client) => {
    while (state.isOpen) {
      await client.query("UPDATE accounts SET cents = cents + 1 WHERE id = $1", [
        1 + Math.floor(Math.random() * 10_000),
      ]);
      state.done += 1;
    }
    await client.end();
  });
  const close = async () => {
    state.isOpen = false;
    await Promise.all(working);
  };
  return { done: () => state.done, close };
}

/** Nanoseconds that a process has had a processor; undefined: not on this machine, or not Linux. */
function processorTime(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]);
  } catch {
    return undefined;
  }
}

/** Rounds of samples, one each interval, until it is told to end. */
function sampling({ sampler, intervalMs, sleep }) {
  const over = new AbortController();
  const rounds = [];
  const working = (async () => {
    while (!over.signal.aborted) {
      const from = performance.now();
      await sampler.sample();
      rounds.push(performance.now() - from);
      await sleep(intervalMs, over.signal);
    }
  })();
  return async () => {
    over.abort();
    await working;
    return rounds;
  };
}

export async function measureOverhead({
  rounds = 60,
  seconds = 1,
  sessions = 4,
  tables = 200,
  intervalMs = 1_000,
  url,
} = {}) {
  const { realEnvironment, postgres, guardPlan, openSampler } = await load();
  const server = await openServer(url);
  const name = `belay_bench_${process.pid}`;
  try {
    const database = await server.createDatabase(name);
    const admin = new pg.Client({ connectionString: database });
    await admin.connect();
    await admin.query(`CREATE TABLE accounts (id int PRIMARY KEY, cents bigint NOT NULL);
      INSERT INTO accounts SELECT n, 0 FROM generate_series(1, 10000) n`);
    for (let n = 1; n <= tables; n += 1)
      await admin.query(`CREATE TABLE t${n} (id int PRIMARY KEY)`);
    const traffic = await openTraffic(database, sessions);
    const { signals } = guardPlan();
    const sampler = openSampler({
      ...{ dialect: postgres, url: database, environment: realEnvironment, signals },
    });
    await sampler.sample();
    const slice = async () => {
      const [from, before] = [performance.now(), traffic.done()];
      await realEnvironment.sleep(1_000 * seconds);
      return (1_000 * (traffic.done() - before)) / (performance.now() - from);
    };
    await slice();
    const [without, guarded, sampleMs] = [[], [], []];
    const { rows } = await admin.query(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'belay:guard'",
    );
    const usedBefore = processorTime(rows[0]?.pid);
    for (let round = 0; round < rounds; round += 1) {
      const measureWithout = async () => without.push(await slice());
      const measureWith = async () => {
        const end = sampling({ sampler, intervalMs, sleep: realEnvironment.sleep });
        guarded.push(await slice());
        sampleMs.push(...(await end()));
      };
      // Neither is always the first of its round.
      const order = [measureWithout, measureWith];
      for (const measure of round % 2 === 0 ? order : order.reverse()) await measure();
      const ratio = (guarded.at(-1) ?? 0) / (without.at(-1) ?? 1);
      aside(`round ${round + 1}: ${without.at(-1)?.toFixed(0)}/s, ${ratio.toFixed(4)}`);
    }
    const used = (processorTime(rows[0]?.pid) ?? Number.NaN) - (usedBefore ?? Number.NaN);
    const processorMs = used / 1e6 / sampleMs.length;
    await traffic.close();
    await sampler[Symbol.asyncDispose]();
    await admin.end();
    const ratios = guarded.map((each, round) => each / (without[round] ?? 1));
    return {
      ...{ rounds, seconds, sessions, tables, intervalMs, signals: signals.length, target },
      ...{ server: server.about, machine: machine(cpus()), load: loadavg()[0] ?? 0 },
      ...{ withoutPerSecond: median(without), guardedPerSecond: median(guarded) },
      ...{ ratio: median(ratios), interval: interval(ratios), sampleMs: median(sampleMs) },
      // Of all processors, at this interval: what is left to others is the rest.
      ...{ processorMs, processorShare: processorMs / intervalMs / cpus().length },
    };
  } finally {
    await server.dropDatabase(name);
    await server.close();
  }
}

/** Of the median, 95 %, by order statistics: no shape is assumed. @param {number[]} values */
function interval(values) {
  const sorted = [...values].sort((left, right) => left - right);
  const off = Math.round(0.98 * Math.sqrt(sorted.length));
  const half = (sorted.length - 1) / 2;
  const at = (/** @type {number} */ index) =>
    sorted[Math.min(sorted.length - 1, Math.max(0, index))] ?? 0;
  return [at(Math.floor(half - off)), at(Math.ceil(half + off))];
}

/** @param {Awaited<ReturnType<typeof measureOverhead>>} result */
export function printOverhead(result) {
  const { rounds, seconds, sessions, tables, intervalMs, signals, server } = result;
  const [low, high] = result.interval;
  print(`${server}; ${sessions} sessions, ${tables} tables, ${rounds} rounds of 2 x ${seconds} s`);
  print(
    `${signals} signals every ${intervalMs} ms; a round of samples took ${result.sampleMs.toFixed(1)} ms`,
  );
  printTable([
    ["", "transactions/s", "ratio", "95 %"],
    ["without", result.withoutPerSecond.toFixed(0), "1.000", "-"],
    [
      "sampled",
      result.guardedPerSecond.toFixed(0),
      result.ratio.toFixed(4),
      `${low?.toFixed(4)} - ${high?.toFixed(4)}`,
    ],
  ]);
  if (Number.isFinite(result.processorMs)) {
    const share = (100 * result.processorShare).toFixed(2);
    print(
      `its session had a processor for ${result.processorMs.toFixed(1)} ms a round: ${share} % of all`,
    );
  }
  print(`target: above ${(1 - target).toFixed(2)}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = readOptions("What the guard's sampling costs a busy server", {
    rounds: { type: "string", default: "60", summary: "rounds" },
    seconds: { type: "string", default: "1", summary: "of each of the two slices of a round" },
    sessions: { type: "string", default: "4", summary: "that write without rest" },
    tables: { type: "string", default: "200", summary: "more, which nobody uses" },
    interval: { type: "string", default: "1000", summary: "milliseconds between samples" },
    url: { type: "string", summary: "a server of yours; absent: an embedded one" },
    json: { type: "boolean", summary: "one JSON document" },
  });
  aside(`${machine(cpus())}, load ${loadavg()[0]?.toFixed(1)}`);
  const result = await measureOverhead({
    ...{ rounds: Number(options.rounds), seconds: Number(options.seconds) },
    ...{ sessions: Number(options.sessions), tables: Number(options.tables) },
    intervalMs: Number(options.interval),
    ...(options.url === undefined ? {} : { url: String(options.url) }),
  });
  if (options.json) print(JSON.stringify(result, null, 2));
  else printOverhead(result);
}
