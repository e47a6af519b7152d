// `belay serve --metrics` as a process of its own, on real servers: what it tells of a database whose
// journal grows, is interrupted, watched, killed and there again.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openScraper } from "../../src/app/serve/scraper.ts";
import { openTarget } from "../../src/app/target.ts";
import type { Health } from "../../src/cli/serve/health.ts";
import { realEnvironment } from "../../src/core/environment.ts";
import { defaultLimits } from "../../src/engine/run.ts";
import { createBelay } from "../../src/index.ts";
import { guardOf, watchedShop } from "../guard/watched-shop.ts";
import { type Running, runBelay, startBelay } from "../support/belay.ts";
import { mortalServer } from "../support/mortal-server.ts";
import { createProject } from "../support/project.ts";
import { createProxy } from "../support/proxy.ts";
import { createDatabase, servers } from "../support/servers.ts";
import { type Page, parseExposition } from "./parse-exposition.ts";

/** Awaited until it holds; a reading that never comes fails by the test's own time. */
async function until<T>(ask: () => Promise<T>, holds: (found: T) => boolean): Promise<T> {
  for (;;) {
    const found = await ask();
    if (holds(found)) return found;
    await realEnvironment.sleep(50);
  }
}

async function serve(databaseUrl: string, projectDir: string) {
  const args = ["--database-url", databaseUrl, "--project", projectDir, "--port", "0"];
  const running = startBelay(["serve", "--metrics", ...args]);
  const said = await firstLine(running);
  const url = /http:\S+(?=\/metrics)/.exec(said)?.[0] ?? "";
  return {
    url,
    async metrics(): Promise<Page> {
      const response = await fetch(`${url}/metrics`);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
      return parseExposition(await response.text());
    },
    async health(): Promise<{ status: number; body: Health }> {
      const response = await fetch(`${url}/healthz`);
      return { status: response.status, body: (await response.json()) as Health };
    },
    async [Symbol.asyncDispose]() {
      running.child.kill("SIGTERM");
      expect(await running.ended).toMatchObject({ status: 0, signal: null });
    },
  };
}

async function firstLine({ child, ended }: Running): Promise<string> {
  let said = "";
  child.stdout?.on("data", (chunk) => {
    said += chunk;
  });
  const failed = ended.then(({ stderr }) => {
    if (!said.includes("\n")) throw new Error(stderr);
  });
  await Promise.race([
    failed,
    until(
      async () => said,
      (text) => text.includes("\n"),
    ),
  ]);
  return said;
}

const small = {
  "0001_users.up.sql": "CREATE TABLE users (id int, nick text); CREATE TABLE old AS SELECT 1 AS a;",
  "0002_less.up.sql": "ALTER TABLE users DROP COLUMN nick; DROP TABLE old;",
  "0003_more.up.sql": "CREATE TABLE more ();",
};

test("migrations and undo windows, from nothing to a rollback", async () => {
  await using db = await createDatabase();
  await using project = await createProject(small);
  await using server = await serve(db.url, project.dir);
  const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });

  let page = await server.metrics();
  expect(page.value("belay_up")).toBe(1);
  expect(page.types.has("belay_journal_version")).toBe(false);
  expect(page.value("belay_migrations_pending")).toBe(3);
  expect(await server.health()).toMatchObject({ status: 200, body: { journal: null } });

  await belay.up({ to: "0002" });
  page = await server.metrics();
  expect(page.value("belay_journal_version")).toBe(4);
  expect(page.value("belay_migrations_applied")).toBe(2);
  expect(page.value("belay_migrations_pending")).toBe(1);
  const window = { version: "0002", name: "less", direction: "up" };
  const left = page.value("belay_undo_window_remaining_seconds", window) ?? Number.NaN;
  expect(Math.abs(left - 72 * 3_600)).toBeLessThan(60);
  expect(page.value("belay_undo_shelf_bytes", window)).toBeGreaterThan(0);
  expect(page.all("belay_lease_held").map(({ value }) => value)).toEqual([0, 0]);

  await belay.down();
  page = await server.metrics();
  expect(page.value("belay_migrations_applied")).toBe(1);
  expect(page.value("belay_migrations_rolled_back")).toBe(1);
  expect(page.value("belay_migrations_pending")).toBe(2);
  expect(page.value("belay_undo_window_remaining_seconds", window)).toBeUndefined();

  const other = await fetch(`${server.url}/metric`);
  expect(other.status).toBe(404);
  expect((await fetch(`${server.url}/metrics`, { method: "POST" })).status).toBe(405);
});

