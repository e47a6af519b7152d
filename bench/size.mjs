// Measures whether migrations and their rollbacks depend on the size of the table: what an
// application that reads and writes all the time has to wait at most, and Belay's own time.

import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { aside, machine, print, printTable, readOptions } from "./arguments.mjs";
import { openServer } from "./server.mjs";

/** Milliseconds that an application waits at most while a migration is taken back; the design's. */
const targetMs = 100;
/** Probes in a second, and in how many they take turns. */
const perSecond = 200;

const mechanisms = {
  "drop column": "ALTER TABLE t DROP COLUMN note",
  "drop table": "DROP TABLE other",
  rename: "ALTER TABLE t RENAME note TO remark; ALTER TABLE other RENAME TO others",
  "alter type": "ALTER TABLE t ALTER COLUMN amount TYPE int USING amount::int",
  truncate: "TRUNCATE other",
};

/** @typedef {{ mechanism: string, rows: number, upMs: number, upStallMs: number, downMs: number, downStallMs: number }} Line */

/** @param {{ url?: string, sizes?: number[], only?: string[] }} options */
export async function measureSize({ url, sizes = [10_000, 1_000_000], only } = {}) {
  const server = await openServer(url);
  const lines = /** @type {Line[]} */ ([]);
  try {
    for (const rows of sizes) {
      const chosen = Object.entries(mechanisms).filter(([name]) => !only || only.includes(name));
      for (const [mechanism, sql] of chosen) {
        const database = await server.createDatabase("size");
        await fill(database, rows);
        const line = { mechanism, rows, ...(await roundTrip(database, sql)) };
        aside(JSON.stringify(line));
        lines.push(line);
        await server.dropDatabase("size");
      }
    }
    return { about: server.about, machine: machine(cpus()), targetMs, lines };
  } finally {
    await server.close();
  }
}

/** @param {string} database @param {number} rows */
async function fill(database, rows) {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  for (const table of ["t", "other"]) {
    await client.query(
      `CREATE TABLE ${table} (id bigint PRIMARY KEY, note text NOT NULL, amount numeric NOT NULL, hits int NOT NULL DEFAULT 0)`,
    );
    await client.query(
      `INSERT INTO ${table} SELECT i, 'note ' || i, i % 1000 + 0.25, 0 FROM generate_series(1, $1::int) AS i`,
      [rows],
    );
    await client.query(`VACUUM ANALYZE ${table}`);
  }
  await client.end();
  await checkpoint(database);
}

/** @param {string} database @param {string} sql */
async function roundTrip(database, sql) {
  const { createBelay } = await import("../dist/index.js");
  const { formatNamed } = await import("../dist/formats/all.js");
  const projectDir = mkdtempSync(join(tmpdir(), "belay-bench-size-"));
  try {
    const format = formatNamed("golang-migrate");
    const files = new Map([["1_size.up.sql", sql]]);
    const migrations = format.read({ root: "", files, others: [] });
    const folder = { format, migrations, notes: [] };
    const belay = createBelay({ databaseUrl: database, projectDir, folder });
    const up = await probed(database, () => belay.up({ acceptLoss: true }));
    if (up.result.error) throw up.result.error;
    // What millions of changed rows have left to be written would be paid for by the application.
    await checkpoint(database);
    const down = await probed(database, () => belay.down({ acceptLoss: true }));
    if (down.result.error) throw down.result.error;
    const [applied] = up.result.applied;
    const [undone] = down.result.undone;
    return {
      ...{ upMs: applied.ms, upStallMs: up.stallMs },
      ...{ downMs: undone.ms, downStallMs: down.stallMs },
    };
  } finally {
    rmSync(projectDir, { recursive: true, force: true });
  }
}

/** @param {string} database */
async function checkpoint(database) {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  await client.query("CHECKPOINT");
  await client.end();
}

/**
 * Sessions of an application that read and write one row, all the time, until the work is done. A
 * name that is not there any more, or not yet, is an answer too.
 * @template T @param {string} database @param {() => Promise<T>} work
 */
async function probed(database, work) {
  // By key: whoever reads a table from its beginning passes over what all its changed rows were before.
  const probes = ["t", "other", "others"].flatMap((table) => [
    `SELECT 1 FROM ${table} WHERE id = 7`,
    `UPDATE ${table} SET hits = hits + 1 WHERE id = 7`,
  ]);
  let isOver = false;
  let stallMs = 0;
  const lanes = probes.map(async (sql) => {
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    while (!isOver) {
      const from = performance.now();
      await client.query(sql).catch((/** @type {{ code: string }} */ error) => {
        if (error.code !== "42P01") throw error;
      });
      const took = performance.now() - from;
      stallMs = Math.max(stallMs, took);
      const pause = (1_000 * probes.length) / perSecond - took;
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    }
    await client.end();
  });
  try {
    // What the first queries cost a fresh session is no wait.
    await new Promise((resolve) => setTimeout(resolve, 300));
    stallMs = 0;
    const result = await work();
    return { result, stallMs };
  } finally {
    isOver = true;
    await Promise.all(lanes);
  }
}

/** @param {Awaited<ReturnType<typeof measureSize>>} result */
export function printSize({ about, machine: where, lines, targetMs: target }) {
  print(`size independence: ${about}, ${where}`);
  printTable([
    ["", "rows", "up ms", "longest wait in up ms", "down ms", "longest wait in down ms"],
    ...lines.map(({ mechanism, rows, ...ms }) => [
      mechanism,
      rows.toLocaleString("en"),
      ...[ms.upMs, ms.upStallMs, ms.downMs, ms.downStallMs].map((each) => each.toFixed(0)),
    ]),
  ]);
  const missed = lines.filter(({ downStallMs }) => downStallMs >= target);
  print(
    `target: longest wait in down under ${target} ms: ${missed.length === 0 ? "reached" : `not reached by ${missed.map(({ mechanism, rows }) => `${mechanism} (${rows})`).join(", ")}`}`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = readOptions("Size independence: longest wait of an application, by rows", {
    url: { type: "string", summary: "a PostgreSQL of yours; absent: an embedded one" },
    sizes: { type: "string", default: "10000,1000000", summary: "rows of the tables" },
    only: { type: "string", summary: `of ${Object.keys(mechanisms).join(", ")}` },
    json: { type: "boolean", summary: "one JSON document" },
  });
  aside(`load ${loadavg()[0]?.toFixed(1)}`);
  const result = await measureSize({
    ...(options.url === undefined ? {} : { url: String(options.url) }),
    ...(options.only === undefined ? {} : { only: String(options.only).split(",") }),
    sizes: String(options.sizes).split(",").map(Number),
  });
  if (options.json) print(JSON.stringify(result, null, 2));
  else printSize(result);
}
