// Owns: carrying a planted case out and reading what it left, alone or among other people's rows.

import { expect } from "vitest";
import type { Session } from "../../../src/dialects/dialect.ts";
import { connect } from "../../../src/dialects/postgres/session.ts";
import { createDatabase, type TestServer } from "../../support/servers.ts";
import { tablesOf } from "./edge-rows.ts";
import type { Planted } from "./planted.ts";
import { compareStates, type Findings, type Readers, readState } from "./state.ts";
import { fillBoth, writeBoth } from "./writers.ts";

type Open = Session & AsyncDisposable;

async function openSession(url: string): Promise<Open> {
  const session = await connect({ url, applicationName: "planted" });
  return Object.assign(session, { [Symbol.asyncDispose]: () => session.close() });
}

/**
 * In a session of its own, as a migration tool would: in one go, or statement by statement where
 * CONCURRENTLY asks for it. What the server said when it failed, else nothing.
 */
async function run(url: string, sql: string): Promise<string> {
  await using session = await openSession(url);
  const parts = /concurrently/i.test(sql) ? sql.split(/;\s*/) : [sql];
  try {
    for (const part of parts) if (part.trim() !== "") await session.run(part);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

/** Before, up, down, and nobody else. */
export async function alone(
  server: TestServer,
  { before, up, down }: Planted,
  readers: Readers = {},
) {
  await using db = await createDatabase(server);
  await using session = await openSession(db.url);
  await session.run(before);
  const was = await readState(db.url, session, readers);
  expect(await run(db.url, up)).toBe("");
  const failure = await run(db.url, down);
  return { found: compareStates(was, await readState(db.url, session, readers)), failure };
}

/** With rows everywhere and writers in between, against a twin that was not migrated. */
export async function crowded(server: TestServer, { before, up, down }: Planted) {
  await using plain = await createDatabase(server);
  await using migrated = await createDatabase(server);
  await using one = await openSession(plain.url);
  await using other = await openSession(migrated.url);
  for (const session of [one, other]) await session.run(before);
  const filled = await fillBoth(one, other);
  const tables = await tablesOf(other);
  expect(await run(migrated.url, up)).toBe("");
  const written = await writeBoth(one, other, tables);
  const failure = await run(migrated.url, down);
  const [was, is] = [await readState(plain.url, one), await readState(migrated.url, other)];
  const keyed = tables.filter(({ key }) => key.length > 0).length;
  return { filled, written, keyed, failure, found: compareStates(was, is) };
}

/** In how many ways the down is wrong. */
export function kindsOf(found: Findings, failure: string): string[] {
  if (failure !== "") return ["failure"];
  const structure = [...found.catalog, ...found.facts, ...found.raw, ...found.rest];
  // Where a sequence stands depends on its steps.
  const sequences = found.sequences.filter(
    (line) => !found.catalog.some((told) => told.startsWith(line.split(":")[0] ?? "")),
  );
  const kinds = { structure, rows: found.rows, sequences };
  const seen = Object.entries(kinds).filter(([, lines]) => lines.length > 0);
  return seen.map(([kind]) => kind);
}
