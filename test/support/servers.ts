// Owns: real databases for tests. Each test makes its own and throws it away:
//
//   forEachServer("drop-column", (server) => {
//     test("keeps the values", async () => {
//       await using db = await createDatabase(server);
//       await db.query("CREATE TABLE t (a int)");
//     });
//   });

import { randomBytes } from "node:crypto";
import pg from "pg";
import { describe, inject } from "vitest";

export interface TestServer {
  /** Its major version: tests leave out what that does not have. */
  name: `postgres-${number}`;
  /** Superuser, database `postgres`. */
  url: string;
}

declare module "vitest" {
  interface ProvidedContext {
    servers: TestServer[];
    /** Server name to the reason why this run does not have it. */
    missingServers: Record<string, string>;
  }
}

export interface TestDatabase extends AsyncDisposable {
  url: string;
  name: string;
  /** Rows of one statement (or of the last of several, when there are no values). */
  query<T = Record<string, unknown>>(sql: string, values?: unknown[]): Promise<T[]>;
  /** Ends this handle's connection and leaves the database, so that it can be a template. */
  disconnect(): Promise<void>;
  /** Drops the database, whoever is connected. */
  drop(): Promise<void>;
}

export interface Template extends AsyncDisposable {
  /** A new database with the template's catalog and rows; about 20 ms. */
  copy(): Promise<TestDatabase>;
  drop(): Promise<void>;
}

export const servers: TestServer[] = inject("servers");

/** A `describe` per server; one that is not there is a skipped `describe` that says why. */
export function forEachServer(name: string, body: (server: TestServer) => void): void {
  for (const server of servers) describe(`${name} [${server.name}]`, () => body(server));
  for (const [server, why] of Object.entries(inject("missingServers"))) {
    describe.skip(`${name} [${server}: ${why}]`, () => body({ name: "postgres-15", url: "" }));
  }
}

export function majorOf({ name }: TestServer): number {
  return Number(name.replace(/\D/g, ""));
}

/** A new empty database; by default on the first server (PostgreSQL 18). */
export async function createDatabase(server: TestServer = servers[0]!): Promise<TestDatabase> {
  const name = uniqueName();
  await create(server.url, name, "template1");
  return openDatabase(server.url, name);
}

/** A frozen copy of the database at `url` as it is now; nobody else may be connected to it. */
export async function templateFrom(url: string): Promise<Template> {
  const source = decodeURIComponent(new URL(url).pathname.slice(1));
  const admin = withDatabase(url, "postgres");
  const name = uniqueName();
  await create(admin, name, source);
  await administer(admin, `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  const drop = async () => {
    await administer(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  };
  return {
    copy: async () => {
      const copy = uniqueName();
      await create(admin, copy, name);
      return openDatabase(admin, copy);
    },
    drop,
    [Symbol.asyncDispose]: drop,
  };
}

/** The same server, another database. */
export function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(database)}`;
  return changed.href;
}

function openDatabase(admin: string, name: string): TestDatabase {
  const url = withDatabase(admin, name);
  let client: Promise<pg.Client> | undefined;
  const disconnect = async () => {
    const open = client;
    client = undefined;
    await (await open)?.end();
  };
  const drop = async () => {
    await disconnect();
    await administer(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  };
  return {
    url,
    name,
    query: async <T>(sql: string, values?: unknown[]) => {
      client ??= connect(url);
      const result = await (await client).query(sql, values);
      // Several statements in one text give an array, which pg's types do not say.
      const last: pg.QueryResult = Array.isArray(result) ? result.at(-1) : result;
      return last.rows as T[];
    },
    disconnect,
    drop,
    [Symbol.asyncDispose]: drop,
  };
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  // Tests kill servers and sessions; the next query reports it, the event must not end the worker.
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** One connection per worker and server: connecting costs more than CREATE DATABASE. */
const administrators = new Map<string, Promise<pg.Client>>();

async function administer(url: string, sql: string): Promise<Record<string, unknown>[]> {
  let client = administrators.get(url);
  if (!client) {
    client = connect(url);
    administrators.set(url, client);
    // Some tests kill their server; the next call connects to the new one.
    const forget = () => administrators.delete(url);
    client.then((open) => open.on("error", forget).on("end", forget), forget);
  }
  return (await (await client).query(sql)).rows;
}

/** Copying files is three times as fast as logging every page where nothing is flushed. */
async function create(admin: string, name: string, template: string): Promise<void> {
  const [row] = await administer(admin, "SHOW server_version_num");
  const strategy = Number(row?.server_version_num) >= 150_000 ? "STRATEGY file_copy" : "";
  const source = pg.escapeIdentifier(template);
  await administer(admin, `CREATE DATABASE ${name} TEMPLATE ${source} ${strategy}`);
}

function uniqueName(): string {
  return `t_${process.pid}_${randomBytes(6).toString("hex")}`;
}
