// Owns: the proof of one statement on real servers: run it, undo it,
// and the catalog is as before, by Belay's own reading and by an independent one; then once more.

import { afterAll, expect, test } from "vitest";
import { type Catalog, describeDifference, differences } from "../../src/core/catalog.ts";
import type { Undo } from "../../src/core/plan.ts";
import type { Session } from "../../src/dialects/dialect.ts";
import { extractCatalog } from "../../src/dialects/postgres/catalog/extract.ts";
import { classify } from "../../src/dialects/postgres/classify.ts";
import { parseStatement } from "../../src/dialects/postgres/parse.ts";
import { connect } from "../../src/dialects/postgres/session.ts";
import { carryOut, lookupOf, runUndo } from "../kinds-harness.ts";
import { createDatabase, forEachServer, majorOf, type TestServer } from "../support/servers.ts";
import { rawCatalog } from "./raw-catalog.ts";

export interface UndoCase {
  /** The statement under proof. */
  sql: string;
  /** Makes the database in which it runs; `;;` ends what runs together. */
  before?: string;
  /** Default `exact`. */
  verdict?: Undo["kind"];
  /** Of an irreversible or lossy one: what the reason or the names of what is lost have to match. */
  why?: RegExp;
  /** What its change is called, where not as most of its kind. */
  change?: string;
  /** Only from this major version on. */
  since?: number;
  /** A query whose rows must be the same before and after. */
  rows?: string;
  /** What the undo's SQL, joined by newlines, has to match. */
  undo?: RegExp;
  /** The object outlives its undo in the session, so there is no second round. */
  once?: boolean;
  /** Why the independent reading may differ: compared by Belay's own only. */
  unlikeRaw?: string;
}

/** One test per case and server; `change` is what the statements' changes are called. */
export function proveUndo(kind: string, cases: readonly UndoCase[], change = kind): void {
  forEachServer(change, (server) => {
    const places = new Map<string, Place>();
    afterAll(async () => {
      for (const place of places.values()) await place.close();
    });
    for (const each of cases) {
      const title = `${each.sql.replace(/\s+/g, " ").slice(0, 110)} -> ${each.verdict ?? "exact"}`;
      test.runIf(majorOf(server) >= (each.since ?? 0))(title, async () => {
        const { before = "" } = each;
        const place = places.get(before) ?? (await placeFor(server, before));
        // A proof that leaves its place as it was leaves it to the next one.
        places.delete(before);
        let isClean = false;
        try {
          isClean = await prove(place, { change, ...each });
        } finally {
          if (isClean) places.set(before, place);
          else await place.close();
        }
      });
    }
  });
}

/** A database as a case's `before` makes it, and what was read of it. */
interface Place {
  session: Session;
  state: Omit<State, "rows">;
  close(): Promise<void>;
}

interface State {
  catalog: Catalog;
  raw: string[];
  rows: unknown[];
}

async function placeFor(server: TestServer, before: string): Promise<Place> {
  const database = await createDatabase(server);
  const session = await connect({ url: database.url, applicationName: "prove-undo" });
  const close = async () => {
    // A failed proof leaves its transaction open.
    await session.run("ROLLBACK");
    await dropSubscriptions(session);
    await session.close();
    await database.drop();
  };
  try {
    for (const part of before.split(";;")) if (part.trim() !== "") await session.run(part);
    return { session, state: await stateOf(session), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A database with one cannot be dropped. */
async function dropSubscriptions(session: Session): Promise<void> {
  const rows = await session.query<{ name: string }>(
    `SELECT quote_ident(subname) AS name FROM pg_subscription
     WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  for (const { name } of rows) {
    await session.run(
      `ALTER SUBSCRIPTION ${name} DISABLE; ALTER SUBSCRIPTION ${name} SET (slot_name = NONE); DROP SUBSCRIPTION ${name}`,
    );
  }
}

async function stateOf(session: Session): Promise<Place["state"]> {
  return { catalog: await extractCatalog(session), raw: await rawCatalog(lookupOf(session)) };
}

/** Whether the database is as it was. */
async function prove({ session, state }: Place, each: UndoCase): Promise<boolean> {
  const rowsOf = () => (each.rows === undefined ? [] : session.query(each.rows));
  const parsed = await parseStatement(each.sql, 1);
  expect(classify(parsed).changes[0]?.kind).toBe(each.change);
  const first: State = { ...state, rows: await rowsOf() };
  for (const round of each.once ? [1] : [1, 2]) {
    const [path] = await session.query("SELECT current_setting('search_path') AS path");
    const undo = await carryOut(session, parsed);
    checkVerdict(undo, each);
    if (undo.kind === "irreversible") return false;
    if (undo.kind === "exact" && undo.sql.length === 0) {
      expect(await rawCatalog(lookupOf(session)), "nothing to undo").toEqual(first.raw);
      return each.once !== true;
    }
    await runUndo(session, undo, String(path?.path));
    if (undo.kind === "lossy") return false;
    const catalog = await extractCatalog(session);
    // The independent reading takes most of the time, and what it would find is there at once.
    const raw = round === 1 ? await rawCatalog(lookupOf(session)) : first.raw;
    compare(first, { catalog, raw, rows: await rowsOf() }, each, undo);
  }
  return each.once !== true && each.unlikeRaw === undefined;
}

function checkVerdict(undo: Undo, { verdict = "exact", why, undo: sql }: UndoCase): void {
  expect(undo.kind, JSON.stringify(undo)).toBe(verdict);
  if (undo.kind === "irreversible") {
    expect(undo.why).toMatch(why ?? /./);
    return;
  }
  const losses = undo.kind === "lossy" ? undo.losses : [];
  if (why) expect(losses.map((loss) => `${loss.object}: ${loss.why}`).join("; ")).toMatch(why);
  if (sql) expect(textOf(undo)).toMatch(sql);
}

function textOf(undo: Undo): string {
  return undo.kind === "irreversible" ? "" : undo.sql.map(({ sql }) => sql).join("\n");
}

function compare(first: State, last: State, { unlikeRaw }: UndoCase, undo: Undo): void {
  const told = differences(first.catalog, last.catalog, "name").map(describeDifference);
  expect(told, textOf(undo)).toEqual([]);
  if (unlikeRaw === undefined) {
    const gone = minus(first.raw, last.raw).map((line) => `- ${line}`);
    const come = minus(last.raw, first.raw).map((line) => `+ ${line}`);
    expect([...gone, ...come].join("\n"), textOf(undo)).toBe("");
  }
  expect(last.rows, textOf(undo)).toEqual(first.rows);
}

function minus(left: readonly string[], right: readonly string[]): string[] {
  const rest = new Map<string, number>();
  for (const line of right) rest.set(line, (rest.get(line) ?? 0) + 1);
  return left.filter((line) => {
    const count = rest.get(line) ?? 0;
    rest.set(line, count - 1);
    return count <= 0;
  });
}
