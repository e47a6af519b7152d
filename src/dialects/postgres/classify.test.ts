import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { strongest } from "../../core/plan.ts";
import { classify } from "./classify.ts";
import { kinds } from "./kinds/all.generated.ts";
import { parseStatement } from "./parse.ts";

const of = async (sql: string) => classify(await parseStatement(sql));

/** Lock on the own table, `s` when it scans, `w` when it rewrites: reversal-mechanisms.md 6.2, 6.3. */
const table: [sql: string, lock: string | null, work: string][] = [
  ["ALTER TABLE t ADD c int", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t ADD c int NOT NULL DEFAULT 1", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t ADD c timestamptz DEFAULT now()", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t ADD c timestamptz DEFAULT CURRENT_TIMESTAMP", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t ADD c float8 DEFAULT random()", "ACCESS EXCLUSIVE", "w"],
  ["ALTER TABLE t ADD c uuid DEFAULT gen_random_uuid()", "ACCESS EXCLUSIVE", "w"],
  ["ALTER TABLE t ADD c bigserial", "ACCESS EXCLUSIVE", "w"],
  ["ALTER TABLE t ADD c int GENERATED ALWAYS AS IDENTITY", "ACCESS EXCLUSIVE", "w"],
  ["ALTER TABLE t ADD c int GENERATED ALWAYS AS (a + 1) STORED", "ACCESS EXCLUSIVE", "w"],
  ["ALTER TABLE t ADD c int GENERATED ALWAYS AS (a + 1) VIRTUAL", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t ADD c int CHECK (c > 0)", "ACCESS EXCLUSIVE", "s"],
  ["ALTER TABLE t ADD c int REFERENCES p", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t DROP c", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t RENAME c TO d", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t RENAME TO u", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t SET SCHEMA s", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t OWNER TO r", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t ALTER c SET DEFAULT 1", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t ALTER c DROP NOT NULL", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t ALTER c SET NOT NULL", "ACCESS EXCLUSIVE", "s"],
  ["ALTER TABLE t ADD CONSTRAINT k NOT NULL c NOT VALID", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t ALTER c TYPE bigint", "ACCESS EXCLUSIVE", "sw"],
  ["ALTER TABLE t ADD CHECK (c > 0)", "ACCESS EXCLUSIVE", "s"],
  ["ALTER TABLE t ADD CHECK (c > 0) NOT VALID", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t VALIDATE CONSTRAINT k", "SHARE UPDATE EXCLUSIVE", "s"],
  ["ALTER TABLE t ADD FOREIGN KEY (c) REFERENCES p", "SHARE ROW EXCLUSIVE", "s"],
  ["ALTER TABLE t ADD FOREIGN KEY (c) REFERENCES p NOT VALID", "SHARE ROW EXCLUSIVE", ""],
  ["ALTER TABLE t DROP CONSTRAINT k", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t ADD UNIQUE (c)", "ACCESS EXCLUSIVE", "s"],
  ["ALTER TABLE t ADD UNIQUE USING INDEX i", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t ADD PRIMARY KEY USING INDEX i", "ACCESS EXCLUSIVE", "s"],
  ["ALTER TABLE t ADD EXCLUDE USING gist (c WITH &&)", "ACCESS EXCLUSIVE", "s"],
  ["CREATE INDEX i ON t (c)", "SHARE", "s"],
  ["CREATE INDEX CONCURRENTLY i ON t (c)", "SHARE UPDATE EXCLUSIVE", "s"],
  ["DROP INDEX i", "ACCESS EXCLUSIVE", ""],
  ["DROP INDEX CONCURRENTLY i", "SHARE UPDATE EXCLUSIVE", ""],
  ["ALTER TABLE t DISABLE TRIGGER g", "SHARE ROW EXCLUSIVE", ""],
  ["ALTER TABLE t ALTER c SET STATISTICS 5", "SHARE UPDATE EXCLUSIVE", ""],
  ["ALTER TABLE t SET (fillfactor = 50)", "SHARE UPDATE EXCLUSIVE", ""],
  ["ALTER TABLE t ALTER c SET STORAGE MAIN", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t ALTER c SET COMPRESSION lz4", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t REPLICA IDENTITY FULL", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t ENABLE ROW LEVEL SECURITY", "ACCESS EXCLUSIVE", ""],
  ["ALTER TABLE t SET UNLOGGED", "ACCESS EXCLUSIVE", "sw"],
  ["ALTER TABLE t SET TABLESPACE x", "ACCESS EXCLUSIVE", "sw"],
  ["ALTER TABLE t SET ACCESS METHOD x", "ACCESS EXCLUSIVE", "sw"],
  ["ALTER TABLE t DETACH PARTITION p", "ACCESS EXCLUSIVE", ""],
  ["TRUNCATE t", "ACCESS EXCLUSIVE", ""],
  ["UPDATE t SET a = 1", "ROW EXCLUSIVE", ""],
  ["LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE", "SHARE ROW EXCLUSIVE", ""],
  ["ALTER TABLE t ADD FOREIGN KEY (c) REFERENCES p, ADD c int", "ACCESS EXCLUSIVE", "s"],
  ["SELECT 1", null, ""],
];

test.each(table)("%s takes %s%s", async (sql, lock, work) => {
  const { locks, scans, rewrites } = await of(sql);
  expect(strongest(locks.filter((each) => each.table !== "p"))).toBe(lock);
  expect(`${scans ? "s" : ""}${rewrites ? "w" : ""}`).toBe(work);
});

test("tables that a statement only refers to are locked too", async () => {
  expect((await of('ALTER TABLE s.t ADD FOREIGN KEY (c) REFERENCES "P p"')).locks).toEqual([
    { table: "s.t", mode: "SHARE ROW EXCLUSIVE" },
    { table: '"P p"', mode: "SHARE ROW EXCLUSIVE" },
  ]);
  expect((await of("ALTER TABLE m ATTACH PARTITION p DEFAULT")).locks).toEqual([
    { table: "m", mode: "SHARE UPDATE EXCLUSIVE" },
    { table: "p", mode: "ACCESS EXCLUSIVE" },
  ]);
});

describe("what the server refuses inside a transaction", () => {
  test.each([
    "VACUUM",
    "VACUUM FULL t",
    "CREATE INDEX CONCURRENTLY i ON t (a)",
    "DROP INDEX CONCURRENTLY i",
    "REINDEX INDEX CONCURRENTLY i",
    "REINDEX (CONCURRENTLY true) TABLE t",
    "REINDEX DATABASE d",
    "REINDEX SCHEMA s",
    "CLUSTER",
    "ALTER TABLE m DETACH PARTITION p CONCURRENTLY",
    "DISCARD ALL",
  ])("%s", async (sql) => {
    expect((await of(sql)).transactional).toBe(false);
  });

  test.each([
    "TRUNCATE t",
    "CLUSTER t USING i",
    "REINDEX TABLE t",
    "ANALYZE",
    "DISCARD TEMP",
    "REINDEX (CONCURRENTLY off) TABLE t",
  ])("not %s", async (sql) => {
    expect((await of(sql)).transactional).toBe(true);
  });

  test("each can be asked whether it has happened, or run twice", async () => {
    for (const sql of ["CREATE INDEX CONCURRENTLY i ON t (a)", "DROP INDEX CONCURRENTLY i"]) {
      expect((await of(sql)).probe, sql).toBeDefined();
    }
  });
});

test("settings of the session are marked", async () => {
  expect((await of("SET search_path TO a")).session).toBe(true);
  expect((await of("SELECT set_config('search_path', '', false)")).session).toBe(true);
  expect((await of("SET LOCAL search_path TO a")).session).toBeUndefined();
  expect((await of("SELECT 1")).session).toBeUndefined();
});

test("what only shows when it runs is observed", async () => {
  for (const sql of [
    "DO 'begin end'",
    "CALL f()",
    "SELECT f()",
    "SELECT nextval('s')",
    "EXECUTE q",
  ]) {
    expect(await of(sql), sql).toMatchObject({ observe: true, undo: { kind: "irreversible" } });
  }
  for (const sql of ["SELECT now()", "SELECT pg_catalog.set_config('a.b', 'c', true)"]) {
    expect((await of(sql)).observe, sql).toBeUndefined();
  }
});

test("every kind takes its own name from its file, and no two the same", () => {
  const names = kinds.map(({ kind }) => kind);
  expect(new Set(names).size).toBe(names.length);
  const list = readFileSync(new URL("./kinds/all.generated.ts", import.meta.url), "utf8");
  for (const name of names) expect(list).toContain(`"./${name}.ts"`);
});

test("1,000 tiny migrations in well under a second", async () => {
  await of("SELECT 1");
  // Of this process: other work on the machine does not count.
  const begin = process.cpuUsage();
  for (let number = 0; number < 1000; number++) {
    await of(`ALTER TABLE t${number} ADD COLUMN c${number} int NOT NULL DEFAULT 1`);
  }
  const { user, system } = process.cpuUsage(begin);
  expect((user + system) / 1000).toBeLessThan(1000);
});
