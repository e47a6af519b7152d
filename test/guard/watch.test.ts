// A bad migration under a shop that goes on: noticed, taken back, verified, nothing lost; a good one is
// left alone; what is not known is never a reason.

import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { expect, test } from "vitest";
import { realEnvironment } from "../../src/core/environment.ts";
import type { RunEvent } from "../../src/index.ts";
import { createProxy } from "../support/proxy.ts";
import { forEachServer, servers } from "../support/servers.ts";
import { doubtful, elsewhere, lost, rollbacks, watchedShop } from "./watched-shop.ts";

forEachServer("the guard", (server) => {
  test.each([
    [
      "a column that the application still reads",
      "ALTER TABLE orders RENAME COLUMN note TO remark",
    ],
    [
      "a check that its inserts break",
      "ALTER TABLE orders ADD CONSTRAINT positive CHECK (cents >= 0) NOT VALID",
    ],
  ])("takes back %s", async (_, up) => {
    await using given = await watchedShop(server, up);
    const { db, shop, belay, events } = given;
    const result = await belay().upWatched(15_000);
    const context = JSON.stringify([result, events.filter(({ kind }) => kind === "guard")]);
    expect(result, context).toMatchObject({
      outcome: "rolledBack",
      error: { code: "BELAY_GUARD", exit: 5 },
      watch: { outcome: "rolledBack", incident: { versions: ["0001"], conflicts: 0 } },
    });
    const { incidents } = await belay().report();
    expect(incidents).toHaveLength(1);
    const [incident] = incidents;
    expect(
      incident?.checks.every(({ passed }) => passed),
      context,
    ).toBe(true);
    expect(incident?.checks.map(({ name }) => name)).toContain("orders");
    expect(incident?.reasons.length).toBeGreaterThanOrEqual(2);
    const { mttd, mttr, mttc } = incident?.figures ?? {};
    expect([mttd, mttr, mttc]).toEqual([mttd, mttr, mttc].toSorted((a, b) => (a ?? 0) - (b ?? 0)));
    expect(shop.refused()).toBeGreaterThan(0);
    expect(await lost(db, shop)).toBe(0);
    expect(await rollbacks(db)).toEqual([{ n: 1 }]);
    expect((await belay().verify()).verified).toBe(true);
  });

  test("leaves a good one alone", async () => {
    await using given = await watchedShop(server, "ALTER TABLE orders ADD COLUMN more int");
    const { db, shop, belay, events } = given;
    const result = await belay().upWatched(3_000);
    expect(result, JSON.stringify(events)).toMatchObject({
      outcome: "done",
      watch: { outcome: "healthy", versions: ["0001"], incident: null },
    });
    expect(shop.refused()).toBe(0);
    expect(await rollbacks(db)).toEqual([{ n: 0 }]);
    expect(await belay().watch()).toMatchObject({ outcome: "none" });
  });
});

/** Waits until the guard has said so, from a given place in the events on. */
async function until(events: RunEvent[], from: number, said: RegExp): Promise<void> {
  const deadline = realEnvironment.monotonic() + 60_000;
  const isSaid = () =>
    events.slice(from).some((event) => "message" in event && said.test(event.message));
  while (!isSaid()) {
    if (realEnvironment.monotonic() > deadline) {
      throw new Error(`${said} was not said: ${JSON.stringify(events.slice(from))}`);
    }
    await realEnvironment.sleep(20);
  }
}

/** What a Prometheus server says of one series, until it is gone. */
async function openPrometheus() {
  const result = [{ metric: {}, value: [0, "12.5"] }];
  const answer = JSON.stringify({ status: "success", data: { resultType: "vector", result } });
  const open = async (port: number) => {
    const server = createServer((_, response) => response.end(answer)).listen(port, "127.0.0.1");
    await once(server, "listening");
    return server;
  };
  let server = await open(0);
  const { port } = server.address() as AddressInfo;
  const vanish = async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  return {
    ...{ url: `http://127.0.0.1:${port}`, vanish },
    appear: async () => {
      server = await open(port);
    },
    [Symbol.asyncDispose]: vanish,
  };
}

