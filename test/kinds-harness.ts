// Owns: the proof of a statement kind on real servers (reference: pgroll's ExecuteTests). For each
// case: read the catalog, run the statement, run its undo, and the catalog is as it was; then the
// statement and the undo once more, because a rollback must leave nothing in the way of a retry.

import { afterAll, beforeAll, expect, test } from "vitest";
import { type Catalog, describeDifference, differences } from "../src/core/catalog.ts";
import type { Undo, Verdict } from "../src/core/plan.ts";
import type { Session } from "../src/dialects/dialect.ts";
import { extractCatalog } from "../src/dialects/postgres/catalog/extract.ts";
import { classify, recall } from "../src/dialects/postgres/classify.ts";
import type { Lookup } from "../src/dialects/postgres/kind.ts";
import { type ParsedStatement, parseStatement } from "../src/dialects/postgres/parse.ts";
import { connect } from "../src/dialects/postgres/session.ts";
import { dumpMajor, pgDump } from "./support/clients.ts";
import { createDatabase, forEachServer, majorOf, type TestDatabase } from "./support/servers.ts";

export interface KindCase {
  /** The statement. */
  sql: string;
  /** Makes the database it runs in. */
  before?: string;
  /** Default `exact`. */
  verdict?: Verdict;
  /** `object: rows`, `~` before an estimate, `?` where nobody counted; of a lossy one. */
  losses?: string[];
  /** What a lossy one's SQL cannot put back, one line per difference; default: not compared. */
  residual?: string[];
  /** The error of an undo that cannot put the structure back either. */
  undoFails?: RegExp;
  /** Not run again after its undo: what is lost the first time cannot be lost twice. */
  once?: boolean;
  /** A query whose rows must be the same before and after. */
  rows?: string;
  /** The undo's statements as text; default: not compared. */
  undo?: string[];
  /** Major versions it runs on. */
  since?: number;
  until?: number;
}

/** One test per case and server; a kind's cases share a database, emptied before each. */
export function proveKind(kind: string, cases: readonly KindCase[]): void {
  forEachServer(kind, (server) => {
    const major = majorOf(server);
    let database: TestDatabase;
    let session: Session;
    beforeAll(async () => {
      database = await createDatabase(server);
      session = await connect({ url: database.url, applicationName: "prove-kind" });
    });
    afterAll(async () => {
      await session.close();
      await database.drop();
    });
    for (const each of cases) {
      const runs = major >= (each.since ?? 0) && major <= (each.until ?? major);
      test.runIf(runs)(titleOf(each), async () => {
        await empty(session);
        await prove(session, kind, each, major <= dumpMajor ? database.url : undefined);
      });
    }
  });
}

/** Back to what CREATE DATABASE made; roles outlive it, so cases make them with `role`. */
export async function empty(session: Session): Promise<void> {
  await session.run("ROLLBACK; RESET ALL; RESET ROLE; DISCARD TEMP");
  const schemas = await session.query<{ name: string }>(
    `SELECT quote_ident(nspname) AS name FROM pg_namespace
     WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`,
  );
  for (const { name } of schemas) await session.run(`DROP SCHEMA ${name} CASCADE`);
  await session.run("CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC");
}

/** SQL that makes a role unless another case has. */
export function role(name: string): string {
  const quoted = `"${name.replaceAll('"', '""')}"`;
  return `DO $do$ BEGIN CREATE ROLE ${quoted}; EXCEPTION WHEN duplicate_object THEN END $do$; `;
}

function titleOf({ sql, verdict = "exact", before = "" }: KindCase): string {
  const flat = (text: string) => text.replace(/\s+/g, " ");
  return `${flat(sql).slice(0, 120)} -> ${verdict}   [${flat(before).slice(0, 60)}]`;
}

interface State {
  catalog: Catalog;
  dump: string;
  rows: unknown[];
}

