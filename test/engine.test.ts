// One run at a time, fenced; locks that never make the application wait longer than the timeout;
// failures that leave nothing behind.

import pg from "pg";
import { describe, expect, test } from "vitest";
import { differences } from "../src/core/catalog.ts";
import { createBelay, type RunEvent } from "../src/index.ts";
import { runBelay, startBelay } from "./support/belay.ts";
import { catalogOf } from "./support/catalog.ts";
import { createProject } from "./support/project.ts";
import { createProxy } from "./support/proxy.ts";
import { createDatabase, forEachServer, type TestDatabase } from "./support/servers.ts";

async function until(condition: () => Promise<boolean> | boolean, what: string) {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A session of somebody else that holds a lock until released. */
async function holdLock(db: TestDatabase, sql: string) {
  const client = new pg.Client({ connectionString: db.url, application_name: "holder" });
  client.on("error", () => {});
  await client.connect();
  await client.query(`BEGIN; ${sql}`);
  return async () => {
    await client.query("COMMIT");
    await client.end();
  };
}

forEachServer("engine", (server) => {
  describe("lease", () => {
    test("of two runs started together one works and the other exits 4, naming it", async () => {
      await using db = await createDatabase(server);
      await using project = await createProject({
        "1_slow.up.sql": "CREATE TABLE t (a int); SELECT pg_sleep(2);",
      });
      const args = ["up", "--database-url", db.url, "--json"];
      const both = await Promise.all([
        runBelay(args, { cwd: project.dir }),
        runBelay(args, { cwd: project.dir }),
      ]);
      expect(both.map(({ status }) => status).sort()).toEqual([0, 4]);
      const refused = JSON.parse(both.find(({ status }) => status === 4)?.stdout ?? "");
      expect(refused.error.code).toBe("BELAY_LEASE_HELD");
      expect(refused.error.message).toMatch(/belay up/);
      const records = await db.query("SELECT FROM belay.record WHERE kind = 'migration-finished'");
      expect(records).toHaveLength(1);
    });

    test("a run cut off from the network is fenced: what it wakes up to write is refused", async () => {
      await using db = await createDatabase(server);
      await using proxy = await createProxy(db.url);
      await using project = await createProject({
        "1_slow.up.sql": "CREATE TABLE t (a int); SELECT pg_sleep(1.5);",
        "2_next.up.sql": "CREATE TABLE u (a int);",
      });
      let cutOff = false;
      const events: RunEvent[] = [];
      const first = createBelay({
        ...{ databaseUrl: proxy.url, projectDir: project.dir, leaseTermMs: 1_000 },
        report: (event) => {
          events.push(event);
          if (event.kind === "statement" && event.sql.includes("pg_sleep") && !cutOff) {
            cutOff = true;
            proxy.cut();
          }
        },
      }).up();
      await until(() => cutOff, "the network is cut");
      const second = createBelay({ databaseUrl: db.url, projectDir: project.dir });
      let result = await second.up().catch((error: unknown) => error as { code?: string });
      await until(async () => {
        if (!("code" in result)) return true;
        expect(result.code).toBe("BELAY_LEASE_HELD");
        result = await second.up().catch((error: unknown) => error as { code?: string });
        return !("code" in result);
      }, "the lease is taken over");
      proxy.heal();
      const lost = await first.then(
        (ended) => ended.error,
        (error: unknown) => error as { code?: string },
      );
      expect(lost?.code).toMatch(/BELAY_(LEASE_LOST|CONNECTION_LOST)/);
      const [count] = await db.query<{ n: string }>(
        "SELECT count(*) AS n FROM belay.record WHERE kind = 'migration-finished'",
      );
      expect(count?.n).toBe("2");
      expect((await second.verify()).findings).toEqual([]);
    });

    test("a writer that wakes up after a takeover cannot commit", async () => {
      await using db = await createDatabase(server);
      await using project = await createProject({ "1_a.up.sql": "CREATE TABLE a (a int);" });
      await using second = await createProject({ "1_a.up.sql": "CREATE TABLE a (a int);" });
      let release = () => {};
      const paused = new Promise<void>((resolve) => {
        release = resolve;
      });
      let isPaused = false;
      const { realEnvironment } = await import("../src/core/environment.ts");
      // Its heartbeat is silent, as that of a stopped process is; its sessions are alive.
      const first = createBelay({
        ...{ databaseUrl: db.url, projectDir: project.dir, leaseTermMs: 300 },
        environment: {
          ...realEnvironment,
          every: () => () => {},
          async reached(point) {
            if (point !== "statement-executed") return;
            isPaused = true;
            await paused;
          },
        },
      }).up();
      await until(() => isPaused, "the first run is in its transaction");
      let taken: Awaited<ReturnType<ReturnType<typeof createBelay>["up"]>> | undefined;
      await until(async () => {
        taken = await createBelay({ databaseUrl: db.url, projectDir: second.dir })
          .up()
          .catch(() => undefined);
        return taken !== undefined;
      }, "the lease has expired");
      expect(taken?.applied).toHaveLength(1);
      release();
      const outcome = await first.then(
        (ended) => ended.error,
        (error: unknown) => error,
      );
      expect((outcome as { code: string }).code).toMatch(/BELAY_(LEASE_LOST|CONNECTION_LOST)/);
    });

    test("a run killed while its statement works does not keep the next one waiting", async () => {
      await using db = await createDatabase(server);
      await using project = await createProject({
        "1_slow.up.sql": "CREATE TABLE t (a int); SELECT pg_sleep(60);",
      });
      const first = startBelay(["up", "--database-url", db.url], { cwd: project.dir });
      await until(
        async () =>
          (
            await db.query(
              "SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60)%' AND datname = current_database()",
            )
          ).length > 0,
        "the statement runs",
      );
      first.child.kill("SIGKILL");
      await first.ended;
      await project.write("1_slow.up.sql", "CREATE TABLE t (a int);");
      const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
      await until(async () => {
        const ended = await belay.up().catch(() => undefined);
        return ended?.applied.length === 1;
      }, "the next run has taken over");
    });
  });

  describe("locks", () => {
    test("queries queue behind a blocked migration no longer than the lock timeout", async () => {
      await using db = await createDatabase(server);
      await db.query("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 0)");
      await using project = await createProject({
        "1_add.up.sql": "ALTER TABLE t ADD COLUMN w int;",
      });
      const release = await holdLock(db, "SELECT * FROM t");
      const events: RunEvent[] = [];
      const lockTimeoutMs = 300;
      const migration = createBelay({
        ...{ databaseUrl: db.url, projectDir: project.dir },
        limits: { lockTimeoutMs, lockBudgetMs: 30_000 },
        report: (event) => events.push(event),
      }).up();
      const writer = new pg.Client({ connectionString: db.url });
      await writer.connect();
      let longest = 0;
      let writes = 0;
      const retries = () => events.filter((event) => event.kind === "retry").length;
      await until(async () => {
        const startedAt = performance.now();
        await writer.query("UPDATE t SET v = v + 1 WHERE id = 1");
        longest = Math.max(longest, performance.now() - startedAt);
        writes += 1;
        return retries() >= 4;
      }, "the migration has tried four times");
      await release();
      const { error, applied } = await migration;
      await writer.end();
      expect(error).toBeUndefined();
      expect(applied).toHaveLength(1);
      expect(writes).toBeGreaterThan(10);
      // The writer's own work is a millisecond; the rest is the wait behind our lock request.
      expect(longest).toBeLessThan(lockTimeoutMs + 250);
      const waiting = events.find((event) => event.kind === "waiting");
      expect(waiting?.kind === "waiting" && waiting.holders[0]?.application).toBe("holder");
    });

    test("gives up within its budget and leaves nothing behind", async () => {
      await using db = await createDatabase(server);
      await db.query("CREATE TABLE t (id int PRIMARY KEY)");
      const before = await catalogOf(db.url);
      await using project = await createProject({
        "1_add.up.sql": "CREATE TABLE u (a int); ALTER TABLE t ADD COLUMN w int;",
      });
      const release = await holdLock(db, "SELECT * FROM t");
      const startedAt = performance.now();
      const { error, applied } = await createBelay({
        ...{ databaseUrl: db.url, projectDir: project.dir },
        limits: { lockTimeoutMs: 100, lockBudgetMs: 1_000 },
      }).up();
      expect(performance.now() - startedAt).toBeLessThan(6_000);
      await release();
      expect(error?.code).toBe("BELAY_LOCK_BUDGET");
      expect(error?.exit).toBe(2);
      expect(applied).toEqual([]);
      expect(differences(before, await catalogOf(db.url))).toEqual([]);
    });

    test("who waits behind us is named", async () => {
      await using db = await createDatabase(server);
      await db.query("CREATE TABLE t (id int PRIMARY KEY)");
      await using project = await createProject({
        "1_add.up.sql": "ALTER TABLE t ADD COLUMN w int; SELECT pg_sleep(1.5);",
      });
      const events: RunEvent[] = [];
      let reader: Promise<unknown> | undefined;
      const client = new pg.Client({ connectionString: db.url, application_name: "reader" });
      await client.connect();
      await createBelay({
        ...{ databaseUrl: db.url, projectDir: project.dir },
        report: (event) => {
          events.push(event);
          if (event.kind === "statement" && event.index === 1)
            reader = client.query("SELECT FROM t");
        },
      }).up();
      await reader;
      await client.end();
      const blocking = events.find((event) => event.kind === "blocking");
      expect(blocking?.kind === "blocking" && blocking.waiters[0]?.application).toBe("reader");
    });

    test.each(["ours", "theirs"])(
      "a deadlock is told, whoever it is that the server fails: %s",
      async (loser) => {
        await using db = await createDatabase(server);
        await db.query(
          "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 0), (2, 0)",
        );
        const patience = { ours: "1min", theirs: "1min", [loser]: "1s" };
        await db.query(`ALTER DATABASE ${db.name} SET deadlock_timeout = '${patience.ours}'`);
        await using project = await createProject({
          "1_both.up.sql": "UPDATE t SET v = 1 WHERE id = 1; UPDATE t SET v = 1 WHERE id = 2;",
        });
        const other = new pg.Client({ connectionString: db.url, application_name: "other" });
        other.on("error", () => {});
        await other.connect();
        await other.query(`SET deadlock_timeout = '${patience.theirs}'`);
        await other.query("BEGIN; UPDATE t SET v = 2 WHERE id = 2");
        const events: RunEvent[] = [];
        let theirs: Promise<string> | undefined;
        const { error } = await createBelay({
          // As written: to keep the rows would take a lock of the table, and wait for that.
          ...{ databaseUrl: db.url, projectDir: project.dir, verbatim: true },
          limits: { lockTimeoutMs: 30_000, lockBudgetMs: 30_000 },
          report: (event) => {
            events.push(event);
            if (event.kind !== "statement" || event.index !== 1) return;
            // Both wait by now, or are about to.
            theirs ??= other.query("UPDATE t SET v = 2 WHERE id = 1").then(
              () => other.query("COMMIT").then(() => "done"),
              (failure) => other.query("ROLLBACK").then(() => failure.code),
            );
          },
        }).up();
        expect(error).toBeUndefined();
        expect(await theirs).toBe(loser === "theirs" ? "40P01" : "done");
        await other.end();
        const told = events.filter((event) => event.kind === "deadlock");
        const seen = { with: expect.objectContaining({ application: "other" }) };
        const lost = { with: null, why: expect.stringContaining("deadlock detected") };
        expect(told, JSON.stringify(events)).toMatchObject(
          loser === "ours" ? [seen, lost] : [seen],
        );
      },
    );

    test("an INVALID index of a failed attempt is dropped", async () => {
      await using db = await createDatabase(server);
      await db.query("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)");
      const before = await catalogOf(db.url);
      await using project = await createProject({
        "1_unique.up.sql": "CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a);",
      });
      const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
      const { error } = await belay.up();
      expect(error?.code).toBe("BELAY_STATEMENT");
      expect(error?.message).toMatch(/duplicated/);
      expect(differences(before, await catalogOf(db.url))).toEqual([]);
      expect((await belay.status()).interrupted).toBe(false);
    });
  });

  describe("failures", () => {
    test("an index that was there already is neither taken for ours nor dropped", async () => {
      await using db = await createDatabase(server);
      await db.query("CREATE TABLE t (a int); CREATE INDEX t_a ON t (a)");
      const before = await catalogOf(db.url);
      await using project = await createProject({
        "1_index.up.sql": "CREATE INDEX CONCURRENTLY t_a ON t (a);",
      });
      const { error } = await createBelay({ databaseUrl: db.url, projectDir: project.dir }).up();
      expect(error?.code).toBe("BELAY_STATEMENT");
      expect(error?.message).toMatch(/already exists/);
      expect(differences(before, await catalogOf(db.url))).toEqual([]);
    });

    test("a migration of several steps that fails takes back the steps before", async () => {
      await using db = await createDatabase(server);
      await db.query("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)");
      const before = await catalogOf(db.url);
      await using project = await createProject({
        "1_steps.up.sql": `ALTER TABLE t ADD COLUMN b text;
          CREATE INDEX CONCURRENTLY t_b ON t (b);
          CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a);`,
      });
      const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
      const { error } = await belay.up();
      expect(error?.code).toBe("BELAY_STATEMENT");
      expect(error?.exit).toBe(2);
      expect(error?.at).toMatch(/1_steps\.up\.sql:3$/);
      expect(differences(before, await catalogOf(db.url))).toEqual([]);
      expect(await belay.status()).toMatchObject({
        interrupted: false,
        migrations: [{ version: "1", state: "pending" }],
      });
    });

    test.each(["", "RETURNING id"])("the line of an error in an UPDATE: %s", async (more) => {
      await using db = await createDatabase(server);
      await db.query("CREATE TABLE t (id int PRIMARY KEY, a int)");
      await using project = await createProject({
        "1_line.up.sql": `-- first\n\nUPDATE t\n  SET\n    nope = 1\n\n\n  WHERE id = 1\n  ${more};`,
      });
      const { error } = await createBelay({ databaseUrl: db.url, projectDir: project.dir }).up();
      expect(error?.at).toMatch(/1_line\.up\.sql:5$/);
    });

    test("what has no exact way back stays halfway, until it is finished or given up", async () => {
      await using db = await createDatabase(server);
      await db.query("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)");
      await using project = await createProject({
        "1_steps.up.sql": `-- belay:no-transaction
          ALTER TABLE t ADD COLUMN b text;
          UPDATE t SET a = 2;
          CREATE UNIQUE INDEX t_a ON t (a);`,
      });
      const belay = createBelay({
        ...{ databaseUrl: db.url, projectDir: project.dir, verbatim: true },
      });
      expect((await belay.up()).error).toMatchObject({ code: "BELAY_HALFWAY", exit: 3 });
      expect((await belay.status()).interrupted).toBe(true);
      await expect(belay.recover()).rejects.toMatchObject({ code: "BELAY_HALFWAY" });
      const given = await belay.recover({ giveUp: true });
      expect(given.recovered).toMatchObject([{ decision: "undone" }]);
      expect((await belay.status()).interrupted).toBe(false);
      expect(await db.query("SELECT * FROM t")).toEqual([{ a: 2 }, { a: 2 }]);
    });

    test("a down of several steps that would destroy rows is refused before its first", async () => {
      await using db = await createDatabase(server);
      await using project = await createProject({
        "1_steps.up.sql": `CREATE TABLE n (a int);
          CREATE INDEX CONCURRENTLY n_a ON n (a);
          ALTER TABLE n ADD COLUMN b int;`,
      });
      const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
      expect((await belay.up()).error).toBeUndefined();
      await db.query("INSERT INTO n VALUES (1, 2)");
      const destroying = createBelay({
        ...{ databaseUrl: db.url, projectDir: project.dir, verbatim: true },
      });
      const { error } = await destroying.down();
      expect(error).toMatchObject({ code: "BELAY_UNDO_LOSS", exit: 4 });
      expect(await db.query("SELECT * FROM n")).toEqual([{ a: 1, b: 2 }]);
      expect((await belay.status()).interrupted).toBe(false);
      expect((await belay.down()).error).toBeUndefined();
      // What it took away is kept, and comes back.
      expect((await belay.up()).error).toBeUndefined();
    });

    test("a reader that leaves does not end it halfway", async () => {
      await using db = await createDatabase(server);
      await using project = await createProject({
        "1_a.up.sql": "CREATE TABLE a (n int);",
        "2_b.up.sql": "SELECT pg_sleep(0.3); CREATE TABLE b (n int);",
      });
      const run = startBelay(["up", "--database-url", db.url], { cwd: project.dir });
      run.child.stdout?.destroy();
      run.child.stderr?.destroy();
      expect((await run.ended).status).toBe(0);
      expect(await db.query("SELECT to_regclass('b')::text AS b")).toEqual([{ b: "b" }]);
    });

    test("Ctrl-C cancels the statement, rolls back and exits 2", async () => {
      await using db = await createDatabase(server);
      const before = await catalogOf(db.url);
      await using project = await createProject({
        "1_slow.up.sql": "CREATE TABLE t (a int); SELECT pg_sleep(60);",
      });
      const run = startBelay(["up", "--database-url", db.url, "--json"], { cwd: project.dir });
      await until(
        async () =>
          (
            await db.query(
              "SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60)%' AND datname = current_database()",
            )
          ).length > 0,
        "the statement runs",
      );
      run.child.kill("SIGINT");
      const { status, stdout } = await run.ended;
      expect(JSON.parse(stdout).error.code).toBe("BELAY_CANCELLED");
      expect(status).toBe(2);
      expect(differences(before, await catalogOf(db.url))).toEqual([]);
    });

    const filling = "ALTER TABLE t ADD COLUMN b float8 DEFAULT random();";
    const failing = `${filling} ALTER TABLE t ADD COLUMN c int; SELECT 1 / (a - a) FROM t;`;
    test.each([
      ["between batches", filling, (event: RunEvent) => event.kind === "batch", "BELAY_CANCELLED"],
      [
        "while something is taken back",
        failing,
        (event: RunEvent) => event.kind === "migration" && event.direction === "back-out",
        "BELAY_STATEMENT",
      ],
    ])("a cancellation %s does not hit what is taken back", async (_, up, isThen, code) => {
      await using db = await createDatabase(server);
      await using project = await createProject({
        "1_a.up.sql": `CREATE TABLE t (a int);
          INSERT INTO t SELECT generate_series(1, 20000); CREATE TABLE u (a int);`,
        "2_b.up.sql": up,
      });
      const settings = { databaseUrl: db.url, projectDir: project.dir, onlineAboveBytes: 0 };
      await createBelay(settings).up({ to: "1" });
      const before = await catalogOf(db.url);
      // When the request arrives is chance.
      for (let attempt = 0; attempt < 6; attempt += 1) {
        const wanted = new AbortController();
        let tries = 0;
        const report = (event: RunEvent) => {
          if (!isThen(event)) return;
          tries += 1;
          if (tries === 1 + (attempt % 3)) wanted.abort();
          else if (event.kind === "migration") setTimeout(() => wanted.abort(), 2 * attempt);
        };
        const belay = createBelay({ ...settings, signal: wanted.signal, report });
        const thrown = belay.up().then(({ error }) => error);
        expect(await thrown.catch((error: unknown) => error)).toMatchObject({ code });
        expect(differences(before, await catalogOf(db.url))).toEqual([]);
      }
    });
  });

  describe("drift", () => {
    test("on a table that is to be taken back stays, where it is allowed", async () => {
      await using db = await createDatabase(server);
      await using project = await createProject({
        "1_a.up.sql":
          "CREATE TABLE a (w int, x int, y int, z int); INSERT INTO a VALUES (1, 2, 3, 4)",
        "2_b.up.sql": "ALTER TABLE a DROP y, ALTER x TYPE bigint; ALTER TABLE a RENAME w TO v",
      });
      const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
      await belay.up();
      await db.query(`ALTER TABLE a ADD "n, 1" int DEFAULT 7; ALTER TABLE a DROP z; CREATE INDEX by_hand ON a (x);
        ALTER TABLE a ALTER "n, 1" SET NOT NULL`);
      const refused = await belay.down().catch((error: unknown) => error as Error);
      expect(refused).toMatchObject({ code: "BELAY_DRIFT", exit: 4 });
      const { error, verified } = await belay.down({ allowDrift: true });
      expect([error, verified]).toEqual([undefined, true]);
      expect(await db.query("SELECT * FROM a")).toEqual([{ w: 1, x: 2, y: 3, "n, 1": 7 }]);
      expect(await db.query("SELECT to_regclass('by_hand')::text AS i")).toEqual([
        { i: "by_hand" },
      ]);
    });

    test.each([
      "ALTER TABLE t RENAME z TO zz",
      "ALTER TABLE t DROP z; ALTER TABLE t ADD z int",
      "ALTER TABLE t ADD y int; ALTER TABLE t RENAME x TO xx; ALTER TABLE t RENAME xx TO x",
    ])("%s: is not what a rollback has done", async (byHand) => {
      await using db = await createDatabase(server);
      await using project = await createProject({
        "1_a.up.sql": "CREATE TABLE t (z int, x int)",
        "2_b.up.sql": "ALTER TABLE t ALTER x TYPE bigint, ADD n int",
      });
      const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
      await belay.up();
      await db.query(byHand);
      const { error, verified } = await belay.down({ allowDrift: true });
      expect([error, verified]).toEqual([undefined, true]);
    });

    test("what somebody else changed is named, and nothing runs", async () => {
      await using db = await createDatabase(server);
      await using project = await createProject({ "1_a.up.sql": "CREATE TABLE a (x int, y int);" });
      const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
      await belay.up();
      await db.query("ALTER TABLE a RENAME COLUMN y TO z; CREATE INDEX by_hand ON a (x)");
      await project.write("2_b.up.sql", "CREATE TABLE b (x int);");
      const refused = await belay.up().catch((error: unknown) => error as Error);
      expect(refused).toMatchObject({ code: "BELAY_DRIFT", exit: 4 });
      expect((refused as Error).message).toMatch(/by_hand/);
      expect((refused as Error).message).toMatch(/renamed|y.*z/);
      expect((await belay.verify()).verified).toBe(false);
      expect((await belay.up({ allowDrift: true })).applied).toHaveLength(1);
      expect((await belay.verify()).verified).toBe(true);
    });
  });
});