test(
  "each signal that vanishes pauses and pages, and it goes on when that is back",
  doubtful,
  async () => {
    await using given = await watchedShop(servers[0], "ALTER TABLE orders ADD COLUMN more int");
    const { db, shop, belay, events } = given;
    const role = `watcher_${db.name}`;
    await db.query(`
    CREATE ROLE ${role} LOGIN; GRANT CREATE ON DATABASE ${db.name} TO ${role};
    ALTER TABLE orders OWNER TO ${role};
    CREATE TABLE looked_at AS SELECT true AS fine; GRANT SELECT ON looked_at TO ${role}`);
    const url = new URL(db.url);
    url.username = role;
    await using proxy = await createProxy(url.href);
    await using prometheus = await openPrometheus();
    const running = belay({
      databaseUrl: proxy.url,
      guard: {
        quietMs: 300,
        signals: {
          checkpoints: elsewhere.checkpoints,
          shop: { kind: "http", url: shop.url },
          probe: { kind: "sql", sql: "SELECT fine FROM looked_at" },
          p95: { kind: "prometheus", url: prometheus.url, query: "p95" },
        },
      },
    }).upWatched(12_000);
    // Nobody has asked for it, and an ordinary role cannot have it: that is told, and no reason to pause.
    await until(events, 0, /^disk is left out until it can be measured: .*pg_read_all_settings/);
    await until(events, 0, /^Watching/);
    const vanishing: [string, () => unknown, () => unknown][] = [
      ["shop", () => shop.silence(true), () => shop.silence(false)],
      [
        "probe",
        () => db.query(`REVOKE SELECT ON looked_at FROM ${role}`),
        () => db.query(`GRANT SELECT ON looked_at TO ${role}`),
      ],
      ["p95", prometheus.vanish, prometheus.appear],
      // Whoever sees it first says so: the signals, or the lease that cannot be renewed.
      ["lock-queue", () => proxy.cut(), () => proxy.heal()],
    ];
    for (const [signal, vanish, appear] of vanishing) {
      const from = events.length;
      await vanish();
      await until(
        events,
        from,
        new RegExp(`^pause: (.*${signal}.*not known|the database cannot be reached)`),
      );
      await appear();
      await until(events, from, /^calm|^The database answers again/);
    }
    const result = await running;
    expect(result, JSON.stringify(events)).toMatchObject({ watch: { outcome: "healthy" } });
    const paged = events.filter((event) => event.kind === "guard" && event.pages);
    expect(paged.length).toBeGreaterThanOrEqual(vanishing.length);
    expect(await rollbacks(db)).toEqual([{ n: 0 }]);
    expect(await lost(db, shop)).toBe(0);
    await db.query(
      `REASSIGN OWNED BY ${role} TO CURRENT_USER; DROP OWNED BY ${role}; DROP ROLE ${role}`,
    );
  },
);

forEachServer("the guard, while up is at work", (server) => {
  test("cancels a statement that has the application queue behind it", async () => {
    await using given = await watchedShop(server, "ALTER TABLE orders ADD COLUMN more int");
    const { db, shop, belay, events } = given;
    const report = new pg.Client({ connectionString: db.url, application_name: "report" });
    await report.connect();
    await report.query("BEGIN; SELECT count(*) FROM orders");
    // Long enough for nobody but the guard to end it.
    const limits = { lockTimeoutMs: 600_000, lockBudgetMs: 600_000 };
    const result = await belay({ limits }).upWatched(60_000);
    expect(result, JSON.stringify(events)).toMatchObject({
      ...{ applied: [], outcome: "rolledBack", error: { exit: 5 } },
      watch: { incident: { action: "cancel", versions: ["0001"], outcome: "rolledBack" } },
    });
    expect(result.watch?.incident?.reasons[0]).toMatchObject({
      signal: "blocked",
      attributed: true,
    });
    expect(result.watch?.incident?.checks).toContainEqual(
      expect.objectContaining({ name: "rows", passed: true }),
    );
    // The reader was in nobody's way, and was left alone.
    expect((await report.query("SELECT 1 AS alive")).rows).toEqual([{ alive: 1 }]);
    await report.end();
    expect(await db.query("SELECT 1 FROM pg_attribute WHERE attname = 'more'")).toEqual([]);
    expect(await lost(db, shop)).toBe(0);
    expect((await belay().status()).migrations).toMatchObject([{ state: "pending" }]);
  });
});

