// Proves that the planted cases are what they say: the right downs put everything back, whatever
// rows there are and whatever was written in between; the wrong ones do not, in one way each.

import { expect, test } from "vitest";
import type { Session } from "../../../src/dialects/dialect.ts";
import { connect } from "../../../src/dialects/postgres/session.ts";
import { createDatabase, forEachServer, type TestServer } from "../../support/servers.ts";
import { tablesOf } from "./edge-rows.ts";
import type { Planted } from "./planted.ts";
import { rightDowns } from "./right-downs.ts";
import { compareStates, type Findings, type Readers, readState, type State } from "./state.ts";
import { fillBoth, writeBoth } from "./writers.ts";
import { wrongDowns } from "./wrong-downs.ts";
import { wrongRows } from "./wrong-rows.ts";

/** Wrong only when somebody writes between up and down. */
const needsWriters = new Set([
  "a swap with a copy loses what was written to it",
  "a column that stood aside comes back stale",
  "a backup overwrites what was written since",
  "a table is put back from a backup as a whole",
  "rows that the new release wrote are deleted",
]);

/** Real differences that Belay's reading of the catalog does not have. */
const unseen = new Set([
  "the comment on a constraint trigger's constraint is lost",
  "a function no longer depends on its extension",
  "a user mapping comes back with another password",
  "a text search configuration of the server is changed for good",
  "the connection limit of the database is left",
  "the database keeps its new owner",
  "a large object is left",
  "a large object is unlinked and not made again",
]);

/** Wrong in two ways by their nature. */
const twofold = new Set<string>(["the down is a copy of another migration's"]);

async function withSession<T>(url: string, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await connect({ url, applicationName: "planted" });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** As a migration tool would: in one go, or statement by statement where CONCURRENTLY asks for it. */
function run(url: string, sql: string): Promise<void> {
  return withSession(url, async (session) => {
    const parts = /concurrently/i.test(sql) ? sql.split(/;\s*/) : [sql];
    for (const part of parts) if (part.trim() !== "") await session.run(part);
  });
}

const readAll = (url: string, readers: Readers = {}): Promise<State> =>
  withSession(url, (session) => readState(url, session, readers));

/** The server's words; empty when it has none. */
async function failureOf(work: Promise<void>): Promise<string> {
  try {
    await work;
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

/** Before, up, down, and nobody else. */
async function alone(server: TestServer, { before, up, down }: Planted, readers: Readers = {}) {
  await using db = await createDatabase(server);
  await run(db.url, before);
  const was = await readAll(db.url, readers);
  await run(db.url, up);
  const failure = await failureOf(run(db.url, down));
  return { found: compareStates(was, await readAll(db.url, readers)), failure };
}

/** With rows everywhere and writers in between, against a twin that was not migrated. */
async function crowded(server: TestServer, { before, up, down }: Planted) {
  await using plain = await createDatabase(server);
  await using migrated = await createDatabase(server);
  for (const { url } of [plain, migrated]) await run(url, before);
  const counts = await withSession(plain.url, (one) =>
    withSession(migrated.url, async (other) => {
      const filled = await fillBoth(one, other);
      const tables = await tablesOf(other);
      await run(migrated.url, up);
      const written = await writeBoth(one, other, tables);
      return { filled, written, tables: tables.filter(({ key }) => key.length > 0).length };
    }),
  );
  const failure = await failureOf(run(migrated.url, down));
  const [was, is] = [await readAll(plain.url), await readAll(migrated.url)];
  return { ...counts, failure, found: compareStates(was, is) };
}

function kindsOf(found: Findings, failure: string): string[] {
  if (failure !== "") return ["failure"];
  const structure = [...found.catalog, ...found.facts, ...found.rest];
  // Dependencies and descriptions; other rows of system catalogs may differ where nothing does.
  structure.push(...found.raw.filter((line) => /^. pg_description|deptype=x/.test(line)));
  // Where a sequence stands depends on its steps.
  const sequences = found.sequences.filter(
    (line) => !found.catalog.some((told) => told.startsWith(line.split(":")[0] ?? "")),
  );
  const kinds = { structure, rows: found.rows, sequences };
  const seen = Object.entries(kinds).filter(([, lines]) => lines.length > 0);
  return seen.map(([kind]) => kind);
}

function expectNamed(names: string[], lines: string[]) {
  const named = (line: string) =>
    names.every((name) => line.toLowerCase().includes(name.toLowerCase()));
  expect(lines.filter(named), `${names.join(", ")} in one of:\n${lines.join("\n")}`).not.toEqual(
    [],
  );
}

test("the planted cases have names of their own, and enough of them", () => {
  const names = [...wrongDowns, ...wrongRows, ...rightDowns].map(({ name }) => name);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  expect(wrongDowns.filter((planted) => planted.names.length === 0)).toEqual([]);
  expect(rightDowns.filter((planted) => planted.names.length > 0)).toEqual([]);
});

forEachServer("planted wrong downs", (server) => {
  test.each([...wrongDowns, ...wrongRows].map((each) => [each.name, each] as const))(
    "%s",
    async (name, planted) => {
      const quiet = await alone(server, planted, { raw: unseen.has(name) });
      const needs = needsWriters.has(name);
      if (needs) expect(kindsOf(quiet.found, quiet.failure)).toEqual([]);
      const { found, failure } = needs ? await crowded(server, planted) : quiet;
      const kinds = kindsOf(found, failure);
      const all = JSON.stringify({ ...found, failure }, null, 1);
      if (!twofold.has(name)) expect(kinds, all).toHaveLength(1);
      if (unseen.has(name)) return expect(found.catalog).toEqual([]);
      if (kinds[0] === "structure") expect(found.catalog, all).not.toEqual([]);
      expectNamed(planted.names, [failure, ...found.catalog, ...found.rows, ...found.sequences]);
    },
  );
});

forEachServer("planted right downs", (server) => {
  test.each(rightDowns.map((each) => [each.name, each] as const))("%s", async (_, planted) => {
    const { found, failure } = await alone(server, planted, { facts: true });
    expect(failure).toBe("");
    expect(found).toEqual({ catalog: [], facts: [], raw: [], rows: [], sequences: [], rest: [] });

    const among = await crowded(server, planted);
    expect(among.failure).toBe("");
    expect([...among.found.catalog, ...among.found.rows]).toEqual([]);
    if (among.tables > 0) expect([among.filled > 0, among.written > 0]).toEqual([true, true]);
  });
});
