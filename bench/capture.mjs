// Measures captured rows on one server, in turn: an UPDATE of every row plain and under capture, and
// the guarded undo beside a plain UPDATE back of the same rows. The first two see the table freshly
// filled, the ways back see it as an UPDATE left it; all after a vacuum of what has been written, and
// a checkpoint: autovacuum does so within a minute, with captured rows too.

import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { fill, settle } from "./accounts.mjs";
import { aside, machine, median, print, printTable, readOptions } from "./arguments.mjs";
import { openServer } from "./server.mjs";

/** The design's numbers: capture over plain, and undo's rows per second over plain's. */
const target = { capture: 1.3, undo: 0.8 };

const shelf = "0be9c000";

/** @param {{ url?: string, rows?: number, rounds?: number }} options */
export async function measureCapture({ url, rows = 200_000, rounds = 5 } = {}) {
  const server = await openServer(url);
  const times = {
    plain: /** @type {number[]} */ ([]),
    captured: /** @type {number[]} */ ([]),
    back: /** @type {number[]} */ ([]),
    undo: /** @type {number[]} */ ([]),
  };
  try {
    const client = new pg.Client({ connectionString: await server.createDatabase("capture") });
    await client.connect();
    for (let round = 0; round < rounds; round += 1) {
      await fill(client, rows);
      times.plain.push(await time(() => client.query(update)));
      await settle(client);
      times.back.push(await time(() => client.query(back)));
      await fill(client, rows);
      const capture = await prepare(client);
      times.captured.push(
        await time(async () => {
          await client.query("BEGIN");
          const { start, instead = [update], stop } = capture;
          for (const sql of [...start, ...instead, ...stop]) await client.query(sql);
          await client.query("COMMIT");
        }),
      );
      await settle(client, `belay_shelf_${shelf}.belay_${shelf}_rows_1`);
      times.undo.push(
        await time(async () => {
          await client.query("BEGIN");
          for (const sql of capture.undo) await client.query(sql);
          await client.query("COMMIT");
        }),
      );
      const { rows: left } = await client.query(
        "SELECT count(*)::int AS n FROM accounts WHERE status <> id % 7",
      );
      if (left[0].n > 0) throw new Error(`${left[0].n} rows did not go back`);
      aside(
        `round ${round + 1}: ${Object.values(times)
          .map((each) => each[round]?.toFixed(0))
          .join(", ")} ms`,
      );
    }
    await client.end();
    await server.dropDatabase("capture");
    const ratios = (/** @type {number[]} */ over, /** @type {number[]} */ under) =>
      median(over.map((each, round) => each / (under[round] ?? 1)));
    return {
      ...{ about: server.about, machine: machine(cpus()), rows, rounds, target, times },
      captureRatio: ratios(times.captured, times.plain),
      undoRatio: ratios(times.back, times.undo),
    };
  } finally {
    await server.close();
  }
}

const update = "UPDATE accounts SET status = status + 1";
const back = "UPDATE accounts SET status = status - 1";

/** @param {pg.Client} client */
async function prepare(client) {
  const { captureRows } = await import("../dist/dialects/postgres/capture/capture.js");
  const { rows } = await client.query("SELECT 'accounts'::regclass::oid::text AS oid");
  const table = { oid: rows[0].oid, sql: '"public"."accounts"', shown: "accounts" };
  const catalog = {
    rows: async (/** @type {string} */ sql, /** @type {unknown[] | undefined} */ values) =>
      (await client.query(sql, values)).rows,
  };
  const { capture } = await captureRows(catalog, shelf, [table], {
    bare: { verb: "update", sql: update },
  });
  if (!capture) throw new Error("not captured");
  return capture;
}

/** @param {() => Promise<unknown>} work */
async function time(work) {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

/** @param {Awaited<ReturnType<typeof measureCapture>>} result */
export function printCapture(result) {
  const { times, rows, captureRatio, undoRatio } = result;
  print(
    `captured rows: UPDATE of ${rows} rows, ${result.rounds} rounds, ${result.about}, ${result.machine}`,
  );
  const line = (
    /** @type {string} */ what,
    /** @type {number[]} */ each,
    /** @type {string} */ ratio,
  ) => [
    ...[what, median(each).toFixed(0), ((rows / median(each)) * 1000).toFixed(0)],
    ...[`${Math.min(...each).toFixed(0)} - ${Math.max(...each).toFixed(0)}`, ratio],
  ];
  printTable([
    ["", "median ms", "rows/s", "fastest - slowest", "ratio"],
    line("plain UPDATE", times.plain, ""),
    line("captured UPDATE", times.captured, `${captureRatio.toFixed(2)} x plain's time`),
    line("plain UPDATE back", times.back, ""),
    line("guarded undo", times.undo, `${undoRatio.toFixed(2)} x plain's rows/s`),
  ]);
  const verdict = (/** @type {boolean} */ reached) => (reached ? "reached" : "not reached");
  print(`target: capture <= ${target.capture}: ${verdict(captureRatio <= target.capture)}`);
  print(`target: undo >= ${target.undo}: ${verdict(undoRatio >= target.undo)}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = readOptions("Captured rows: cost of the capture, speed of the undo", {
    url: { type: "string", summary: "a PostgreSQL of yours; absent: an embedded one" },
    rows: { type: "string", default: "200000", summary: "rows of the table" },
    rounds: { type: "string", default: "5", summary: "rounds" },
    json: { type: "boolean", summary: "one JSON document" },
  });
  aside(`load ${loadavg()[0]?.toFixed(1)}`);
  const result = await measureCapture({
    ...(options.url === undefined ? {} : { url: String(options.url) }),
    ...{ rows: Number(options.rows), rounds: Number(options.rounds) },
  });
  if (options.json) print(JSON.stringify(result, null, 2));
  else printCapture(result);
}