test("a migration that was killed halfway is told, until it is recovered", async () => {
  await using db = await createDatabase();
  await using project = await createProject({
    "0001_two.up.sql":
      "CREATE TABLE t (a int); CREATE INDEX CONCURRENTLY t_a ON t (a); CREATE TABLE u ();",
  });
  await using server = await serve(db.url, project.dir);
  const args = ["up", "--database-url", db.url, "--project", project.dir];
  const killed = await runBelay(args, { env: { BELAY_CRASH_AT: "statement-ran" } });
  expect(killed.signal, killed.stderr).toBe("SIGKILL");
  // Nobody can tell a dead process from a busy one until its lease is over.
  await db.query("UPDATE belay.lease SET expires_at = 'epoch'");
  expect(await server.health()).toMatchObject({
    status: 503,
    body: { healthy: false, reasons: ["Migration 0001 two was interrupted; run belay recover."] },
  });
  const labels = { version: "0001", name: "two", state: "interrupted" };
  expect((await server.metrics()).value("belay_migration_open", labels)).toBe(1);
  await createBelay({ databaseUrl: db.url, projectDir: project.dir }).recover();
  expect(await server.health()).toMatchObject({ status: 200, body: { reasons: [] } });
  expect((await server.metrics()).types.has("belay_migration_open")).toBe(false);
});

test("a watch under way, its end, and an incident", async () => {
  await using given = await watchedShop(servers[0], "CREATE TABLE fine ()");
  const { db, project, shop, belay } = given;
  const config = { guard: guardOf(shop), notify: {} };
  await writeFile(join(project.dir, "belay.config.json"), JSON.stringify(config));
  await using server = await serve(db.url, project.dir);

  const watching = belay().upWatched(2_000);
  let page = await until(server.metrics, (each) => each.value("belay_watch_under_way") === 1);
  page = await until(server.metrics, (each) => each.value("belay_watch_migrations") === 1);
  expect(page.value("belay_watch_required_seconds")).toBe(2);
  expect(page.value("belay_watch_rung", { rung: "calm" })).toBe(1);
  expect(page.value("belay_lease_held", { lease: "watch" })).toBe(1);
  expect(page.value("belay_signal_last_value", { signal: "shop" })).toBeGreaterThan(0);
  expect((await server.health()).body.atWork).toContain(
    "Migrations are being watched; the guard says calm.",
  );
  expect(await watching).toMatchObject({ watch: { outcome: "healthy" } });
  page = await server.metrics();
  expect(page.value("belay_watch_under_way")).toBe(0);
  expect(page.types.has("belay_watch_rung")).toBe(false);
  expect(page.value("belay_watches_total", { outcome: "healthy" })).toBe(1);
  expect(page.types.has("belay_last_incident_recover_seconds")).toBe(false);

  await project.write("0002_rename.up.sql", "ALTER TABLE orders RENAME COLUMN note TO remark");
  const { watch } = await belay().upWatched(60_000);
  expect(watch?.outcome, JSON.stringify(given.events)).toBe("rolledBack");
  page = await server.metrics();
  const figures = watch?.incident?.figures;
  expect(page.value("belay_incidents_total", { outcome: "rolled_back" })).toBe(1);
  expect(page.value("belay_last_incident_detect_seconds")).toBe(Number(figures?.mttd) / 1_000);
  expect(page.value("belay_last_incident_recover_seconds")).toBe(Number(figures?.mttr) / 1_000);
  expect(page.value("belay_last_incident_confidence_seconds")).toBe(Number(figures?.mttc) / 1_000);
  expect(page.value("belay_signal_last_state", { signal: "shop", state: "bad" })).toBe(1);
  expect(page.value("belay_incident_open")).toBe(0);
  expect(await server.health()).toMatchObject({ status: 200 });
});

