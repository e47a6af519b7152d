// Owns: a database in which one case runs after the other, and Belay on it with sessions that stay:
// connecting, and reading the whole catalog again, would take most of the time.

import pg from "pg";
import type { Catalog } from "../../src/core/catalog.ts";
import type { Dialect, Session } from "../../src/dialects/dialect.ts";
import { formatNamed } from "../../src/formats/all.ts";
import { type Belay, createBelay } from "../../src/index.ts";
import { createDatabase, type TestServer } from "../support/servers.ts";

export interface Place extends AsyncDisposable {
  /** For whoever looks, and for the application; another one now and then. */
  readonly client: pg.Client;
  /** With these files, by name. */
  belay(files: ReadonlyMap<string, string>): Belay;
  /** Nothing in it, and nothing remembered of it. */
  clear(): Promise<void>;
}

/** Cases for which a session stays: it never forgets functions, and grows by a megabyte and more with each. */
const casesMax = 25;

export async function openPlace(server: TestServer): Promise<Place> {
  const db = await createDatabase(server);
  const connectClient = async () => {
    const one = new pg.Client({ connectionString: db.url });
    await one.connect();
    return one;
  };
  let client = await connectClient();
  const idle: Session[] = [];
  let cases = 0;
  /** What the last transaction left, unless something went wrong since. */
  let known: Catalog | undefined;
  const connect = async (dialect: Dialect, options: Parameters<Dialect["connect"]>[0]) => {
    const session = idle.pop() ?? (await dialect.connect(options));
    session.close = async () => {
      await dialect.reset(session);
      idle.push(session);
    };
    return session;
  };
  const through = (dialect: Dialect): Dialect => ({
    ...dialect,
    connect: (options) => connect(dialect, options),
    extract: async (session) => {
      known ??= await dialect.extract(session);
      return known;
    },
    // The tables are small, and TRUNCATE is to set them aside all the same.
    undoer: (statement, keeping) =>
      dialect.undoer(statement, keeping && { ...keeping, onlineAboveBytes: 0 }),
    observe: async (session, mark, before) => {
      const seen = await dialect.observe(session, mark, before);
      known = seen.catalog;
      return seen;
    },
    rollback: async (session) => {
      known = undefined;
      await dialect.rollback(session);
    },
  });
  const format = formatNamed("golang-migrate");
  return {
    get client() {
      return client;
    },
    belay(files) {
      const migrations = format.read({ root: "", files: new Map(files), others: [] });
      const folder = { format, migrations, notes: [] };
      return createBelay({ databaseUrl: db.url, folder, through, verifies: false });
    },
    async clear() {
      known = undefined;
      cases += 1;
      if (cases % casesMax === 0) {
        for (const session of idle.splice(0)) session.destroy();
        await client.end();
        client = await connectClient();
      }
      const { rows } = await client.query<{ name: string }>(
        `SELECT quote_ident(nspname) AS name FROM pg_namespace WHERE nspname ~ '^belay_shelf_' OR nspname = 'public'`,
      );
      const names = rows.map(({ name }) => name).join(", ");
      await client.query(
        `SET client_min_messages = warning; DROP SCHEMA ${names} CASCADE; CREATE SCHEMA public`,
      );
      const journal = await client.query<{ name: string }>(
        "SELECT oid::regclass::text AS name FROM pg_class WHERE relnamespace = to_regnamespace('belay') AND relkind = 'r'",
      );
      const tables = journal.rows.filter(({ name }) => /record|conflict|catalog/.test(name));
      if (tables.length > 0) await client.query(`TRUNCATE ${tables.map((t) => t.name).join(", ")}`);
    },
    async [Symbol.asyncDispose]() {
      for (const session of idle) session.destroy();
      await client.end();
      await db.drop();
    },
  };
}
