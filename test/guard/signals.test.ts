// Every kind of signal against the real thing: it is ok, it is made bad, it is taken away. What is
// taken away is unknown with a reason, never ok, and known again once it is back.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { describe, expect, test } from "vitest";
import { realEnvironment } from "../../src/core/environment.ts";
import { postgres } from "../../src/dialects/postgres/dialect.ts";
import { openSampler } from "../../src/guard/sampling.ts";
import { signalKinds } from "../../src/guard/signals/all.ts";
import { createProxy } from "../support/proxy.ts";
import { createDatabase, forEachServer } from "../support/servers.ts";
import { client, closing, one, samplerOf, session, stranger, until } from "./samples.ts";

async function serve(
  answer: Parameters<typeof createServer>[1],
): Promise<{ url: string; server: Server }> {
  const server = createServer(answer!);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}/`, server };
}

forEachServer("signals of the server", (server) => {
  async function database() {
    const db = await createDatabase(server);
    closing.push(() => db.drop());
    await db.query(
      "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0), (2, 0)",
    );
    return db;
  }

  test("blocked: whoever waits for us, also behind a lock that we only ask for", async () => {
    const db = await database();
    const sampler = samplerOf(db.url, "blocked", { overMs: 0 });
    const [reader, belay, writer] = await Promise.all([
      client(db.url),
      client(db.url, "belay:7"),
      client(db.url),
    ]);
    await reader?.query("BEGIN; SELECT * FROM t");
    expect(await one(sampler)).toMatchObject({ state: "ok", value: 0 });
    // Ours waits for the reader, and the writer waits behind ours.
    const altering = belay?.query("ALTER TABLE t ADD COLUMN more int");
    await until(samplerOf(db.url, "lock-queue", { limit: 0 }), "bad");
    const writing = writer?.query("UPDATE t SET n = 1");
    const sample = await until(sampler, "bad");
    expect(sample).toMatchObject({ value: 1, detail: expect.stringContaining("UPDATE t SET n") });
    await reader?.query("COMMIT");
    await Promise.all([altering, writing]);
    expect(await one(sampler)).toMatchObject({ state: "ok" });
  });

  test("blocked: others who block each other are not our doing", async () => {
    const db = await database();
    const [first, second] = await Promise.all([client(db.url), client(db.url)]);
    await first?.query("BEGIN; UPDATE t SET n = 1");
    const waiting = second?.query("UPDATE t SET n = 2");
    await until(samplerOf(db.url, "lock-queue", { limit: 0 }), "bad");
    expect(await one(samplerOf(db.url, "blocked", { overMs: 0 }))).toMatchObject({ state: "ok" });
    await first?.query("COMMIT");
    await waiting;
  });

  test("idle-in-transaction, and a role that may not see it", async () => {
    const db = await database();
    const idle = await client(db.url);
    await idle.query("BEGIN; SELECT 1");
    expect(
      await until(samplerOf(db.url, "idle-in-transaction", { limitMs: 0 }), "bad"),
    ).toMatchObject({ detail: "1 sessions" });
    const blind = samplerOf(await stranger(db), "idle-in-transaction");
    expect(await one(blind)).toMatchObject({
      state: "unknown",
      why: expect.stringContaining("pg_read_all_stats"),
    });
  });

  test("deadlocks", async () => {
    const db = await database();
    const sampler = samplerOf(db.url, "deadlocks");
    expect(await one(sampler)).toMatchObject({ state: "ok", value: 0 });
    const [first, second] = await Promise.all([client(db.url), client(db.url)]);
    await first?.query("BEGIN; UPDATE t SET n = 1 WHERE id = 1");
    await second?.query("BEGIN; UPDATE t SET n = 1 WHERE id = 2");
    await Promise.allSettled([
      first?.query("UPDATE t SET n = 1 WHERE id = 2"),
      second?.query("UPDATE t SET n = 1 WHERE id = 1"),
    ]);
    await Promise.all([first?.query("ROLLBACK"), second?.query("ROLLBACK")]);
    expect(await until(sampler, "bad")).toMatchObject({ value: 1 });
    expect(await one(sampler)).toMatchObject({ state: "ok", value: 0 });
  });

  test("own-deadlocks: with a session of ours, as long as that is there", async () => {
    const db = await database();
    const sampler = samplerOf(db.url, "own-deadlocks", { limit: 0 });
    const [belay, other, third] = await Promise.all([
      client(db.url, "belay:7"),
      client(db.url),
      client(db.url),
    ]);
    await belay?.query("BEGIN; UPDATE t SET n = 1 WHERE id = 1");
    await other?.query("BEGIN; UPDATE t SET n = 1 WHERE id = 2");
    const waiting = third?.query("UPDATE t SET n = 2 WHERE id = 2");
    // Others wait for each other or for us: that alone is no deadlock.
    await until(samplerOf(db.url, "lock-queue", { limit: 0 }), "bad");
    expect(await one(sampler)).toMatchObject({ state: "ok", value: 0 });
    // Ours stands behind the third, which waits for the other, which waits for ours.
    const [ours, theirs] = [
      belay?.query("UPDATE t SET n = 1 WHERE id = 2"),
      other?.query("UPDATE t SET n = 1 WHERE id = 1"),
    ];
    for (const each of [ours, theirs, waiting]) each?.catch(() => {});
    expect(await until(sampler, "bad")).toMatchObject({
      value: 1,
      detail: expect.stringContaining("waited for each other"),
    });
    await Promise.allSettled([ours, theirs]);
    // The server has failed one of the two; ours is still at work, and may do it again.
    expect(await one(sampler)).toMatchObject({ state: "bad", value: 1 });
    await Promise.all([belay?.query("ROLLBACK"), other?.query("ROLLBACK")]);
    await Promise.allSettled([waiting]);
    await belay?.end();
    expect(await until(sampler, "ok")).toMatchObject({ value: 0 });
  });

  test("own-deadlocks: what ours is told between two looks counts, and nothing counts twice", async () => {
    const db = await database();
    const sampler = samplerOf(db.url, "own-deadlocks");
    const [belay, other] = await Promise.all([client(db.url, "belay:7"), client(db.url)]);
    const [{ pid }] = (await belay.query("SELECT pg_backend_pid() AS pid")).rows;
    const lose = () => sampler.tell({ pid, with: null, why: "deadlock detected" });
    await belay.query("SET deadlock_timeout = '1min'; BEGIN; UPDATE t SET n = 1 WHERE id = 1");
    await other.query("SET deadlock_timeout = '1min'; BEGIN; UPDATE t SET n = 1 WHERE id = 2");
    const ours = belay.query("UPDATE t SET n = 1 WHERE id = 2");
    const theirs = other.query("UPDATE t SET n = 1 WHERE id = 1");
    for (const each of [ours, theirs]) each.catch(() => {});
    const seeOne = async () => {
      const sample = await one(sampler);
      return "value" in sample && sample.value === 1;
    };
    while (!(await seeOne())) await realEnvironment.sleep(20);
    // The same, as the engine has seen it, and as the server has ended it.
    const [seen = null] = await postgres.readings.deadlocked(await session(db.url), "belay:");
    sampler.tell({ pid, with: seen, why: "seen" });
    lose();
    expect(await one(sampler)).toMatchObject({ state: "ok", value: 1 });
    // One more, that nobody has seen.
    lose();
    expect(await one(sampler)).toMatchObject({
      ...{ state: "bad", value: 2 },
      detail: expect.stringContaining("deadlock detected"),
    });
    await db.query("SELECT pg_terminate_backend($1)", [pid]);
    await Promise.allSettled([ours, theirs]);
    expect(await until(sampler, "ok")).toMatchObject({ value: 0 });
  });

  test("refused: all fail, and the server's counters stand still", async () => {
    const db = await database();
    const without = samplerOf(db.url, "refused");
    // The usual setting is `auto`: on with pg_stat_statements, which not every server has.
    await db.query(`ALTER DATABASE ${db.name} SET compute_query_id = off`);
    expect(await one(without)).toMatchObject({
      state: "unknown",
      why: expect.stringContaining("compute_query_id"),
    });
    await db.query(`ALTER DATABASE ${db.name} SET compute_query_id = on`);
    const sampler = samplerOf(db.url, "refused");
    const [failing, well, asks] = await Promise.all([1, 2, 3].map(() => client(db.url)));
    await failing?.query("SELECT gone FROM t").catch(() => {});
    // What was before the first look is nobody's business.
    expect(await one(sampler)).toMatchObject({ state: "ok", events: { bad: 0, all: 0 } });
    await well?.query("SELECT 1 / n FROM t").catch(() => {});
    await well?.query({ name: "kept", text: "SELECT n FROM t WHERE id = $1", values: [1] });
    for (const alive of ["", ";", "/* ping */ ", "-- alive?\n", "DEALLOCATE ALL", "ROLLBACK"]) {
      await asks?.query(alive);
      expect(await one(sampler), alive).toMatchObject({ events: { bad: 0 } });
    }
    await failing?.query("/* a */ -- b\n SELECT gone FROM t WHERE id = $1", [1]).catch(() => {});
    await well?.query("BEGIN");
    await well?.query("SELECT gone()").catch(() => {});
    await asks?.query("SELECT n FROM t");
    expect(await one(sampler)).toMatchObject({
      state: "bad",
      detail: "2 of 3 sessions",
      events: { bad: 2, all: 3 },
    });
    expect(await one(sampler)).toMatchObject({ state: "ok", events: { bad: 0, all: 0 } });
    const blind = samplerOf(await stranger(db), "refused");
    expect(await one(blind)).toMatchObject({
      state: "unknown",
      why: expect.stringContaining("pg_read_all_stats"),
    });
  });

  test("rollback-ratio", async () => {
    const db = await database();
    const sampler = samplerOf(db.url, "rollback-ratio");
    await one(sampler);
    const failing = await client(db.url);
    let isOver = false;
    // A session reports what it has done every second at most, and only while it does something.
    const traffic = (async () => {
      while (!isOver) await failing.query("SELECT gone FROM t").catch(() => {});
    })();
    const { events } = (await until(sampler, "bad")) as { events: { bad: number; all: number } };
    isOver = true;
    await traffic;
    expect(events.bad).toBeGreaterThan(0);
    expect(events.all).toBeGreaterThanOrEqual(events.bad);
  });

  test("connections, replication-lag and latency", async () => {
    const db = await database();
    expect(await one(samplerOf(db.url, "connections", { limit: 0 }))).toMatchObject({
      state: "bad",
    });
    expect(await one(samplerOf(db.url, "connections"))).toMatchObject({ state: "ok" });
    expect(await one(samplerOf(db.url, "replication-lag"))).toMatchObject({ state: "ok" });
    expect(await one(samplerOf(db.url, "replication-lag", { standbys: 1 }))).toMatchObject({
      state: "unknown",
      why: "0 of 1 standbys are connected",
    });
    const slow = { sql: "SELECT pg_sleep(0.05)", limitMs: 20 };
    expect(await one(samplerOf(db.url, "latency", slow))).toMatchObject({ state: "bad" });
    expect(await one(samplerOf(db.url, "latency"))).toMatchObject({ state: "ok" });
  });

  test("sql: truth, numbers, what is no answer; it can change nothing", async () => {
    const db = await database();
    const of = (sql: string, more: object = {}) => one(samplerOf(db.url, "sql", { sql, ...more }));
    expect(await of("SELECT count(*) = 2 FROM t")).toMatchObject({ state: "ok" });
    expect(await of("SELECT count(*) = 3 FROM t")).toMatchObject({ state: "bad" });
    expect(await of("SELECT count(*) FROM t", { limit: 1 })).toMatchObject({
      state: "bad",
      value: 2,
    });
    expect(await of("SELECT n FROM t WHERE false")).toMatchObject({ state: "unknown" });
    expect(await of("SELECT gone FROM t")).toMatchObject({
      state: "bad",
      detail: expect.stringContaining("gone"),
    });
    const forbidden = samplerOf(await stranger(db), "sql", { sql: "SELECT count(*) FROM t" });
    expect(await one(forbidden)).toMatchObject({
      state: "unknown",
      why: expect.stringContaining("permission denied"),
    });
    expect(await of("DELETE FROM t RETURNING true")).toMatchObject({
      state: "unknown",
      why: expect.stringContaining("read-only"),
    });
    expect(await db.query("SELECT count(*)::int AS n FROM t")).toEqual([{ n: 2 }]);
  });

  test("a query that takes too long is unknown, and the others of its round are not", async () => {
    const db = await database();
    const kind = (name: string) => signalKinds.find((each) => each.kind === name);
    const signals = [
      kind("sql")?.create("endless", { sql: "SELECT true FROM pg_sleep(60)" }),
      kind("connections")?.create("connections", {}),
    ].flatMap((each) => each ?? []);
    await using sampler = openSampler({
      ...{ dialect: postgres, url: db.url, environment: realEnvironment, signals, limitMs: 1_000 },
    });
    expect(await sampler.sample()).toMatchObject([
      { signal: "endless", state: "unknown", why: expect.stringContaining("statement timeout") },
      { signal: "connections", state: "ok" },
    ]);
  });

  test("a cut connection is unknown in time, and known again when it is back", async () => {
    const db = await database();
    await using proxy = await createProxy(db.url);
    const sampler = samplerOf(proxy.url, "lock-queue", {}, 300);
    expect(await one(sampler)).toMatchObject({ state: "ok" });
    proxy.cut();
    const startedAt = realEnvironment.monotonic();
    expect(await one(sampler)).toMatchObject({ state: "unknown", why: "no answer within 300 ms" });
    // Generous for a busy machine; without a limit it would be for ever.
    expect(realEnvironment.monotonic() - startedAt).toBeLessThan(10_000);
    proxy.heal();
    expect(await until(sampler, "ok")).toMatchObject({ value: 0 });
  });
});

describe("signals from outside", () => {
  const outside = (kind: string, options: object, limitMs?: number) =>
    samplerOf("postgres://nobody@127.0.0.1:1/none", kind, options, limitMs);

  test("http: status, time, and what its JSON says", async () => {
    let [status, body] = [200, '{"checks":{"a/b":"ok"},"errors":0}'];
    const { url, server } = await serve((_, response) => response.writeHead(status).end(body));
    const pointer = outside("http", { url, pointer: "/checks/a~1b" });
    const number = outside("http", { url, pointer: "/errors", equals: 0 });
    expect(await one(pointer)).toMatchObject({ state: "ok" });
    expect(await one(number)).toMatchObject({ state: "ok" });
    const limited = outside("http", { url, pointer: "/errors", limit: 1 });
    const judged = outside("http", { url, pointer: "/errors" });
    expect(await one(limited)).toMatchObject({ state: "ok", value: 0 });
    expect(await one(outside("http", { url, pointer: "/gone" }))).toMatchObject({ state: "bad" });
    expect(await one(outside("http", { url, limitMs: 0 }))).toMatchObject({ detail: "slow" });
    body = '{"checks":{"a/b":"down"},"errors":2}';
    expect(await one(pointer)).toMatchObject({ state: "bad" });
    expect(await one(number)).toMatchObject({ state: "bad" });
    expect(await one(limited)).toMatchObject({ state: "bad", value: 2 });
    expect(await one(judged)).toMatchObject({ state: "ok", value: 2 });
    body = "<html>";
    expect(await one(pointer)).toMatchObject({ state: "unknown" });
    status = 503;
    expect(await one(pointer)).toMatchObject({ state: "bad", detail: "status 503" });
    server.closeAllConnections();
    server.close();
    expect(await one(pointer)).toMatchObject({
      state: "unknown",
      why: expect.stringContaining("fetch failed"),
    });
  });

  test("http: an endpoint that never answers is unknown in time", async () => {
    const { url, server } = await serve(() => {});
    expect(await one(outside("http", { url }, 200))).toMatchObject({
      state: "unknown",
      why: "no answer within 200 ms",
    });
    server.closeAllConnections();
  });

  test("prometheus: the largest of a vector; nothing and NaN are not known", async () => {
    let result: unknown[] = [{ value: [0, "1"] }, { value: [0, "3"] }];
    let seen = "";
    const { url } = await serve((request, response) => {
      seen = request.url ?? "";
      response.end(JSON.stringify({ status: "success", data: { resultType: "vector", result } }));
    });
    const sampler = outside("prometheus", { url, query: "up == 1", limit: 2 });
    expect(await one(sampler)).toMatchObject({ state: "bad", value: 3 });
    expect(seen).toBe("/api/v1/query?query=up+%3D%3D+1");
    result = [{ value: [0, "1"] }];
    expect(await one(sampler)).toMatchObject({ state: "ok", value: 1 });
    result = [{ value: [0, "NaN"] }];
    expect(await one(sampler)).toMatchObject({ state: "unknown" });
    result = [];
    expect(await one(sampler)).toMatchObject({ state: "unknown", why: "the query has no series" });
  });

  test("command: 0, 1, anything else, and one that does not end", async () => {
    const of = (command: string, limitMs?: number) => one(outside("command", { command }, limitMs));
    expect(await of("true")).toMatchObject({ state: "ok" });
    expect(await of("echo broken; exit 1")).toMatchObject({ state: "bad", detail: "broken" });
    expect(await of("exit 2")).toMatchObject({ state: "unknown" });
    expect(await of("no-such-program-here")).toMatchObject({ state: "unknown" });
    expect(await of("sleep 60; true", 200)).toMatchObject({
      state: "unknown",
      why: "no answer within 200 ms",
    });
  });
});
