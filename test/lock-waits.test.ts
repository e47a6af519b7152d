// What others wait for while a migration that keeps rows waits for locks itself: no longer than its
// lock timeout, whatever it locks and whoever is in its way.

import { expect, test } from "vitest";
import { connect } from "../src/dialects/postgres/session.ts";
import { createBelay, type RunEvent } from "../src/index.ts";
import { createProject } from "./support/project.ts";
import { createDatabase, forEachServer, majorOf } from "./support/servers.ts";

forEachServer("waiting for locks", (server) => {
  const write = "UPDATE t SET a = 1 WHERE id = 2";
  const held = "UPDATE t SET a = 1 WHERE id = 1";
  const read = "SELECT count(*) FROM t";
  const trigger = `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER z BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();`;

  test.each([
    [
      "an UPDATE, a writer in its way, writers",
      "UPDATE t SET a = a + 1 WHERE id > 500",
      "",
      held,
      write,
    ],
    [
      "an UPDATE with triggers, a writer in its way, writers",
      "UPDATE t SET a = a + 1 WHERE id > 500",
      trigger,
      held,
      write,
    ],
    [
      "an UPDATE with triggers, a reader in its way, readers",
      "UPDATE t SET a = a + 1 WHERE id > 500",
      trigger,
      read,
      read,
    ],
    [
      "a DELETE with triggers, a reader in its way, readers",
      "DELETE FROM t WHERE id > 500",
      trigger,
      read,
      read,
    ],
    ["an INSERT, a writer in its way, writers", "INSERT INTO t VALUES (0, 0)", "", held, write],
    [
      "a DO block, a reader in its way, readers",
      "DO $$ BEGIN UPDATE t SET a = 7; END $$",
      "",
      read,
      read,
    ],
    [
      "an UPDATE, a row locked, its rows",
      "UPDATE t SET a = a + 1",
      "",
      "SELECT FROM t WHERE id = 1000 FOR UPDATE",
      "SELECT FROM t WHERE id = 1 FOR UPDATE",
    ],
  ])("%s", async (_, up, also, inTheWay, others) => {
    const database = await createDatabase(server);
    const open = () => connect({ url: database.url, applicationName: "waits" });
    const [holder, other] = [await open(), await open()];
    try {
      await holder.run(`CREATE TABLE t (id int PRIMARY KEY, a int);
        INSERT INTO t SELECT i, i FROM generate_series(1, 1000) AS i; ${also}`);
      await using project = await createProject({ "1_x.up.sql": `${up};` });
      const belay = createBelay({
        ...{ databaseUrl: database.url, dir: `${project.dir}/migrations`, projectDir: project.dir },
        limits: { lockTimeoutMs: 200, lockBudgetMs: 60_000 },
      });
      const before = await holder.query("SELECT * FROM t ORDER BY id");
      await holder.run(`BEGIN; ${inTheWay}`);
      const planned = (await belay.plan()).migrations.flatMap(({ steps }) => steps);
      const isReturned = also === "" && (majorOf(server) >= 18 || !up.startsWith("UPDATE"));
      const mode = isReturned ? "SHARE ROW EXCLUSIVE" : "ACCESS EXCLUSIVE";
      expect(planned.map(({ lock }) => lock)).toEqual([up.startsWith("DO") ? null : mode]);
      const running = belay.up({});
      const waits: number[] = [];
      const started = performance.now();
      while (performance.now() - started < 3_000) {
        const from = performance.now();
        await other.query(others);
        waits.push(performance.now() - from);
        await new Promise((done) => setTimeout(done, 10));
      }
      await holder.run("ROLLBACK");
      const { applied, error } = await running;
      expect(error).toBeUndefined();
      expect(applied.map(({ verdict }) => verdict)).toEqual(["exact"]);
      // It tried more than once; nobody waited for as long as the holder held.
      expect(Math.max(...waits)).toBeLessThan(1_500);
      expect((await belay.down({})).error).toBeUndefined();
      if (others !== write)
        expect(await holder.query("SELECT * FROM t ORDER BY id")).toEqual(before);
    } finally {
      await holder.close();
      await other.close();
      await database.drop();
    }
  });

  const alone = ["DELETE FROM t", "INSERT INTO t VALUES (3, 3)"];
  if (majorOf(server) >= 18) alone.push("UPDATE t SET a = a + 1");
  test.each(alone)("%s waits for no reader", async (up) => {
    const database = await createDatabase(server);
    const reader = await connect({ url: database.url, applicationName: "waits" });
    try {
      await reader.run(
        `CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 1), (2, 2)`,
      );
      await reader.run("BEGIN; SELECT * FROM t");
      await using project = await createProject({ "1_x.up.sql": `${up};` });
      const dir = `${project.dir}/migrations`;
      const belay = createBelay({ databaseUrl: database.url, dir, projectDir: project.dir });
      expect((await belay.up({})).applied.map(({ verdict }) => verdict)).toEqual(["exact"]);
      expect((await belay.down({})).error).toBeUndefined();
      expect(await reader.query("SELECT a FROM t ORDER BY id")).toEqual([{ a: 1 }, { a: 2 }]);
    } finally {
      await reader.close();
      await database.drop();
    }
  });

  test.each([
    ["a column", "t", "ALTER TABLE t ADD COLUMN b int", "t"],
    ["rows", "t", "UPDATE t SET a = a + 1", "t"],
    ["a qualified name", `"s é"."T"`, `ALTER TABLE "s é"."T" DROP COLUMN a`, `"s é"."T"`],
    ["a path", `"s é"."T"`, `SET search_path = "s é"; ALTER TABLE "T" ADD b int`, `"s é"."T"`],
    ["a path by the role", `"U"`, `SET search_path = "$user"; ALTER TABLE "U" ADD b int`, `"U"`],
    ["a partition", "p", "ALTER TABLE p ADD COLUMN b int", "p1"],
    ["a child", "m", "ALTER TABLE m ADD COLUMN b int", "c"],
  ])("vacuum is in nobody's way: %s", async (_, table, up, vacuumed) => {
    const database = await createDatabase(server);
    const open = () => connect({ url: database.url, applicationName: "waits" });
    const [vacuum, writer] = [await open(), await open()];
    try {
      await vacuum.run(`CREATE SCHEMA "s é"; CREATE TABLE t (id int PRIMARY KEY, a int);
        CREATE TABLE "s é"."T" (LIKE t INCLUDING ALL);
        CREATE TABLE p (LIKE t INCLUDING ALL) PARTITION BY RANGE (id);
        CREATE TABLE p1 PARTITION OF p DEFAULT;
        CREATE TABLE m (LIKE t INCLUDING ALL); CREATE TABLE c () INHERITS (m);
        CREATE SCHEMA AUTHORIZATION CURRENT_USER CREATE TABLE "U" (LIKE public.t INCLUDING ALL);
        INSERT INTO ${table} VALUES (1, 1), (2, 2)`);
      await using project = await createProject({ "1_x.up.sql": `${up};` });
      const dir = `${project.dir}/migrations`;
      const events: RunEvent[] = [];
      const belay = createBelay({
        ...{ databaseUrl: database.url, dir, projectDir: project.dir },
        limits: { lockTimeoutMs: 100, lockBudgetMs: 60_000 },
        report: (event) => void events.push(event),
      });
      for (const work of [() => belay.up({}), () => belay.down({})]) {
        events.length = 0;
        // The lock that VACUUM and ANALYZE hold; an autovacuum is ended by the server instead.
        await vacuum.run(`BEGIN; LOCK TABLE ONLY ${vacuumed} IN SHARE UPDATE EXCLUSIVE MODE`);
        const working = work();
        for (let writes = 0; writes < 40; writes += 1) {
          await writer.query(`UPDATE ${table} SET id = id WHERE id = 2`);
          await new Promise((done) => setTimeout(done, 20));
        }
        expect(events).toContainEqual(expect.objectContaining({ kind: "waiting" }));
        await vacuum.run("ROLLBACK");
        expect((await working).error).toBeUndefined();
        // No request of ours that anybody could have stood behind came to its timeout.
        expect(events.filter(({ kind }) => kind === "retry")).toEqual([]);
      }
    } finally {
      await vacuum.close();
      await writer.close();
      await database.drop();
    }
  });

  test("who waits for vacuum holds nothing, and nothing else is waited for", async () => {
    const database = await createDatabase(server);
    const open = () => connect({ url: database.url, applicationName: "waits" });
    const [vacuum, truncate, reader] = [await open(), await open(), await open()];
    try {
      await vacuum.run(`CREATE TABLE p (id int, a int) PARTITION BY LIST (id); CREATE TABLE u (a int);
        CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);
        CREATE TABLE t (a int); CREATE SCHEMA other; CREATE TABLE other.t (a int)`);
      await using project = await createProject({
        "1_x.up.sql": "ALTER TABLE t ADD COLUMN b int;",
        "2_x.up.sql": "ALTER TABLE t ADD COLUMN c int; ALTER TABLE p ADD COLUMN b int;",
      });
      const dir = `${project.dir}/migrations`;
      const events: RunEvent[] = [];
      const belay = createBelay({
        ...{ databaseUrl: database.url, dir, projectDir: project.dir },
        limits: { lockTimeoutMs: 100, lockBudgetMs: 60_000 },
        report: (event) => void events.push(event),
      });
      await vacuum.run("BEGIN; LOCK u; LOCK TABLE other.t IN SHARE UPDATE EXCLUSIVE MODE");
      expect((await belay.up({ to: "1" })).applied).toHaveLength(1);
      await vacuum.run("ROLLBACK; BEGIN; LOCK TABLE p1 IN SHARE UPDATE EXCLUSIVE MODE");
      const working = belay.up({});
      while (!events.some(({ kind }) => kind === "waiting")) {
        await new Promise((done) => setTimeout(done, 20));
      }
      await truncate.run("TRUNCATE p2, t");
      expect(await reader.query("SELECT * FROM p2, t")).toEqual([]);
      await vacuum.run("ROLLBACK");
      expect((await working).applied).toHaveLength(1);
      expect(events.filter(({ kind }) => kind === "retry")).toEqual([]);
    } finally {
      for (const session of [vacuum, truncate, reader]) await session.close();
      await database.drop();
    }
  });
});