async function prove(
  session: Session,
  kind: string,
  each: KindCase,
  dumpUrl: string | undefined,
): Promise<void> {
  if (each.before !== undefined) await session.run(each.before);
  const parsed = await parseStatement(each.sql, 1);
  const kinds = classify(parsed).changes.map((change) => change.kind);
  expect(kinds).toContain(kind);
  expect(kinds).not.toContain("opaque");

  const read = () => readState(session, each, dumpUrl);
  const first = await read();
  const path = await session.query("SELECT current_setting('search_path') AS path");
  for (const round of each.once ? ["only"] : ["first", "second"]) {
    const undo = await carryOut(session, parsed);
    expectUndo(undo, each, round);
    const undone = runUndo(session, undo, String(path[0]?.path));
    if (each.undoFails) return expect(undone).rejects.toThrow(each.undoFails);
    await undone;
    if (undo.kind !== "exact" && each.residual === undefined) return;
    compare(first, await read(), each, `${round} undo:\n${sqlOf(undo).join(";\n")}`);
    // What could not be put back may keep the statement from running again.
    if ((each.residual ?? []).length > 0) return;
  }
}

function sqlOf(undo: Undo): string[] {
  return undo.kind === "irreversible" ? [] : undo.sql.map(({ sql }) => sql);
}

async function readState(
  session: Session,
  each: KindCase,
  dumpUrl: string | undefined,
): Promise<State> {
  return {
    catalog: await extractCatalog(session),
    // Grants come in the order in which they were given, which means nothing.
    dump: dumpUrl === undefined ? "" : (await pgDump(dumpUrl)).split("\n").sort().join("\n"),
    rows: each.rows === undefined ? [] : await session.query(each.rows),
  };
}

function expectUndo(undo: Undo, each: KindCase, round: string): void {
  expect(undo.kind, JSON.stringify(undo)).toBe(each.verdict ?? "exact");
  // The second time round there may be nothing left to lose.
  if (each.losses && round !== "second") expect(lossesOf(undo)).toEqual(each.losses);
  if (each.undo) expect(sqlOf(undo)).toEqual(each.undo);
}

export function lookupOf(session: Session): Lookup {
  return { rows: (sql, values) => session.query(sql, values) };
}

/** Recalls, runs and settles a statement as the engine does; returns how it is undone. */
export async function carryOut(session: Session, parsed: ParsedStatement): Promise<Undo> {
  const { transactional } = classify(parsed);
  const catalog = lookupOf(session);
  if (transactional) await session.run("BEGIN");
  const recalled = await recall(parsed, catalog);
  if (parsed.copyData === undefined) await session.run(parsed.sql);
  else await session.copyIn(parsed.sql, parsed.copyData);
  const undo = (await recalled.settle?.(catalog)) ?? recalled.undo;
  if (transactional) await session.run("COMMIT");
  return undo;
}

/** In one transaction as far as the statements allow; every one of them classifies itself. */
export async function runUndo(session: Session, undo: Undo, searchPath: string): Promise<void> {
  if (undo.kind === "irreversible") return;
  await session.query("SELECT set_config('search_path', $1, false)", [searchPath]);
  let open = false;
  for (const { sql, transactional } of undo.sql) {
    const planned = classify(await parseStatement(sql));
    if (planned.transactional) expect(transactional, sql).toBe(true);
    if (open !== transactional) await session.run(transactional ? "BEGIN" : "COMMIT");
    open = transactional;
    await session.run(sql).catch((error: Error) => {
      throw new Error(`${error.message} in the undo: ${sql}`, { cause: error });
    });
  }
  if (open) await session.run("COMMIT");
}

function lossesOf(undo: Undo): string[] {
  if (undo.kind !== "lossy") return [];
  return undo.losses.map(
    ({ object, rows, estimated }) => `${object}: ${estimated ? "~" : ""}${rows ?? "?"}`,
  );
}

function compare(before: State, after: State, each: KindCase, undo: string): void {
  const told = differences(before.catalog, after.catalog, "name").map(describeDifference);
  expect(told, undo).toEqual(each.residual ?? []);
  expect(after.rows, undo).toEqual(before.rows);
  if ((each.residual ?? []).length === 0) expect(after.dump, undo).toBe(before.dump);
}
