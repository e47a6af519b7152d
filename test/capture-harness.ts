// Owns: what tests of captured rows share: a database, the statement run under capture, what the
// application writes since, the undo, and proof that nothing of ours is left behind.

import { expect } from "vitest";
import type { Session } from "../src/dialects/dialect.ts";
import { type Capture, captureRows } from "../src/dialects/postgres/capture/capture.ts";
import type { BareWrite } from "../src/dialects/postgres/capture/returning.ts";
import type { CapturedTable, Uncaptured } from "../src/dialects/postgres/capture/targets.ts";
import { writtenWith } from "../src/dialects/postgres/capture/written-with.ts";
import { parseStatement } from "../src/dialects/postgres/parse.ts";
import { writesOf } from "../src/dialects/postgres/row-writes.ts";
import { connect } from "../src/dialects/postgres/session.ts";
import { journalSchema } from "../src/journal/schema.ts";
import { lookupOf } from "./kinds-harness.ts";
import { createDatabase, type TestServer } from "./support/servers.ts";

export const id = "0badcafe";

export interface Bench extends AsyncDisposable {
  /** The migration's session. */
  migration: Session;
  /** Another one. */
  application: Session;
  /** The tables named, with what is written with them. */
  tables(...names: string[]): Promise<CapturedTable[]>;
  /** Runs the statements under capture and commits. */
  migrate(
    sql: string,
    ...tables: string[]
  ): Promise<{ capture: Capture; uncaptured: Uncaptured[] }>;
  undo(capture: Capture): Promise<void>;
  /** Rows as text, sorted. */
  rows(table: string): Promise<string[]>;
  /** `table key: columns base -> ours, why`, sorted. */
  conflicts(): Promise<string[]>;
}

export async function openBench(server: TestServer, before: string): Promise<Bench> {
  const database = await createDatabase(server);
  const open = () => connect({ url: database.url, applicationName: "capture" });
  const [migration, application] = [await open(), await open()];
  await migration.run(`SET client_min_messages = warning; ${journalSchema.join("\n")}`);
  await migration.run(before);
  const catalog = lookupOf(migration);
  const tables = async (...names: string[]) => {
    const oids = await migration.query<{ oid: string }>(
      "SELECT name::regclass::oid::text AS oid FROM unnest($1::text[]) AS name",
      [names],
    );
    return (await writtenWith(catalog, oids)).tables;
  };
  return {
    ...{ migration, application, tables },
    async migrate(sql, ...names) {
      const [found, bare] = [await tables(...names), await bareOf(sql)];
      const { capture, uncaptured } = await captureRows(catalog, id, found, { bare });
      if (!capture) throw new Error(JSON.stringify(uncaptured));
      const { start, instead = [sql], stop, sweep } = capture;
      await migration.run("BEGIN");
      for (const each of [...start, ...instead, ...stop, ...sweep]) await run(migration, each);
      await migration.run("COMMIT");
      return { capture, uncaptured };
    },
    async undo(capture) {
      const triggers = await states(migration);
      await migration.run("BEGIN");
      for (const each of capture.undo) await run(migration, each);
      await migration.run("COMMIT");
      expect(await states(migration)).toEqual(triggers);
      expect(await leftovers(migration)).toEqual([]);
    },
    async rows(table) {
      const rows = await migration.query<{ row: string }>(
        `SELECT t::text AS row FROM ${table} AS t ORDER BY 1`,
      );
      return rows.map(({ row }) => row);
    },
    async conflicts() {
      const rows = await migration.query<{ line: string }>(
        `SELECT concat(target, ' ', key, ': ', columns, ' ', why,
           ' base ' || base::text, ' theirs ' || theirs::text, ' ours ' || ours::text) AS line FROM belay.conflict ORDER BY 1`,
      );
      return rows.map(({ line }) => line);
    },
    async [Symbol.asyncDispose]() {
      await application.close();
      await migration.close();
      await database.drop();
    },
  };
}

/** Of a text that is one statement; no text here has a semicolon in a string. */
export async function bareOf(sql: string): Promise<BareWrite | undefined> {
  if (!/^(WITH|INSERT|UPDATE|DELETE) [^;]*$/i.test(sql)) return undefined;
  const [write] = writesOf((await parseStatement(sql)).node);
  if (!write?.bare || write.verb === "merge") return undefined;
  const { verb, relation } = write;
  const alias = relation.alias?.aliasname;
  return { verb, sql, ...(alias !== undefined && { alias }) };
}

async function run(session: Session, sql: string): Promise<void> {
  await session.run(sql).catch((error: Error) => {
    const { where, position } = error as { where?: string; position?: string };
    throw new Error(`${error.message} at ${position} (${where}) in: ${sql}`, { cause: error });
  });
}

function states(session: Session) {
  return session.query(
    `SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger
     WHERE tgname !~ '^belay_' ORDER BY 1, 2`,
  );
}

/** Names of what a capture or an undo made and did not drop. */
export async function leftovers(session: Session): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT nspname::text AS name FROM pg_namespace WHERE nspname ~ '^belay_'
     UNION ALL SELECT relname FROM pg_class WHERE relname ~ '^belay_'
     UNION ALL SELECT proname FROM pg_proc WHERE proname ~ '^belay_'
     UNION ALL SELECT tgname FROM pg_trigger WHERE tgname ~ '^belay_'`,
  );
  return rows.map(({ name }) => name);
}

/** Runs, writes since, undoes; with no writes since, the rows must be as before. */
export async function between(
  server: TestServer,
  before: string,
  statement: string,
  since: string,
  tables: string[],
  check: (bench: Bench) => Promise<void> = async () => {},
): Promise<void> {
  await using bench = await openBench(server, before);
  const read = () => Promise.all(tables.map((table) => bench.rows(table)));
  const first = await read();
  const { capture, uncaptured } = await bench.migrate(statement, ...tables);
  expect(uncaptured).toEqual([]);
  if (since !== "") await bench.application.run(since);
  await bench.undo(capture);
  if (since === "") {
    expect(await read()).toEqual(first);
    expect(await bench.conflicts()).toEqual([]);
  }
  await check(bench);
}
