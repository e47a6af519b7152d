// Owns: the proof of one statement on a real server: run it, undo it, and the catalog is as before,
// by Belay's own reading and by an independent one; then run and undo it again.

import { expect, test } from "vitest";
import { describeDifference, differences } from "../../src/core/catalog.ts";
import type { Undo } from "../../src/core/plan.ts";
import type { Session } from "../../src/dialects/dialect.ts";
import { extractCatalog } from "../../src/dialects/postgres/catalog/extract.ts";
import { classify, recall } from "../../src/dialects/postgres/classify.ts";
import type { Lookup } from "../../src/dialects/postgres/kind.ts";
import { parseStatement } from "../../src/dialects/postgres/parse.ts";
import { connect } from "../../src/dialects/postgres/session.ts";
import { createDatabase, forEachServer } from "../support/servers.ts";
import { rawCatalog } from "./raw-catalog.ts";

export interface UndoCase {
  /** The statement under proof. */
  sql: string;
  /** Makes the database in which it runs. */
  before?: string;
  /** Default `exact`. */
  verdict?: Undo["kind"];
  /** Of an irreversible or lossy one: what the reason or the names of what is lost have to match. */
  why?: RegExp;
  /** What the first change is called; default: the test's kind. */
  kind?: string;
  /** Only from this major version on. */
  since?: number;
  /** Rows that must be the same before and after, as a query. */
  rows?: string;
  /** What the undo's SQL, joined by newlines, has to match. */
  undo?: RegExp;
  /** The object outlives its undo in the session, so there is no second round. */
  once?: boolean;
  /** Why its two readings of the catalog may differ: compared by Belay's own only. */
  unlikeRaw?: string;
}

/** One test per case and server. */
export function proveUndo(kind: string, cases: readonly UndoCase[]): void {
  forEachServer(kind, (server) => {
    for (const each of cases) {
      const major = Number(server.name.replace(/\D/g, "")) || 18;
      const title = `${each.sql.replace(/\s+/g, " ").slice(0, 110)} -> ${each.verdict ?? "exact"}`;
      test.skipIf(each.since !== undefined && major < each.since)(title, async () => {
        await using database = await createDatabase(server);
        const session = await connect({ url: database.url, applicationName: "prove-undo" });
        try {
          await prove(kind, session, each);
        } finally {
          await session.close();
        }
      });
    }
  });
}

async function prove(kind: string, session: Session, proof: UndoCase): Promise<void> {
  const lookup: Lookup = { rows: (sql, values) => session.query(sql, values) };
  const read = async (withRows: boolean) => ({
    catalog: await extractCatalog(session),
    raw: await rawCatalog(lookup),
    rows: proof.rows === undefined || !withRows ? [] : await session.query(proof.rows),
  });
  if (proof.before !== undefined) await session.run(proof.before);
  const parsed = await parseStatement(proof.sql, 1);
  const described = classify(parsed);
  expect(described.changes[0]?.kind).toBe(proof.kind ?? kind);

  const first = await read(true);
  for (const round of proof.once ? [1] : [1, 2]) {
    const inBlock = described.transactional;
    if (inBlock) await session.run("BEGIN");
    const recalled = await recall(parsed, lookup);
    const path = (await session.query("SHOW search_path"))[0]?.search_path;
    await session.run(proof.sql);
    const undo = (await recalled.settle?.(lookup)) ?? recalled.undo;
    if (inBlock) await session.run("COMMIT");
    expect(undo.kind, JSON.stringify(undo)).toBe(proof.verdict ?? "exact");
    if (undo.kind === "irreversible") {
      expect(undo.why).toMatch(proof.why ?? /./);
      return;
    }
    if (undo.kind === "lossy" && proof.why) {
      expect(undo.losses.map(({ object, why }) => `${object}: ${why}`).join("; ")).toMatch(
        proof.why,
      );
    }
    if (proof.undo) expect(undo.sql.map(({ sql }) => sql).join("\n")).toMatch(proof.undo);
    const changed = await read(false);
    if (round === 1 && undo.sql.length === 0) {
      expect(changed.raw, "nothing to undo, yet it changed the catalog").toEqual(first.raw);
    }
    await session.run("BEGIN");
    await session.query(`SELECT set_config('search_path', $1, true)`, [path]);
    let transactional = true;
    for (const { sql, transactional: wanted } of undo.sql) {
      if (transactional && !wanted) await session.run("COMMIT");
      transactional = wanted;
      await session.run(sql).catch((error) => {
        throw new Error(`${error.message} ${error.detail ?? ""} in the undo: ${sql}`);
      });
    }
    if (transactional) await session.run("COMMIT");
    if (undo.kind === "lossy") return;
    const last = await read(true);
    const told = differences(first.catalog, last.catalog, "name").map(describeDifference);
    expect(told, undo.sql.map(({ sql }) => sql).join(";\n")).toEqual([]);
    if (proof.unlikeRaw === undefined) {
      const [gone, come] = [minus(first.raw, last.raw), minus(last.raw, first.raw)];
      const lines = [...gone.map((line) => `- ${line}`), ...come.map((line) => `+ ${line}`)];
      expect(lines.join("\n"), undo.sql.map(({ sql }) => sql).join(";\n")).toBe("");
    }
    expect(last.rows).toEqual(first.rows);
  }
}

function minus(left: readonly string[], right: readonly string[]): string[] {
  const rest = new Map<string, number>();
  for (const line of right) rest.set(line, (rest.get(line) ?? 0) + 1);
  return left.filter((line) => {
    const count = rest.get(line) ?? 0;
    rest.set(line, count - 1);
    return count === 0 || count < 0;
  });
}
