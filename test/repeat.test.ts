// Statements that run in batches until nothing is left: all rows, also those written meanwhile, once
// each; a crash in between; no lock kept for longer than a batch.

import { expect, test } from "vitest";
import { realEnvironment } from "../src/core/environment.ts";
import type { PlannedStatement } from "../src/core/plan.ts";
import { postgres } from "../src/dialects/postgres/dialect.ts";
import type { RunEvent } from "../src/engine/events.ts";
import { connectRun, defaultLimits, finishRun, startRun } from "../src/engine/run.ts";
import { runStep } from "../src/engine/step.ts";
import { createDatabase, forEachServer, type TestDatabase } from "./support/servers.ts";

const backfill: PlannedStatement = {
  ...{ sql: "UPDATE t SET b = a + 1 WHERE b IS NULL AND ctid >= $1 AND ctid < $2", line: 7 },
  ...{ changes: [{ kind: "update", object: "public.t" }], locks: [] },
  ...{ scans: false, rewrites: false, transactional: true },
  ...{ undo: { kind: "exact", sql: [] }, form: { name: "f", why: "w", written: "x" } },
  repeat: { sweeps: { table: "public.t", left: "SELECT FROM t WHERE b IS NULL" } },
};

/** Events of the run; `onBatch` is called behind each batch. */
async function carryOut(
  { url }: TestDatabase,
  statement: PlannedStatement,
  onBatch: (batches: number) => Promise<void> | void = () => {},
): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  let batches = 0;
  const environment = {
    ...realEnvironment,
    reached: async (point: string) => {
      if (point !== "batch-committed") return;
      batches += 1;
      await onBatch(batches);
    },
  };
  const options = {
    ...{ dialect: postgres, url, command: "up", programVersion: "0", environment },
    ...{ who: { user: "u", host: "h", pid: 1 }, limits: defaultLimits },
    report: (event: RunEvent) => void events.push(event),
  };
  const run = await startRun(options, await connectRun(options));
  try {
    run.catalog = await postgres.extract(run.session);
    await runStep(
      run,
      { id: "1", transactional: true, statements: [statement] },
      {
        version: "1",
        toEntry: (result) => ({ kind: "step-done", version: "1", body: { step: "1", ...result } }),
      },
    );
  } finally {
    await finishRun(run, { outcome: "done" });
  }
  return events;
}

const rows = 50_000;
const table = `CREATE TABLE t (a int PRIMARY KEY, b int) WITH (fillfactor = 90);
  INSERT INTO t SELECT i FROM generate_series(1, ${rows}) i`;

forEachServer("a repeated statement", (server) => {
  test("reaches every row, also those that move while it goes", async () => {
    await using db = await createDatabase(server);
    await db.query(table);
    const events = await carryOut(db, backfill, async (batches) => {
      // To pages behind the end that this sweep knows.
      if (batches < 3)
        await db.query(`UPDATE t SET a = a + ${rows} WHERE b IS NULL AND a % 100 = 1`);
    });
    const batches = events.flatMap((event) => (event.kind === "batch" ? [event] : []));
    expect(batches.length).toBeGreaterThan(3);
    expect(batches.at(-1)).toMatchObject({ line: 7, rows, share: 1 });
    expect(await db.query("SELECT count(*)::int FROM t WHERE b = a + 1")).toEqual([
      { count: rows },
    ]);
    const [record] = await db.query("SELECT body FROM belay.record WHERE kind = 'step-done'");
    expect(record).toMatchObject({ body: { undo: [{ line: 7, undo: { kind: "exact" } }] } });
  });

  test("reaches a row that moves to where the sweep has been, when nothing else is left", async () => {
    await using db = await createDatabase(server);
    await db.query(`CREATE TABLE t (a int PRIMARY KEY, b int);
      INSERT INTO t SELECT i, nullif(i, 40000) + 1 FROM generate_series(1, ${rows}) i;
      DELETE FROM t WHERE a <= 5000`);
    await db.query("VACUUM t");
    await db.disconnect(); // The session remembers where it has written last.
    await carryOut(db, backfill, async (batches) => {
      if (batches === 1) await db.query(`UPDATE t SET a = 0 WHERE b IS NULL`);
    });
    const [moved] = await db.query(
      "SELECT b, (ctid::text::point)[0] < 32 AS before FROM t WHERE a = 0",
    );
    expect(moved).toEqual({ b: 1, before: true });
  });

  const unless = (condition: string) =>
    `CREATE SEQUENCE tries; CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF ${condition} THEN RETURN NULL; END IF; RETURN NEW; END $$;
    CREATE TRIGGER keep BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION keep();`;

  test("takes what sweeps in vain have left in one statement", async () => {
    await using db = await createDatabase(server);
    await db.query(`CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1);
      ${unless("nextval('tries') < 11")}`);
    await carryOut(db, backfill);
    expect(await db.query("SELECT a, b, last_value::int FROM t, tries")).toEqual([
      { a: 1, b: 2, last_value: 11 },
    ]);
  });

  test.each(["NULL", "OLD"])(
    "says so where rows cannot be changed at all: RETURN %s",
    async (row) => {
      await using db = await createDatabase(server);
      const trigger = unless("true").replace("NULL", row);
      await db.query(`CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1); ${trigger}`);
      await expect(carryOut(db, backfill)).rejects.toThrow(/rows of public\.t cannot be filled/);
    },
  );

  test("begins again after a crash and passes over what is done", async () => {
    await using db = await createDatabase(server);
    await db.query(table);
    const crash = carryOut(db, backfill, (batches) => {
      if (batches === 2) throw new Error("crash");
    });
    await expect(crash).rejects.toThrow("crash");
    const [{ done } = { done: 0 }] = await db.query<{ done: number }>(
      "SELECT count(b)::int AS done FROM t",
    );
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(rows);
    const events = await carryOut(db, backfill);
    const last = events.findLast((event) => event.kind === "batch");
    expect(last).toMatchObject({ rows: rows - done });
  });

  test("without a sweep runs until it changes nothing", async () => {
    await using db = await createDatabase(server);
    await db.query(table);
    const sql = `DELETE FROM t WHERE a IN (SELECT a FROM t LIMIT 20000)`;
    const events = await carryOut(db, { ...backfill, sql, repeat: {} });
    const counts = events.flatMap((event) => (event.kind === "batch" ? [event.rows] : []));
    expect(counts).toEqual([20_000, 40_000, rows, rows]);
  });
});
