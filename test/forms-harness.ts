// Owns: the proof of a safe form on real servers. For each case: the plan takes the form, or says why
// not; what it leads to is what the run as written leads to, and down leads back. Where asked,
// `prove` rehearses it too, with rows, writers and crashes.

import pg from "pg";
import { expect, test } from "vitest";
import type { PlanStatement } from "../src/app/plan.ts";
import { type Catalog, describeDifference, differences } from "../src/core/catalog.ts";
import type { Verdict } from "../src/core/plan.ts";
import { createBelay } from "../src/index.ts";
import { catalogOf } from "./support/catalog.ts";
import { createProject } from "./support/project.ts";
import {
  createDatabase,
  forEachServer,
  majorOf,
  servers,
  type TestServer,
} from "./support/servers.ts";

export interface FormCase {
  /** What is there already. */
  before: string;
  /** The migration. */
  sql: string;
  /** Names of the forms in it, one for each statement that is a part of one; none: as written. */
  forms: string[];
  /** The texts that run, where they matter. */
  runs?: (string | RegExp)[];
  /** What the plan says of those that block. */
  blocks?: RegExp;
  /** Also with a death at each of so many crash points. */
  deaths?: number;
  /** Default: exact. */
  verdict?: Verdict;
  /** The columns stand in another order than the written statement leaves them in. */
  reorders?: boolean;
  since?: number;
}

export function proveForm(form: string, cases: readonly FormCase[]): void {
  forEachServer(form, (server) => {
    for (const each of cases) {
      if (majorOf(server) < (each.since ?? 0)) continue;
      test(each.sql.replace(/\s+/g, " ").slice(0, 120), () => prove(server, each));
    }
  });
}

async function prove(server: TestServer, each: FormCase): Promise<void> {
  await using db = await createDatabase(server);
  await using other = await createDatabase(server);
  await using project = await createProject({ "1_a.up.sql": each.before, "2_b.up.sql": each.sql });
  const settings = { projectDir: project.dir, onlineAboveBytes: 0 };
  const belay = createBelay({ ...settings, databaseUrl: db.url });
  expect((await belay.up({ to: "1" })).error).toBeUndefined();
  const before = await catalogOf(db.url);
  await expectPlan(belay, each);
  const asWritten = createBelay({ ...settings, databaseUrl: other.url, verbatim: true });
  expect((await asWritten.up()).error).toBeUndefined();
  const wanted = await catalogOf(other.url);
  const { error, verified, applied } = await belay.up();
  expect(error?.toJSON()).toBeUndefined();
  expect({ verified, verdict: applied[0]?.verdict }).toEqual({
    ...{ verified: true, verdict: each.verdict ?? "exact" },
  });
  const unlike = different(wanted, await catalogOf(db.url));
  expect(unlike).toEqual(each.reorders ? [expect.stringContaining(": column order was")] : []);
  const back = await belay.down({ using: "planned" });
  expect(back).toMatchObject({ verified: true, undone: [{ version: "2" }] });
  expect(different(before, await catalogOf(db.url))).toEqual([]);
  // A death is the same on every server, and takes seconds.
  if (each.deaths === undefined || server !== servers[0]) return;
  const { migrations } = await belay.prove({
    ...{ versions: ["2"], using: "planned", scratchUrl: server.url, write: false },
    ...{ parallel: 1, crashBudget: each.deaths },
  });
  expect(migrations[0], JSON.stringify(migrations[0])).toMatchObject({
    ...{ verdict: "exact", residual: [], crash: { failures: 0, details: [] } },
  });
}

function different(one: Catalog, other: Catalog): string[] {
  return differences(one, other, "name").map(describeDifference);
}

async function expectPlan(belay: ReturnType<typeof createBelay>, each: FormCase): Promise<void> {
  const statements = await planned(belay);
  expect(statements.flatMap(({ form }) => form?.name ?? [])).toEqual(each.forms);
  for (const [index, text] of (each.runs ?? []).entries()) {
    expect(statements[index]?.runs.join("; ")).toMatch(text);
  }
  const blocks = statements.flatMap((statement) => statement.blocks ?? []).join("; ");
  if (each.blocks) expect(blocks).toMatch(each.blocks);
  else expect(blocks).toBe("");
}

async function planned(belay: ReturnType<typeof createBelay>): Promise<PlanStatement[]> {
  const { migrations } = await belay.plan();
  return migrations.flatMap(({ steps }) => steps.flatMap((step) => step.statements));
}

/** Of somebody who writes all the while and does not wait long for a lock. */
interface Writing {
  written: number;
  /** The server's words, for each write that a lock kept from being done. */
  failures: string[];
}

/** Runs `work` beside a writer. */
export async function beside(
  url: string,
  write: string,
  work: () => Promise<unknown>,
  patience = "300ms",
): Promise<Writing> {
  const client = new pg.Client({ connectionString: url, application_name: "application" });
  await client.connect();
  await client.query(`SET lock_timeout = '${patience}'`);
  const writing: Writing = { written: 0, failures: [] };
  let isOver = false;
  const writer = (async () => {
    while (!isOver) {
      await client.query(write).then(
        () => {
          writing.written += 1;
        },
        (error: Error) => void writing.failures.push(error.message),
      );
    }
  })();
  try {
    await work();
  } finally {
    isOver = true;
    await writer;
    await client.end();
  }
  return writing;
}

/** In its safe form the statement keeps no writer of `t` waiting, and as written it does. */
export async function expectNobodyWaits(
  server: TestServer,
  before: string,
  statement: string,
): Promise<void> {
  const seen: Writing[] = [];
  for (const verbatim of [false, true]) {
    await using db = await createDatabase(server);
    await using project = await createProject({ "1_a.up.sql": before, "2_b.up.sql": statement });
    const settings = { databaseUrl: db.url, projectDir: project.dir, onlineAboveBytes: 0 };
    const belay = createBelay({ ...settings, verbatim });
    await belay.up({ to: "1" });
    const up = async () => expect((await belay.up()).error).toBeUndefined();
    seen.push(await beside(db.url, "UPDATE t SET n = n + 1 WHERE id = 7", up));
  }
  const [online, blocking] = seen;
  // One: a batch may take long for once on a machine that has much else to do.
  expect(online?.failures.slice(1)).toEqual([]);
  expect(blocking?.failures).toContain("canceling statement due to lock timeout");
}
