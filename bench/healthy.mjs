// Migrations that harm nobody, under an application that is hardly ever quiet: bursts, stalls, slow
// queries, jobs that lock its table, deadlocks and failures of its own. Counts what the guard takes back
// although nothing is wrong with the migration. Real servers, real time; several watches at once.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { aside, machine, print, printTable, readOptions } from "./arguments.mjs";
import { openServer } from "./server.mjs";

/** In turn. None changes what the application reads or writes. */
const migrations = {
  "add a column": "ALTER TABLE orders ADD COLUMN more int NOT NULL DEFAULT 0",
  "make an index": "CREATE INDEX orders_customer ON orders (customer)",
  "drop an unused column": "ALTER TABLE orders DROP COLUMN unused",
  "add a check that holds": "ALTER TABLE orders ADD CONSTRAINT large CHECK (cents > -1000000)",
  "make a table with a foreign key":
    "CREATE TABLE parcels (id bigint PRIMARY KEY, order_id bigint REFERENCES orders)",
  "update rows": "UPDATE orders SET unused = 'y' WHERE id <= 2000",
};

/**
 * How the application is for a while, each for 1 to 8 s: milliseconds between two of its statements, the
 * share of them that fail, and the share that is slow.
 */
const moods = [
  { name: "calm", restMs: 30, failing: 0.01, slow: 0.01, weight: 5 },
  { name: "burst", restMs: 3, failing: 0.02, slow: 0.02, weight: 2 },
  { name: "failing", restMs: 20, failing: 0.1, slow: 0.01, weight: 1 },
  { name: "slow", restMs: 30, failing: 0.01, slow: 0.3, weight: 1 },
  { name: "stalled", restMs: 2_000, failing: 0, slow: 0, weight: 1 },
];

const wait = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** By weight. */
const lots = moods.flatMap((mood) => Array.from({ length: mood.weight }, () => mood));

const pickMood = () => lots[Math.floor(lots.length * Math.random())] ?? moods[0];

