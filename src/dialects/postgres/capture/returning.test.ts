// Statements that return their images themselves: which do, and that they keep what the triggers keep.

import { expect, test } from "vitest";
import { bareOf, between, id, leftovers, openBench } from "../../../../test/capture-harness.ts";
import { lookupOf, role } from "../../../../test/kinds-harness.ts";
import { createDatabase, forEachServer, majorOf } from "../../../../test/support/servers.ts";
import { recall } from "../classify.ts";
import { parseStatement } from "../parse.ts";
import { connect } from "../session.ts";
import { captureRows } from "./capture.ts";
import { inShelf } from "./shelf.ts";

forEachServer("statements that return their images", (server) => {
  const returns = majorOf(server) >= 18;
  const table =
    "CREATE TABLE t (id int PRIMARY KEY, a int, b text); INSERT INTO t VALUES (1, 1, 'x'), (2, 2, NULL);";
  const writer = `CREATE FUNCTION bump(n int) RETURNS int LANGUAGE plpgsql AS
    'BEGIN UPDATE t SET a = a + 100 WHERE id = 2 AND n = 1; RETURN n; END';`;

  /** What runs in place of the statement, as kinds decide it. */
  async function insteadOf(before: string, statement: string): Promise<boolean> {
    const database = await createDatabase(server);
    const session = await connect({ url: database.url, applicationName: "returning" });
    try {
      await session.run(before);
      const lookup = { ...lookupOf(session), shelf: () => id };
      const { undo } = await recall(await parseStatement(statement), lookup);
      expect(undo.kind).toBe("captured");
      return "kept" in undo && undo.kept?.instead !== undefined;
    } finally {
      await session.close();
      await database.drop();
    }
  }

  test.each([
    ["UPDATE t SET a = 1", ""],
    ["UPDATE t AS old SET a = new.a FROM t AS new WHERE new.id = old.id + 1", ""],
    ["WITH x AS (SELECT 1 AS one) UPDATE t SET a = one FROM x", ""],
    ["UPDATE t SET b = now()::text || gen_random_uuid()::text", ""],
    [
      "UPDATE t SET a = 1",
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    ],
    ["UPDATE t SET a = 1", "CREATE TABLE c (t int REFERENCES t)"],
    ["UPDATE t SET a = 1", "CREATE EXTENSION pg_trgm"],
    ["DELETE FROM t", ""],
    ["DELETE FROM t AS x USING t AS y WHERE x.a > y.id", ""],
    [
      "DELETE FROM public.t USING s.t WHERE public.t.id = s.t.id",
      "CREATE SCHEMA s; CREATE TABLE s.t (id int)",
    ],
    ["INSERT INTO t VALUES (3)", ""],
    ["INSERT INTO t SELECT a + 9 FROM t ON CONFLICT DO NOTHING", ""],
  ])("does: %s %s", async (statement, also) => {
    const does = returns || !statement.includes("UPDATE");
    expect(await insteadOf(`${table}${also}`, statement)).toBe(does);
  });

  test.each([
    ["what returns rows already", "UPDATE t SET a = 1 RETURNING a", ""],
    ["two writes", "WITH g AS (DELETE FROM t WHERE id = 1) UPDATE t SET a = 1 WHERE id = 2", ""],
    ["a write within a query", "WITH g AS (DELETE FROM t WHERE id = 1) SELECT 1", ""],
    [
      "what inserts or updates",
      "INSERT INTO t VALUES (1) ON CONFLICT (id) DO UPDATE SET a = 7",
      "",
    ],
    [
      "a function where the server has its own",
      "UPDATE t SET a = bump(a)",
      writer.replace("bump", "pg_catalog.bump"),
    ],
    [
      "what is written as text as settings are",
      "DELETE FROM t",
      "CREATE TYPE pair AS (l regclass); ALTER TABLE t ADD p pair",
    ],
    ["a server that counts nothing", "DELETE FROM t", "SET track_counts = off"],
    [
      "a child that cascades",
      "DELETE FROM t",
      "CREATE TABLE c (t int REFERENCES t ON DELETE SET NULL)",
    ],
    [
      "a trigger",
      "UPDATE t SET a = 1",
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER z BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
    ],
    ["a function that might write", "UPDATE t SET a = bump(a)", writer],
    [
      "rows that cascade",
      "UPDATE t SET id = id",
      "CREATE TABLE c (t int REFERENCES t ON UPDATE CASCADE)",
    ],
    [
      "its own rows that cascade",
      "UPDATE t SET id = id",
      "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES t ON UPDATE CASCADE",
    ],
    ["row-level security", "UPDATE t SET a = 1", "ALTER TABLE t ENABLE ROW LEVEL SECURITY"],
    ["an inheriting table", "UPDATE t SET a = 1", "CREATE TABLE k (PRIMARY KEY (id)) INHERITS (t)"],
    [
      "partitions",
      "UPDATE p SET a = 1",
      "CREATE TABLE p (id int PRIMARY KEY, a int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p DEFAULT",
    ],
    [
      "a partition",
      "UPDATE p1 SET a = 1",
      "CREATE TABLE p (id int PRIMARY KEY, a int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p DEFAULT",
    ],
    [
      "a role that may write one column",
      "UPDATE t SET a = 1",
      `${role("writes_a")}ALTER TABLE t OWNER TO writes_a; SET ROLE writes_a; REVOKE UPDATE ON t FROM writes_a; GRANT UPDATE (a) ON t TO writes_a`,
    ],
    ["no key", "UPDATE u SET a = 1", "CREATE TABLE u (a int)"],
    [
      "a role that may not read",
      "UPDATE t SET a = 1",
      `${role("writes_only")}ALTER TABLE t OWNER TO writes_only; SET ROLE writes_only; REVOKE SELECT ON t FROM writes_only`,
    ],
  ])("does not: %s", async (_, statement, also) => {
    expect(await insteadOf(`${table}${also}`, statement)).toBe(false);
  });

  const odd = `CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE DOMAIN short AS text CHECK (length(VALUE) < 99); CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE TABLE "T ü""x" (k1 short, "k 2" numeric, n numeric, m mood, c text COLLATE ci, j json, jb jsonb,
      x xml, f float8, ts timestamptz, iv interval, bits bit varying(9), arr int[], "belay" text, "old" int, big text,
      d short, g int GENERATED ALWAYS AS ("old" * 2) STORED, i int GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (k1, "k 2"));
    INSERT INTO "T ü""x" SELECT 'k' || i % 3, i + 0.10, 1.50, 'sad', 'aB', '{"a": 1.0}', '{"a":1.0}', '<a/>', 0.1 + i,
      timestamptz '2024-02-29 12:00+00', '1 mon 40 days', B'101', ARRAY[i, NULL], 'b', i, repeat('long', 4000), NULL
      FROM generate_series(1, 9) AS i;
    INSERT INTO "T ü""x" (k1, "k 2") VALUES ('', 0), ('NULL', 'NaN');`;

  const statements = [
    `UPDATE "T ü""x" SET n = n * 1.0`,
    `UPDATE "T ü""x" SET n = n, m = m, j = j, big = big`,
    `UPDATE "T ü""x" SET m = NULL, c = 'Ab', j = '{"a":1.0}', jb = jb || '{"b": 2}', f = -f, ts = 'infinity', iv = '70 days', arr = '{}'`,
    `UPDATE "T ü""x" SET c = lower(c) -- to the end, with ' and "`,
    `UPDATE "T ü""x" SET k1 = 'm' || k1, "k 2" = "k 2" * 2 WHERE "old" > 3 /* a comment */`,
    `UPDATE "T ü""x" AS new SET big = upper(new.big), d = 'd', "belay" = NULL`,
    `UPDATE ONLY public."T ü""x" SET "old" = (SELECT max("old") FROM "T ü""x") WHERE k1 IN (SELECT k1 FROM "T ü""x" WHERE f > 2)`,
    `UPDATE "T ü""x" AS t SET ("old", f) = (SELECT count(*), sum(z.f) FROM "T ü""x" AS z WHERE z.k1 = t.k1)`,
    `UPDATE "T ü""x" SET n = 0 WHERE false`,
    `UPDATE "T ü""x" SET x = '<b/>', bits = DEFAULT FROM generate_series(1, 3) AS s WHERE s = length(k1)`,
    `DELETE FROM "T ü""x" -- all`,
    `DELETE FROM "T ü""x" AS "q""x" USING generate_series(1, 3) AS s WHERE s = length(k1)`,
    `WITH m AS (SELECT max("old") AS m FROM "T ü""x") DELETE FROM public."T ü""x" WHERE "old" = (SELECT m FROM m)`,
    `INSERT INTO "T ü""x" (k1, "k 2", ts, m, big) VALUES ('new', 1, 'infinity', 'ok', repeat('b', 9000))`,
    `INSERT INTO "T ü""x" AS o (k1, "k 2", "old") SELECT k1, "k 2" + 100, "old" FROM "T ü""x" ON CONFLICT DO NOTHING`,
  ];

  // Of rows that get other keys the triggers keep the cells that stay, too.
  const keepKeys = statements.filter((statement) => !statement.includes("SET k1"));
  test.each(keepKeys.filter((statement) => returns || !statement.startsWith("UPDATE")))(
    "keeps what the triggers keep: %s",
    async (statement) => {
      const kept: string[][] = [];
      const after: string[][] = [];
      for (const bare of [undefined, await bareOf(statement)]) {
        await using bench = await openBench(server, odd);
        const tables = await bench.tables(`"T ü""x"`);
        const { capture } = await captureRows(lookupOf(bench.migration), id, tables, { bare });
        expect(capture!.instead === undefined).toBe(bare === undefined);
        await bench.migration.run("BEGIN");
        for (const sql of [
          ...capture!.start,
          ...(capture!.instead ?? [statement]),
          ...capture!.stop,
        ]) {
          await bench.migration.run(sql);
        }
        kept.push(await bench.rows(inShelf(id, "rows", 1)));
        after.push(await bench.rows(`"T ü""x"`));
        await bench.migration.run("COMMIT");
      }
      expect(kept[1]).toEqual(kept[0]);
      expect(after[1]).toEqual(after[0]);
    },
  );

  test.each(statements)("goes back: %s", async (statement) => {
    await between(server, odd, statement, "", [`"T ü""x"`]);
  });

  test.skipIf(!returns)(
    "what it does not return it does not pass over in silence, from 18 on",
    async () => {
      await using bench = await openBench(server, `${table}${writer}`);
      const catalog = lookupOf(bench.migration);
      // A function in C would be taken for one that does not write.
      const blind = (sql: string) => sql.replace("p.provolatile = 'v'", "false");
      const rows: typeof catalog.rows = (sql, values) => catalog.rows(blind(sql), values);
      const bare = await bareOf("UPDATE t SET b = bump(1)::text WHERE id = 1");
      const tables = await bench.tables("t");
      const { capture } = await captureRows({ ...catalog, rows }, id, tables, { bare });
      await bench.migration.run("BEGIN");
      for (const sql of capture!.start) await bench.migration.run(blind(sql));
      await bench.migration.run(capture!.instead!.join());
      await expect(bench.migration.run(capture!.stop.join())).rejects.toThrow(
        /changes rows of public.t in another way/,
      );
      await bench.migration.run("ROLLBACK");
      expect(await bench.rows("t")).toEqual(["(1,1,x)", "(2,2,)"]);
      expect(await leftovers(bench.migration)).toEqual([]);
    },
  );

  test("a trigger that came while it waited for the lock is seen", async () => {
    await using bench = await openBench(server, table);
    const bare = await bareOf("DELETE FROM t WHERE id = 1");
    const { capture } = await captureRows(lookupOf(bench.migration), id, await bench.tables("t"), {
      bare,
    });
    await bench.application.run(`CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER z AFTER DELETE ON t FOR EACH ROW EXECUTE FUNCTION f()`);
    const error = await bench.migration.run(capture!.start.join(";")).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "40001" });
  });

  test("two tables of one name", async () => {
    const both = `${table} CREATE SCHEMA s; CREATE TABLE s.t (id int); INSERT INTO s.t VALUES (1)`;
    const statement = "DELETE FROM public.t USING s.t WHERE public.t.id = s.t.id";
    await between(server, both, statement, "", ["public.t"]);
  });

  test("a key that only its index has an order of", async () => {
    const point = `CREATE FUNCTION pc(a point, b point) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT sign(a[0] - b[0])::int';
      ${["<", "<=", "=", ">=", ">"]
        .map(
          (
            sign,
            at,
          ) => `CREATE FUNCTION p${at}(a point, b point) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT a[0] ${sign} b[0]';
      CREATE OPERATOR ${sign}# (LEFTARG = point, RIGHTARG = point, FUNCTION = p${at});`,
        )
        .join("")}
      CREATE OPERATOR CLASS pops FOR TYPE point USING btree AS OPERATOR 1 <#, OPERATOR 2 <=#, OPERATOR 3 =#, OPERATOR 4 >=#,
        OPERATOR 5 >#, FUNCTION 1 pc(point, point);
      CREATE TABLE t (id point NOT NULL, a int); CREATE UNIQUE INDEX ON t (id pops);
      INSERT INTO t SELECT point(i, i), i FROM generate_series(1, 9) AS i`;
    await between(server, point, "UPDATE t SET a = a + 1", "", ["t"]);
  });
});
