// Proofs of the kinds that change indexes.

import { expect, test } from "vitest";
import type { Session } from "../../src/dialects/dialect.ts";
import { classify } from "../../src/dialects/postgres/classify.ts";
import { postgres } from "../../src/dialects/postgres/dialect.ts";
import { parseStatement } from "../../src/dialects/postgres/parse.ts";
import { connect } from "../../src/dialects/postgres/session.ts";
import { proveKind } from "../kinds-harness.ts";
import { createDatabase, forEachServer } from "../support/servers.ts";

const t = "CREATE TABLE t (id int PRIMARY KEY, a int, b text); INSERT INTO t VALUES (1, 2, 'x'); ";
const parted =
  "CREATE TABLE m (id int, k int NOT NULL) PARTITION BY LIST (k); CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1); CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2) PARTITION BY LIST (k); CREATE TABLE m21 PARTITION OF m2 DEFAULT; ";

proveKind("create-index", [
  { sql: "CREATE INDEX i ON t (a)", before: t, undo: ['DROP INDEX "public"."i"'] },
  {
    sql: "CREATE UNIQUE INDEX ON t (a, lower(b)) WHERE a > 0",
    before: t,
    undo: ['DROP INDEX "public"."t_a_lower_idx"'],
  },
  {
    sql: "CREATE INDEX ON t (a)",
    before: `${t}CREATE INDEX ON t (a)`,
    undo: ['DROP INDEX "public"."t_a_idx1"'],
  },
  { sql: "CREATE INDEX IF NOT EXISTS i ON t (a)", before: `${t}CREATE INDEX i ON t (b)`, undo: [] },
  { sql: "CREATE INDEX IF NOT EXISTS i ON t (a)", before: t },
  {
    sql: "CREATE INDEX CONCURRENTLY i ON t (a)",
    before: t,
    undo: ['DROP INDEX CONCURRENTLY "public"."i"'],
  },
  {
    sql: "CREATE INDEX CONCURRENTLY ON t (a)",
    before: t,
    undo: ['DROP INDEX CONCURRENTLY "public"."t_a_idx"'],
  },
  {
    sql: "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)",
    before: `${t}CREATE INDEX i ON t (b)`,
    undo: [],
  },
  { sql: "CREATE INDEX ON m (id)", before: parted },
  { sql: "CREATE INDEX i ON ONLY m (id)", before: parted },
  { sql: "CREATE INDEX i ON m (id)", before: `${parted}CREATE INDEX mine ON m1 (id)` },
]);

proveKind("drop-index", [
  {
    sql: "DROP INDEX i",
    before: `${t}CREATE INDEX i ON t (a DESC NULLS LAST, b text_pattern_ops) INCLUDE (id) WITH (fillfactor = 60) WHERE a > 1; COMMENT ON INDEX i IS 'it''s'`,
  },
  {
    sql: "DROP INDEX i, j",
    before: `${t}CREATE INDEX i ON t USING hash (a); CREATE INDEX j ON t ((a + 1)); ALTER INDEX j ALTER COLUMN 1 SET STATISTICS 77`,
  },
  { sql: "DROP INDEX IF EXISTS nothing", before: t, undo: [] },
  {
    sql: "DROP INDEX i",
    before: `${t}CREATE UNIQUE INDEX i ON t (id); ALTER TABLE t CLUSTER ON i; ALTER TABLE t REPLICA IDENTITY USING INDEX i`,
  },
  {
    sql: "DROP INDEX CONCURRENTLY i",
    before: `${t}CREATE UNIQUE INDEX i ON t (a); COMMENT ON INDEX i IS 'i'`,
    undo: [
      "CREATE UNIQUE INDEX CONCURRENTLY i ON public.t USING btree (a)",
      "COMMENT ON INDEX public.i IS 'i'",
    ],
  },
  { sql: "DROP INDEX CONCURRENTLY IF EXISTS nothing", before: t, undo: [] },
  {
    sql: "DROP INDEX i CASCADE",
    before: `${t}CREATE UNIQUE INDEX i ON t (a); CREATE TABLE o (x int, CONSTRAINT k FOREIGN KEY (x) REFERENCES t (a))`,
  },
  {
    sql: "DROP INDEX i",
    before: `${parted}CREATE INDEX mine ON m1 (id); CREATE INDEX i ON m (id); COMMENT ON INDEX mine IS 'mine'`,
  },
  { sql: "DROP INDEX i", before: `${parted}CREATE INDEX i ON ONLY m (id)` },
]);

