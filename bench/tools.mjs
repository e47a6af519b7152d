// Owns: the tools that are compared: where they come from, how they are started, what they record.
// Peers are fetched when the benchmark runs, so that `npm ci` of the project stays small.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { writeDbmate, writeNodePgMigrate, writeSqitch } from "./migrations.mjs";

/** Pinned: a figure without a version says nothing. */
const packages = { dbmate: "2.36.0", "node-pg-migrate": "9.0.0", pg: "8.23.1" };

/**
 * @typedef {object} Tool
 * @property {string} name
 * @property {string} label with the version
 * @property {string} records what is in the database afterwards, besides the schema itself
 * @property {string[]} tables those records; qualified
 * @property {boolean} slow starts a process per migration; measured in the first round only
 * @property {(dir: string, migrations: import("./migrations.mjs").Migration[]) => void} write
 * @property {(dir: string, url: string) => Promise<void>} run
 */

/** @type {Record<string, (context: { home: string, belay: string }) => Tool>} */
const makers = {
  belay: ({ belay }) => ({
    name: "belay",
    label: "belay up",
    records: "plan, undo of each statement, changed objects, catalog fingerprints",
    tables: ["belay.record", "belay.catalog"],
    slow: false,
    write: writeDbmate,
    run: (dir, url) =>
      spawned(process.execPath, [belay, "up", "--yes", "--database-url", url, "--dir", dir]),
  }),
  dbmate: ({ home }) => ({
    name: "dbmate",
    label: `dbmate ${packages.dbmate}`,
    records: "version",
    tables: ["public.schema_migrations"],
    slow: false,
    write: writeDbmate,
    // The program itself: its package's own entry would add the start of a Node process.
    run: (dir, url) =>
      spawned(join(home, "node_modules", dbmateOf(home)), [
        ...["--url", `${url}?sslmode=disable`, "--migrations-dir", dir],
        ...["--no-dump-schema", "migrate"],
      ]),
  }),
  "node-pg-migrate": ({ home }) => nodePgMigrate(home, []),
  "node-pg-migrate-each": ({ home }) => ({
    ...nodePgMigrate(home, ["--no-single-transaction"]),
    name: "node-pg-migrate-each",
    label: `node-pg-migrate ${packages["node-pg-migrate"]}, a transaction each`,
  }),
  sqitch: () => ({
    name: "sqitch",
    label: `sqitch ${sqitchVersion()}`,
    records: "change, dependencies, who, when; events",
    tables: ["sqitch.changes", "sqitch.events"],
    slow: true,
    write: writeSqitch,
    run: (dir, url) => spawned("sqitch", ["deploy", "--no-verify", `db:${pgUrl(url)}`], dir),
  }),
  driver: () => ({
    name: "driver",
    label: "the statements alone (pg), a transaction each",
    records: "nothing",
    tables: [],
    slow: false,
    write: writeDbmate,
    run: (dir, url) => spawned(process.execPath, [driverProgram, dir, url]),
  }),
};

/** Started with a folder and a URL, this file is the floor: what no tool can be faster than. */
const driverProgram = fileURLToPath(import.meta.url);

export const toolNames = Object.keys(makers);

/**
 * The tools of these names that can be had here.
 * @param {readonly string[]} names
 * @param {{ home: string, belay: string }} context `home`: where npm may install peers
 * @returns {{ tools: Tool[], missing: { name: string, why: string }[] }}
 */
export function findTools(names, context) {
  const missing = /** @type {{ name: string, why: string }[]} */ ([]);
  const tools = /** @type {Tool[]} */ ([]);
  if (names.some((name) => name === "dbmate" || name.startsWith("node-pg-migrate"))) {
    const wanted = Object.entries(packages).map((each) => each.join("@"));
    const words = ["install", "--no-save", "--no-audit", "--no-fund", "--prefix", context.home];
    const shell = process.platform === "win32";
    execFileSync("npm", [...words, ...wanted], { cwd: context.home, stdio: "ignore", shell });
  }
  for (const name of names) {
    const why = name === "sqitch" ? withoutSqitch() : undefined;
    if (why === undefined) tools.push(makers[name](context));
    else missing.push({ name, why });
  }
  return { tools, missing };
}

/** @param {string} home @param {string[]} more @returns {Tool} */
function nodePgMigrate(home, more) {
  return {
    name: "node-pg-migrate",
    label: `node-pg-migrate ${packages["node-pg-migrate"]}, one transaction for all (its default)`,
    records: "name, when",
    tables: ["public.pgmigrations"],
    slow: false,
    write: writeNodePgMigrate,
    run: (dir, url) => {
      const program = join(home, "node_modules", "node-pg-migrate", "bin", "node-pg-migrate.js");
      const words = ["up", "--migrations-dir", dir, "--no-verbose", ...more];
      return spawned(process.execPath, [program, ...words], home, { DATABASE_URL: url });
    },
  };
}

/** The program in the package of this platform. @param {string} home */
function dbmateOf(home) {
  const scope = join(home, "node_modules", "@dbmate");
  const [platform = ""] = readdirSync(scope);
  const program = process.platform === "win32" ? "dbmate.exe" : "dbmate";
  return join("@dbmate", platform, "bin", program);
}

/** Why there is no Sqitch; undefined when there is. */
function withoutSqitch() {
  if (sqitchVersion() !== "" && hasPsql()) return undefined;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    return "not installed; as root: apt-get install sqitch libdbd-pg-perl postgresql-client";
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const words = ["sqitch", "libdbd-pg-perl", "postgresql-client"];
  try {
    execFileSync("apt-get", ["install", "-y", "--no-install-recommends", ...words], {
      ...{ env, stdio: "ignore", timeout: 300_000 },
    });
  } catch (error) {
    return `apt-get install sqitch failed: ${String(error).split("\n")[0]}`;
  }
  return sqitchVersion() === "" ? "apt-get installed no sqitch" : undefined;
}

function sqitchVersion() {
  return output("sqitch", ["--version"]).match(/[\d.]+/)?.[0] ?? "";
}

function hasPsql() {
  return output("psql", ["--version"]) !== "";
}

/** @param {string} program @param {string[]} words */
function output(program, words) {
  try {
    return execFileSync(program, words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "";
  }
}

/** Sqitch wants `pg:`. @param {string} url */
function pgUrl(url) {
  return url.replace(/^postgres(ql)?:/, "pg:");
}

/**
 * Runs to the end; what it said is thrown when it fails.
 * @param {string} program
 * @param {string[]} words
 * @param {string} [cwd]
 * @param {Record<string, string>} [more]
 * @returns {Promise<void>}
 */
function spawned(program, words, cwd, more = {}) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...more };
    const child = spawn(program, words, { cwd, env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      said = (said + text).slice(-4_000);
    });
    child.once("error", reject);
    child.once("close", (status) => {
      if (status === 0) resolve();
      else reject(new Error(`${program} ended with status ${status}:\n${said}`));
    });
  });
}

/** @param {string} dir @param {string} url */
async function runStatements(dir, url) {
  const { readFileSync } = await import("node:fs");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const file of readdirSync(dir).sort()) {
    const text = readFileSync(join(dir, file), "utf8");
    const [up = ""] = text.replace("-- migrate:up\n", "").split("-- migrate:down");
    await client.query("BEGIN");
    await client.query(up);
    await client.query("COMMIT");
  }
  await client.end();
}

if (process.argv[1] === driverProgram) {
  await runStatements(process.argv[2] ?? "", process.argv[3] ?? "");
}