test("one that is told to leave leaves the watch to the next", async () => {
  await using given = await watchedShop(servers[0], "ALTER TABLE orders ADD COLUMN more int");
  const { belay, events } = given;
  const leave = new AbortController();
  const running = belay({ signal: leave.signal }).upWatched(3_000);
  await until(events, 0, /^Watching/);
  leave.abort();
  expect(await running).toMatchObject({ outcome: "done", watch: { outcome: "left" } });
  expect(await belay().watch()).toMatchObject({ outcome: "healthy", versions: ["0001"] });
  expect(await belay().watch()).toMatchObject({ outcome: "none" });
});

test("while one watches, another stands by, and people can still go back by themselves", async () => {
  await using given = await watchedShop(servers[0], "ALTER TABLE orders ADD COLUMN more int");
  const { belay, events } = given;
  const running = belay().upWatched(20_000);
  await until(events, 0, /^Watching/);
  const second = belay().watch();
  await until(events, 0, /^Standing by/);
  expect(await belay().down()).toMatchObject({ outcome: "done", verified: true });
  expect(await running).toMatchObject({ watch: { outcome: "nothing" } });
  expect(await second).toMatchObject({ outcome: "nothing" });
});

test("one reason alone is handed over to a human", async () => {
  await using given = await watchedShop(
    servers[0],
    "ALTER TABLE orders RENAME COLUMN note TO remark",
  );
  const { db, belay, events } = given;
  const signals = {
    ...elsewhere,
    "rollback-ratio": false,
    latency: false,
    notes: { kind: "sql", sql: "SELECT count(note) >= 0 FROM orders WHERE id < 0" },
  } as const;
  const result = await belay({ guard: { signals } }).upWatched(1_500);
  expect(result, JSON.stringify(events)).toMatchObject({
    outcome: "done",
    watch: { outcome: "handedOver", why: expect.stringContaining("notes is bad"), incident: null },
  });
  expect(events).toContainEqual(
    expect.objectContaining({
      kind: "guard",
      pages: true,
      message: expect.stringMatching(/^pause/),
    }),
  );
  expect(await rollbacks(db)).toEqual([{ n: 0 }]);
});

test("what has no way back that loses nothing is not taken back blindly", async () => {
  await using given = await watchedShop(
    servers[0],
    "ALTER TABLE orders RENAME COLUMN note TO remark; UPDATE orders SET cents = cents + 1",
  );
  const { db, belay, events } = given;
  // Nothing is kept, so the UPDATE cannot be taken back.
  const result = await belay({ verbatim: true }).upWatched(20_000);
  expect(result, JSON.stringify(events)).toMatchObject({
    watch: { outcome: "handedOver", incident: { action: "page", times: { rolledBack: null } } },
  });
  expect(await rollbacks(db)).toEqual([{ n: 0 }]);
});

test("what was written since and does not fit the schema from before is weighed by a human", async () => {
  await using given = await watchedShop(
    servers[0],
    "ALTER TABLE orders DROP CONSTRAINT small; ALTER TABLE orders RENAME COLUMN note TO remark",
  );
  const { db, belay, events, project } = given;
  await db.query("ALTER TABLE orders ADD CONSTRAINT small CHECK (cents < 1000)");
  // On top of it, and with nothing of its own in the way.
  const later = join(project.dir, "migrations", "0002_later.up.sql");
  await writeFile(later, "CREATE INDEX ON orders (customer)");
  let isOpen = true;
  const large = (async () => {
    while (isOpen) {
      await db.query("INSERT INTO orders (customer, cents) VALUES ('l', 5000)").catch(() => {});
      await realEnvironment.sleep(10);
    }
  })();
  const result = await belay().upWatched(20_000);
  isOpen = false;
  await large;
  expect(result, JSON.stringify(events)).toMatchObject({
    watch: {
      ...{ outcome: "handedOver", why: expect.stringMatching(/[1-9]\d* violations of small/) },
      incident: { action: "page", times: { rolledBack: null } },
    },
  });
  expect(await rollbacks(db)).toEqual([{ n: 0 }]);
});