test("a watch that nobody minds is told", async () => {
  await using given = await watchedShop(servers[0], "CREATE TABLE fine ()");
  const { db, project, shop } = given;
  const config = { guard: guardOf(shop, { baselineReadings: 20 }) };
  await writeFile(join(project.dir, "belay.config.json"), JSON.stringify(config));
  await using server = await serve(db.url, project.dir);
  const args = ["up", "--watch", "60s", "--database-url", db.url, "--project", project.dir];
  const watching = startBelay(args);
  await until(server.metrics, (each) => each.value("belay_watch_migrations") === 1);
  watching.child.kill("SIGINT");
  await watching.ended;
  expect(await server.health()).toMatchObject({
    status: 503,
    body: { reasons: ["A watch goes on and no process minds it; run belay watch."] },
  });
  const page = await server.metrics();
  expect(page.value("belay_watch_under_way")).toBe(1);
  expect(page.types.has("belay_watch_rung")).toBe(false);
});

test("a database that is killed and comes back", async () => {
  await using mortal = await mortalServer();
  await using db = await createDatabase({ name: "postgres-18", url: mortal.url });
  await using project = await createProject(small);
  await createBelay({ databaseUrl: db.url, projectDir: project.dir }).up();
  await using server = await serve(db.url, project.dir);
  expect((await server.metrics()).value("belay_migrations_applied")).toBe(3);
  await db.disconnect();

  mortal.kill();
  const page = await until(server.metrics, (each) => each.value("belay_up") === 0);
  expect(page.types.has("belay_migrations_applied")).toBe(false);
  expect(page.value("belay_scrape_errors_total")).toBeGreaterThan(0);
  const { status, body } = await server.health();
  expect(status).toBe(503);
  expect(body).toMatchObject({ healthy: false, database: "unknown" });

  await mortal.start();
  const back = await server.metrics();
  expect(back.value("belay_up")).toBe(1);
  expect(back.value("belay_migrations_applied")).toBe(3);
  expect(back.value("belay_scrape_last_error_timestamp_seconds")).toBeGreaterThan(1e9);
});

test("one reading at a time, in bounded time, also where the network is cut", async () => {
  await using db = await createDatabase();
  await using proxy = await createProxy(db.url);
  await using project = await createProject(small);
  const settings = {
    ...{ dir: "migrations", projectDir: project.dir, databaseUrl: proxy.url },
    ...{ limits: defaultLimits, environment: realEnvironment, report: () => {} },
  };
  await using scraper = openScraper(settings, await openTarget(settings), 1_000);
  const [first, second] = await Promise.all([scraper.scrape(), scraper.scrape()]);
  expect(first.facts, first.why).toBeDefined();
  expect(second).toBe(first);

  proxy.cut();
  const cut = await scraper.scrape();
  expect(cut).toMatchObject({ why: "no answer within 1000 ms", errors: 1 });
  expect(cut.tookMs).toBeLessThan(3_000);
  proxy.heal();
  expect((await scraper.scrape()).facts).toBeDefined();
});

test("neither a password nor a broken journal gets out", async () => {
  await using db = await createDatabase();
  await using project = await createProject(small);
  await db.query("CREATE SCHEMA belay; CREATE TABLE belay.journal_version (nothing int)");
  await using broken = await serve(db.url, project.dir);
  expect(await broken.health()).toMatchObject({ status: 503, body: { healthy: false } });

  const url = new URL(db.url);
  url.username = "nobody_known";
  url.password = "very-secret-word";
  await using server = await serve(url.href, project.dir);
  const health = await (await fetch(`${server.url}/healthz`)).text();
  expect(health).toContain("it cannot be connected to");
  expect(health).not.toContain("very-secret-word");
  expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(/^belay_up 0$/m);
});

test("a port that is taken, and nothing to serve, are errors", async () => {
  await using db = await createDatabase();
  await using project = await createProject(small);
  await using server = await serve(db.url, project.dir);
  const args = ["serve", "--database-url", db.url, "--project", project.dir];
  const taken = await runBelay([...args, "--metrics", "--port", new URL(server.url).port]);
  expect(taken.status).toBe(64);
  expect(taken.stderr).toContain("Give another --port");
  expect((await runBelay(args)).status).toBe(64);
});