proveKind("rename-index", [
  { sql: "ALTER INDEX t_pkey RENAME TO pk", before: t },
  { sql: "ALTER INDEX IF EXISTS nothing RENAME TO pk", before: t, undo: [] },
]);

proveKind("reindex", [
  { sql: "REINDEX TABLE t", before: t, undo: [] },
  { sql: "REINDEX INDEX CONCURRENTLY t_pkey", before: t, undo: [] },
  { sql: "REINDEX (CONCURRENTLY) TABLE t", before: t, undo: [] },
  { sql: "REINDEX SCHEMA public", before: t, undo: [] },
]);

proveKind("cluster", [
  { sql: "CLUSTER t USING t_pkey", before: t },
  {
    sql: "CLUSTER t USING t_pkey",
    before: `${t}CREATE INDEX i ON t (a); ALTER TABLE t CLUSTER ON i`,
  },
  { sql: "CLUSTER t", before: `${t}ALTER TABLE t CLUSTER ON t_pkey`, undo: [] },
  { sql: "CLUSTER", before: t, undo: [] },
]);

proveKind("cluster-on", [
  { sql: "ALTER TABLE t CLUSTER ON t_pkey", before: t },
  { sql: "ALTER TABLE t SET WITHOUT CLUSTER", before: `${t}ALTER TABLE t CLUSTER ON t_pkey` },
]);

proveKind("vacuum", [
  { sql: "VACUUM t", before: t, undo: [] },
  { sql: "VACUUM (FULL, ANALYZE) t", before: t, undo: [] },
]);

proveKind("analyze", [{ sql: "ANALYZE t", before: t, undo: [] }]);

forEachServer("probes", (server) => {
  /** Runs `body` with a probe's answer as a function. */
  async function probed(
    sql: string,
    before: string,
    body: (at: {
      session: Session;
      answer(): Promise<unknown>;
      cleanUp(): Promise<unknown>;
    }) => Promise<void>,
  ): Promise<void> {
    await using database = await createDatabase(server);
    const session = await connect({ url: database.url, applicationName: "prove-kind" });
    try {
      await session.run(before);
      const { probe = { sql: "" } } = classify(await parseStatement(sql));
      const ask = () => postgres.probe(session, probe);
      await body({
        session,
        answer: async () => (await ask()).state,
        cleanUp: async () => session.run((await ask()).cleanup ?? ""),
      });
    } finally {
      await session.close();
    }
  }

  for (const name of ["i", '"i "" \'2"', ""]) {
    const create = `CREATE UNIQUE INDEX CONCURRENTLY ${name} ON t (a)`;
    test(`${create}: absent, half, done`, async () => {
      await probed(
        create,
        `${t}INSERT INTO t VALUES (2, 2, 'y'); CREATE SCHEMA s; CREATE TABLE s.u (a int);
          SET search_path = s, public; ${name === "" ? "" : `CREATE INDEX ${name} ON s.u (a)`}`,
        async ({ session, answer, cleanUp }) => {
          expect(await answer()).toBe("not-done");
          await expect(session.run(create)).rejects.toThrow(/could not create unique index/);
          expect(await answer()).toBe("half");
          // Without a name nobody can say which index it is.
          if (name === "") return;
          await cleanUp();
          expect(await answer()).toBe("not-done");
          await session.run("DELETE FROM t WHERE id = 2");
          await session.run(create);
          expect(await answer()).toBe("done");
        },
      );
    });
  }

  test("DROP INDEX CONCURRENTLY: there, gone", async () => {
    await probed(
      "DROP INDEX CONCURRENTLY i",
      `${t}CREATE INDEX i ON t (a)`,
      async ({ session, answer }) => {
        expect(await answer()).toBe("not-done");
        await session.run("DROP INDEX CONCURRENTLY i");
        expect(await answer()).toBe("done");
      },
    );
  });

  test("DETACH PARTITION CONCURRENTLY: attached, detached", async () => {
    const detach = "ALTER TABLE m DETACH PARTITION m1 CONCURRENTLY";
    await probed(detach, parted, async ({ session, answer }) => {
      expect(await answer()).toBe("not-done");
      await session.run(detach);
      expect(await answer()).toBe("done");
    });
  });
});
