// Owns: the server that all tools are measured on: the embedded PostgreSQL in a temporary folder,
// with its durable settings, or one that is given. A fresh database per measurement.

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";

/**
 * @typedef {object} Server
 * @property {string} about version and the settings that commits depend on
 * @property {(name: string) => Promise<string>} createDatabase returns its URL
 * @property {(name: string) => Promise<void>} dropDatabase
 * @property {() => Promise<void>} close
 */

/** @param {string | undefined} given @returns {Promise<Server>} */
export async function openServer(given) {
  const own = given === undefined ? await startOwn() : undefined;
  const url = given ?? /** @type {{ url: string }} */ (own).url;
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  const { rows } = await admin.query(
    `SELECT format('PostgreSQL %s, fsync %s, synchronous_commit %s, shared_buffers %s',
       current_setting('server_version'), current_setting('fsync'),
       current_setting('synchronous_commit'), current_setting('shared_buffers')) AS about`,
  );
  return {
    about: rows[0].about,
    async createDatabase(name) {
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin.query(`CREATE DATABASE ${name}`);
      // What creating it left to be written must not be paid for by whoever is measured next.
      await admin.query("CHECKPOINT");
      const database = new URL(url);
      database.pathname = `/${name}`;
      return database.href;
    },
    async dropDatabase(name) {
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
    async close() {
      await admin.end();
      await own?.close();
    },
  };
}

async function startOwn() {
  const { openEmbedded } = await import("../dist/dialects/postgres/embedded.js");
  const { realEnvironment } = await import("../dist/core/environment.js");
  const dir = mkdtempSync(join(tmpdir(), "belay-bench-server-"));
  // The server's account must get through when we are root.
  chmodSync(dir, 0o711);
  const server = await openEmbedded({ dir, environment: realEnvironment });
  return {
    url: server.url("postgres"),
    close: async () => {
      await server.destroy();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/**
 * Counts of what is in the schema `public`, a tool's own tables left out: proof that all tools did
 * the same work.
 * @param {string} url
 * @param {readonly string[]} own qualified names of tables
 */
export async function contentOf(url, own) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(
      `WITH mine AS (
         SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind = 'r' AND n.nspname = 'public' AND n.nspname || '.' || c.relname <> ALL ($1)
       )
       SELECT (SELECT count(*)::int FROM mine) AS tables,
         (SELECT count(*)::int FROM pg_attribute WHERE attrelid IN (SELECT oid FROM mine)
           AND attnum > 0 AND NOT attisdropped) AS columns,
         (SELECT count(*)::int FROM pg_index WHERE indrelid IN (SELECT oid FROM mine)) AS indexes,
         (SELECT count(*)::int FROM pg_description WHERE objoid IN (SELECT oid FROM mine)) AS comments,
         (SELECT count(*)::int FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM mine)
           AND NOT tgisinternal) AS triggers`,
      [own],
    );
    return JSON.stringify(rows[0]);
  } finally {
    await client.end();
  }
}

/**
 * Bytes that a tool's records take.
 * @param {string} url
 * @param {readonly string[]} tables
 */
export async function recordsIn(url, tables) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let bytes = 0;
    for (const table of tables) {
      const { rows } = await client.query("SELECT pg_total_relation_size($1) AS bytes", [table]);
      bytes += Number(rows[0].bytes);
    }
    return bytes;
  } finally {
    await client.end();
  }
}
