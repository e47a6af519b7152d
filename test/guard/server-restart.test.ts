// The database server is killed in the middle of a rollback of the guard, and comes back: the rollback
// is finished, by whoever watches then, and happens exactly once.

import { expect, test } from "vitest";
import { realEnvironment } from "../../src/core/environment.ts";
import { createBelay } from "../../src/index.ts";
import { mortalServer } from "../support/mortal-server.ts";
import { guardOf, lost, rollbacks, watchedShop } from "./watched-shop.ts";

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