/** Goes on until it is closed. @param {string} url */
async function openNoise(url) {
  const state = { isOpen: true, mood: moods[0], done: 0, failed: 0, recent: [] };
  const working = [];
  /** @param {(client: pg.Client) => Promise<void>} round */
  const session = async (round) => {
    const client = new pg.Client({ connectionString: url, application_name: "shop" });
    await client.connect();
    working.push(
      (async () => {
        while (state.isOpen) await round(client);
        await client.end();
      })(),
    );
  };
  const note = (isFine, ms) => {
    state.recent = [...state.recent.slice(-99), { isFine, ms }];
    state[isFine ? "done" : "failed"] += 1;
  };
  for (let n = 0; n < 3; n += 1) {
    await session(async (client) => {
      const { restMs, failing, slow } = state.mood;
      const from = performance.now();
      // What fails is a customer without a name, or a column that nobody has ever made.
      const isFailing = Math.random() < failing;
      const isRefused = isFailing && Math.random() < 0.5;
      const customer = isFailing && !isRefused ? null : "c";
      const write = `INSERT INTO orders (customer, ${isRefused ? "cent" : "cents"}) SELECT $1, 5 FROM pg_sleep($2) RETURNING id`;
      const sleep = Math.random() < slow ? 0.05 + 0.3 * Math.random() : 0;
      const isFine = await client.query(write, [customer, sleep]).then(
        () => true,
        () => false,
      );
      note(isFine, performance.now() - from);
      await wait(restMs * (0.5 + Math.random()));
    });
  }
  // A job that wants the table for itself now and then.
  await session(async (client) => {
    await wait(4_000 + 12_000 * Math.random());
    await client.query("BEGIN; LOCK TABLE orders IN EXCLUSIVE MODE").catch(() => {});
    await wait(100 + 900 * Math.random());
    await client.query("ROLLBACK");
  });
  // Two that change rows in opposite orders: a deadlock once in a while.
  for (const order of [
    [1, 2],
    [2, 1],
  ]) {
    await session(async (client) => {
      await wait(8_000 + 20_000 * Math.random());
      for (const sql of [
        "BEGIN",
        ...order.map((id) => `UPDATE orders SET cents = 5 WHERE id = ${id}`),
      ]) {
        await client.query(sql).catch(() => {});
        await wait(50);
      }
      await client.query("COMMIT").catch(() => {});
    });
  }
  // One that forgets to end its transaction, and one that reads for long.
  await session(async (client) => {
    await client.query("BEGIN; SELECT 1");
    await wait(1_000 + 5_000 * Math.random());
    await client.query("ROLLBACK");
  });
  await session(async (client) => {
    await client.query("SELECT count(*) FROM orders CROSS JOIN pg_sleep(0.2)");
    await wait(3_000 * Math.random());
  });
  const moody = (async () => {
    while (state.isOpen) {
      state.mood = pickMood();
      await wait(1_000 + 7_000 * Math.random());
    }
  })();
  const health = createServer((_, response) => {
    const last = state.recent.slice(-50);
    const sorted = last.map(({ ms }) => ms).sort((left, right) => left - right);
    const isWell = last.filter(({ isFine }) => isFine).length >= 0.8 * last.length;
    const p95Ms = sorted[Math.floor(0.95 * sorted.length)] ?? 0;
    // One answer in fifty is an error that means nothing, one in a hundred does not come at all.
    const chance = Math.random();
    if (chance < 0.01) response.socket?.destroy();
    else response.writeHead(isWell && chance > 0.03 ? 200 : 500).end(JSON.stringify({ p95Ms }));
  });
  await new Promise((resolve) => health.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = /** @type {import("node:net").AddressInfo} */ (health.address());
  return {
    url: `http://127.0.0.1:${address.port}/health`,
    told: () => ({ done: state.done, failed: state.failed }),
    async close() {
      state.isOpen = false;
      await Promise.all([...working, moody]);
      health.closeAllConnections();
      health.close();
    },
  };
}

/**
 * @param {string} url of a database for this watch alone
 * @param {keyof typeof migrations} name
 * @param {number} watchMs
 */
async function watchOne(url, name, watchMs) {
  const { createBelay } = await import("../dist/index.js");
  const projectDir = mkdtempSync(join(tmpdir(), "belay-healthy-"));
  mkdirSync(join(projectDir, "migrations"));
  writeFileSync(join(projectDir, "migrations", "0001_change.up.sql"), `${migrations[name]};\n`);
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      customer text NOT NULL, cents int NOT NULL, unused text DEFAULT 'x');
    INSERT INTO orders (customer, cents) SELECT 'c', n FROM generate_series(1, 20000) n`);
  // As with pg_stat_statements, which the embedded server has not: else nothing tells what is refused.
  const { rows } = await admin.query("SELECT current_database() AS name");
  await admin.query(`ALTER DATABASE ${rows[0].name} SET compute_query_id = on`);
  const noise = await openNoise(url);
  const moves = /** @type {string[]} */ ([]);
  try {
    const guard = {
      signals: {
        shop: { kind: "http", url: noise.url },
        p95: { kind: "http", url: noise.url, pointer: "/p95Ms" },
        orders: { kind: "sql", sql: "SELECT count(customer) >= 0 FROM orders WHERE id < 0" },
      },
      rules: [{ signal: "p95", test: "median" }],
    };
    const belay = createBelay({
      ...{ databaseUrl: url, projectDir, guard },
      report: (event) => {
        if (event.kind === "guard") moves.push(event.message);
      },
    });
    const from = performance.now();
    const { outcome, watch, error } = await belay.upWatched(watchMs);
    const seconds = (performance.now() - from) / 1_000;
    const ended = watch?.outcome ?? outcome;
    return { name, ended, why: watch?.why ?? error?.message, seconds, moves, ...noise.told() };
  } finally {
    await noise.close();
    await admin.end();
    rmSync(projectDir, { recursive: true, force: true });
  }
}

export async function measureHealthy({ runs = 100, lanes = 5, seconds = 60, url } = {}) {
  const server = await openServer(url);
  const names = /** @type {(keyof typeof migrations)[]} */ (Object.keys(migrations));
  const results = /** @type {Awaited<ReturnType<typeof watchOne>>[]} */ ([]);
  let begun = 0;
  // The server's own session does one thing at a time.
  let turn = /** @type {Promise<unknown>} */ (Promise.resolve());
  const inTurn = (/** @type {() => Promise<any>} */ work) => {
    turn = turn.then(work);
    return turn;
  };
  try {
    const lane = async (/** @type {number} */ number) => {
      while (begun < runs) {
        const name = names[begun % names.length] ?? names[0];
        begun += 1;
        const database = `belay_healthy_${process.pid}_${number}`;
        const one = await watchOne(
          await inTurn(() => server.createDatabase(database)),
          name,
          1_000 * seconds,
        );
        await inTurn(() => server.dropDatabase(database));
        results.push(one);
        const { ended, why, moves, done, failed } = one;
        const told = `${ended} after ${one.seconds.toFixed(0)} s, ${done} written, ${failed} refused`;
        aside(`${results.length}: ${name}: ${told}${ended === "healthy" ? "" : `: ${why}`}`);
        for (const move of moves) aside(`    ${move}`);
      }
    };
    await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
    return { machine: machine(cpus()), load: loadavg()[0] ?? 0, server: server.about, results };
  } finally {
    await server.close();
  }
}

/** @param {Awaited<ReturnType<typeof measureHealthy>>} result */
export function printHealthy({ server, results }) {
  print(server);
  const outcomes = [...new Set(results.map(({ ended }) => ended))].sort();
  printTable([
    ["", "watches", ...outcomes],
    ...Object.keys(migrations).map((name) => {
      const own = results.filter((one) => one.name === name);
      const counts = outcomes.map((outcome) => own.filter(({ ended }) => ended === outcome).length);
      return [name, String(own.length), ...counts.map(String)];
    }),
  ]);
  const sum = (/** @type {"done" | "failed" | "seconds"} */ key) =>
    results.reduce((all, one) => all + one[key], 0);
  print(
    `${sum("done")} written, ${sum("failed")} refused by themselves, ${(sum("seconds") / 60).toFixed(0)} minutes`,
  );
  const wrong = results.filter(({ ended }) => ended === "rolledBack").length;
  print(`taken back although nothing was wrong: ${wrong} of ${results.length}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = readOptions("What the guard takes back although nothing is wrong", {
    runs: { type: "string", default: "100", summary: "watches" },
    lanes: { type: "string", default: "5", summary: "at once" },
    seconds: { type: "string", default: "60", summary: "of each, after half a minute of learning" },
    url: { type: "string", summary: "a server of yours; absent: an embedded one" },
    json: { type: "boolean", summary: "one JSON document" },
  });
  aside(`${machine(cpus())}, load ${loadavg()[0]?.toFixed(1)}`);
  const result = await measureHealthy({
    ...{ runs: Number(options.runs), lanes: Number(options.lanes) },
    seconds: Number(options.seconds),
    ...(options.url === undefined ? {} : { url: String(options.url) }),
  });
  if (options.json) print(JSON.stringify(result, null, 2));
  else printHealthy(result);
}
