// Measures `belay prove --all` over a folder of migrations: time per migration and peak memory,
// beside the least that anybody could do for the same question: for each migration a copy of the
// database, then up, down, up as plain SQL, with nothing compared.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { aside, machine, median, print, printTable, readOptions } from "./arguments.mjs";
import { openServer } from "./server.mjs";

const program = join(import.meta.dirname, "..", "bin", "belay.js");

/** The design's numbers: milliseconds for the median migration, and bytes. */
const target = { medianMs: 1_000, bytes: 500_000_000 };

/** @param {{ dir: string, belay?: string }} options */
export async function measureProve({ dir, belay = program }) {
  const floorMs = await floor(dir);
  aside(`floor: ${(floorMs / 1000).toFixed(1)} s`);
  const from = performance.now();
  const { document, peakBytes } = await run(belay, [
    // One migration at a time: how long somebody waits for the proof of one.
    ...["prove", "--all", "--jobs", "1", "--no-write", "--json", "--dir", dir],
  ]);
  const totalMs = performance.now() - from;
  const times = document.migrations.map((/** @type {{ ms: number }} */ each) => each.ms);
  return {
    ...{ dir, machine: machine(cpus()), target, summary: document.summary },
    ...{ totalMs, medianMs: median(times), slowestMs: Math.max(...times), peakBytes },
    ...{ perMigrationMs: totalMs / times.length, floorMs, ratio: totalMs / floorMs },
  };
}

/** @param {string} belay @param {string[]} words */
async function run(belay, words) {
  const home = mkdtempSync(join(tmpdir(), "belay-bench-prove-"));
  const child = spawn(process.execPath, [belay, ...words, "--project", home], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let peakBytes = 0;
  // The kernel keeps the highest value, so a look now and then misses little.
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, highWater(child.pid));
  }, 100);
  let text = "";
  for await (const chunk of child.stdout) text += chunk;
  clearInterval(timer);
  rmSync(home, { recursive: true, force: true });
  return { document: JSON.parse(text), peakBytes };
}

/** @param {number | undefined} pid */
function highWater(pid) {
  const path = `/proc/${pid}/status`;
  if (!existsSync(path)) return 0;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(path, "utf8"))?.[1] ?? 0) * 1024;
}

/** @param {string} dir */
async function floor(dir) {
  const server = await openServer(undefined);
  try {
    const stage = await server.createDatabase("floor");
    const admin = new pg.Client({ connectionString: stage.replace(/\/floor$/, "/postgres") });
    // The server is stopped under it when a statement below fails.
    admin.on("error", () => {});
    await admin.connect();
    const from = performance.now();
    for (const file of readdirSync(dir)
      .filter((name) => name.endsWith(".up.sql"))
      .sort()) {
      const up = readFileSync(join(dir, file), "utf8");
      const path = join(dir, file.replace(".up.sql", ".down.sql"));
      const down = existsSync(path) ? readFileSync(path, "utf8") : "";
      await admin.query("CREATE DATABASE copy TEMPLATE floor");
      // A down that fails is one answer to the question.
      await execute(stage.replace(/floor$/, "copy"), [up, down, up]).catch(() => {});
      await admin.query("DROP DATABASE copy WITH (FORCE)");
      await execute(stage, [up]);
    }
    const ms = performance.now() - from;
    await admin.end();
    return ms;
  } finally {
    await server.close();
  }
}

/** @param {string} url @param {string[]} texts */
async function execute(url, texts) {
  const { postgres } = await import("../dist/dialects/postgres/dialect.js");
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    for (const sql of texts) {
      const script = { path: "", sql, line: 1, transaction: /** @type {const} */ ("auto") };
      // Only CONCURRENTLY and its like have to be taken apart.
      if (!/concurrently|add value/i.test(sql)) await client.query(sql);
      else
        for (const step of await postgres.toSteps(script)) {
          await client.query(step.statements.map((each) => each.sql).join(";\n"));
        }
    }
  } finally {
    await client.end();
  }
}

/** @param {Awaited<ReturnType<typeof measureProve>>} result */
export function printProve(result) {
  const { summary, medianMs, perMigrationMs, slowestMs, peakBytes, totalMs, floorMs } = result;
  print(
    `belay prove --all: ${summary.total} migrations, both ways back, one at a time, ${result.machine}`,
  );
  printTable([
    ["", "total s", "per migration ms", "median ms", "slowest ms", "peak MB"],
    [
      ...["belay prove", (totalMs / 1000).toFixed(1), perMigrationMs.toFixed(0)],
      ...[medianMs.toFixed(0), slowestMs.toFixed(0), (peakBytes / 1e6).toFixed(0)],
    ],
    [
      "up, down, up alone",
      (floorMs / 1000).toFixed(1),
      (floorMs / summary.total).toFixed(0),
      "",
      "",
      "",
    ],
  ]);
  print(`belay / floor: ${result.ratio.toFixed(2)}`);
  const verdict = (/** @type {boolean} */ reached) => (reached ? "reached" : "not reached");
  print(`target: median under ${target.medianMs} ms: ${verdict(medianMs < target.medianMs)}`);
  print(`target: under ${target.bytes / 1e6} MB: ${verdict(peakBytes < target.bytes)}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = readOptions(
    "belay prove over a folder of migrations (NAME.up.sql, NAME.down.sql)",
    {
      dir: { type: "string", summary: "the folder" },
      belay: { type: "string", summary: "the program; absent: this project's" },
      json: { type: "boolean", summary: "one JSON document" },
    },
  );
  const result = await measureProve({
    dir: resolve(String(options.dir)),
    ...(options.belay === undefined ? {} : { belay: String(options.belay) }),
  });
  if (options.json) print(JSON.stringify(result, null, 2));
  else printProve(result);
}
