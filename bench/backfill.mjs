// Measures a change of type in its safe form on one server: how fast the second column is filled beside
// a plain UPDATE of every row, what writers feel of it, and how long the way back takes for few rows
// and for many.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { fill } from "./accounts.mjs";
import { aside, machine, print, printTable, readOptions } from "./arguments.mjs";
import { openServer } from "./server.mjs";

/** The design's numbers: rows per second of the filling over those of the UPDATE, and p99 with over without. */
const target = { fill: 0.8, p99: 2 };

/** @param {{ url?: string, rows?: number }} options */
export async function measureBackfill({ url, rows = 1_000_000 } = {}) {
  const server = await openServer(url);
  try {
    const sizes = [];
    for (const size of [Math.ceil(rows / 100), rows]) {
      const databaseUrl = await server.createDatabase("backfill");
      sizes.push(await measureSize(databaseUrl, size));
      await server.dropDatabase("backfill");
    }
    return { about: server.about, machine: machine(cpus()), target, sizes };
  } finally {
    await server.close();
  }
}

/** @param {string} databaseUrl @param {number} rows */
async function measureSize(databaseUrl, rows) {
  const { createBelay } = await import("../dist/index.js");
  const projectDir = mkdtempSync(join(tmpdir(), "belay-bench-"));
  mkdirSync(join(projectDir, "migrations"));
  writeFileSync(
    join(projectDir, "migrations", "1_type.up.sql"),
    "ALTER TABLE accounts ALTER COLUMN status TYPE bigint;",
  );
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await fill(client, rows);
    const updateMs = await time(() => client.query("UPDATE accounts SET amount = id"));
    await fill(client, rows);
    const without = await writing(databaseUrl, rows, () => new Promise((r) => setTimeout(r, 5000)));
    const batches = /** @type {{ at: number, rows: number }[]} */ ([]);
    /** @param {{ kind: string, rows?: number }} event */
    const report = (event) => {
      if (event.kind === "statement" || event.kind === "batch") {
        batches.push({ at: performance.now(), rows: event.rows ?? 0 });
      }
    };
    const settings = { databaseUrl, projectDir, onlineAboveBytes: 0 };
    const during = await writing(databaseUrl, rows, async () => {
      const { error } = await createBelay({ ...settings, report }).up();
      if (error) throw error;
    });
    const filled = batches.findIndex((batch) => batch.rows > 0);
    const last = batches.findLastIndex((batch, at) => batch.rows > (batches[at - 1]?.rows ?? 0));
    const fillMs = (batches[last]?.at ?? 0) - (batches[filled - 1]?.at ?? 0);
    const fillRows = batches[last]?.rows ?? 0;
    const back = await createBelay(settings).down();
    if (back.error) throw back.error;
    aside(`${rows} rows, load ${loadavg()[0]?.toFixed(1)}`);
    return {
      ...{ rows, updateMs, fillMs, fillRows, without, during },
      downMs: back.undone[0]?.ms ?? 0,
      ratio: fillRows / fillMs / (rows / updateMs),
    };
  } finally {
    await client.end();
    rmSync(projectDir, { recursive: true });
  }
}

/**
 * Latencies in ms of somebody who changes one row after the other while `work` runs.
 * @param {string} connectionString @param {number} rows @param {() => Promise<unknown>} work
 */
async function writing(connectionString, rows, work) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  const taken = /** @type {number[]} */ ([]);
  let isOver = false;
  const writer = (async () => {
    for (let turn = 1; !isOver; turn += 1) {
      const id = ((turn * 7919) % rows) + 1;
      taken.push(
        await time(() =>
          client.query("UPDATE accounts SET status = status + 1 WHERE id = $1", [id]),
        ),
      );
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  try {
    await work();
  } finally {
    isOver = true;
    await writer;
    await client.end();
  }
  const sorted = taken.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  return { writes: sorted.length, p50: at(0.5), p99: at(0.99), longest: at(1) };
}

/** @param {() => Promise<unknown>} work */
async function time(work) {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

/** @param {Awaited<ReturnType<typeof measureBackfill>>} result */
export function printBackfill({ about, machine: on, sizes }) {
  print(`a change of type in its safe form, ${about}, ${on}`);
  const ms = (/** @type {number} */ value) => value.toFixed(1);
  printTable([
    [
      "rows",
      "UPDATE rows/s",
      "filled rows/s",
      "ratio",
      "p99 without",
      "p99 with",
      "longest",
      "down",
    ],
    ...sizes.map(({ rows, updateMs, fillMs, fillRows, ratio, without, during, downMs }) => [
      ...[String(rows), ((rows / updateMs) * 1000).toFixed(0)],
      ...[((fillRows / fillMs) * 1000).toFixed(0), ratio.toFixed(2)],
      ...[ms(without.p99), ms(during.p99), ms(during.longest), ms(downMs)],
    ]),
  ]);
  const many = sizes.at(-1);
  if (many === undefined) return;
  const verdict = (/** @type {boolean} */ reached) => (reached ? "reached" : "not reached");
  print(`target: filled >= ${target.fill}: ${verdict(many.ratio >= target.fill)}`);
  const p99 = many.during.p99 / many.without.p99;
  print(`target: p99 < ${target.p99}: ${verdict(p99 < target.p99)} (${p99.toFixed(1)})`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = readOptions(
    "A change of type: speed of the filling, cost for writers, way back",
    {
      url: { type: "string", summary: "a PostgreSQL of yours; absent: an embedded one" },
      rows: { type: "string", default: "1000000", summary: "rows of the larger table" },
      json: { type: "boolean", summary: "one JSON document" },
    },
  );
  aside(`load ${loadavg()[0]?.toFixed(1)}`);
  const result = await measureBackfill({
    ...(options.url === undefined ? {} : { url: String(options.url) }),
    rows: Number(options.rows),
  });
  if (options.json) print(JSON.stringify(result, null, 2));
  else printBackfill(result);
}
