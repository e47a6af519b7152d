// The database server is killed in the middle of a rollback of the guard, and comes back: the rollback
// is finished, by whoever watches then, and happens exactly once.

import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { realEnvironment } from "../../src/core/environment.ts";
import { identify } from "../../src/dialects/postgres/embedded/process.ts";
import { type EmbeddedServer, openEmbedded } from "../../src/dialects/postgres/embedded.ts";
import { createBelay } from "../../src/index.ts";
import { fastFolder } from "../support/start-postgres.ts";
import { guardOf, lost, rollbacks, watchedShop } from "./watched-shop.ts";

/** A server of its own, which can be killed and started again. */
async function mortalServer() {
  const dir = join(await mkdtemp(join(fastFolder(), "belay-guard-restart-")), ".belay");
  // The kill is the process's, not the machine's: what was written is in the kernel's hands.
  const settings = { fsync: "off", full_page_writes: "off" };
  const open = () => openEmbedded({ dir, environment: realEnvironment, settings });
  let server: EmbeddedServer = await open();
  let killed = 0;
  return {
    url: server.url("postgres"),
    kill() {
      killed = Number.parseInt(readFileSync(join(server.dataDir, "postmaster.pid"), "utf8"), 10);
      process.kill(killed, "SIGKILL");
    },
    async start() {
      // The signal is delivered at once, but on a busy machine the process takes its time to go.
      while (identify(killed)) await realEnvironment.sleep(5);
      // The first handle still counts as a user of the server; it is closed with the new one.
      const old = server;
      server = await open();
      await old.close();
      return server.url("postgres");
    },
    async [Symbol.asyncDispose]() {
      await server.destroy();
      await rm(dirname(dir), { recursive: true, force: true });
    },
  };
}

/** Points of the rollback; of a run's points the second passing is the rollback's. */
const points = { "incident-decided": 1, "statement-executed": 2, "step-committed": 2 };

test.each(Object.entries(points))("the server is killed at %s", async (point, passing) => {
  await using server = await mortalServer();
  await using given = await watchedShop(
    { name: "postgres-18", url: server.url },
    "ALTER TABLE orders RENAME COLUMN note TO remark",
  );
  const { db, shop, project, events } = given;
  let passed = 0;
  let restarted: Promise<string> | undefined;
  const environment = {
    ...realEnvironment,
    async reached(each: string) {
      if (each !== point || restarted !== undefined) return;
      passed += 1;
      if (passed < passing) return;
      server.kill();
      restarted = realEnvironment.sleep(500).then(() => server.start());
    },
  };
  const settings = {
    ...{ databaseUrl: db.url, projectDir: project.dir, environment },
    ...{
      guard: guardOf(shop),
      report: (event: (typeof events)[number]) => events.push(event),
    },
  };
  // It is not to be among those that are cut off.
  await db.disconnect();
  const first = await createBelay(settings)
    .upWatched(60_000)
    .catch((error: unknown) => error);
  expect(restarted, JSON.stringify([String(first), events])).toBeDefined();
  expect(await restarted).toBe(server.url);
  const belay = createBelay(settings);
  const second = await belay.watch().catch((error: unknown) => error);
  const context = JSON.stringify([first, second, events]);
  expect(await rollbacks(db), context).toEqual([{ n: 1 }]);
  expect(await lost(db, shop), context).toBe(0);
  const { incidents } = await belay.report();
  expect(incidents, context).toMatchObject([{ outcome: "rolledBack", versions: ["0001"] }]);
  expect((await belay.verify()).findings, context).toEqual([]);
  expect(await belay.watch(), context).toMatchObject({ outcome: "none" });
});
