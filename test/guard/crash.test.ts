// The process that watches is killed at every point of an incident: the next one finishes what was
// begun, and exactly one rollback happens.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runBelay } from "../support/belay.ts";
import { servers } from "../support/servers.ts";
import { guardOf, lost, rollbacks, watchedShop } from "./watched-shop.ts";

/** Points with how often they are passed before; the second passing of a run's is the rollback's. */
const points = [
  "incident-detected",
  "incident-decided",
  "run-recorded:2",
  "statement-executed:2",
  "step-journaled:2",
  "step-committed:2",
  "run-finished:2",
  "incident-rolled-back",
  "incident-verified",
  "incident-closed",
];

test.each(points)("killed at %s", async (point) => {
  await using given = await watchedShop(
    servers[0],
    "ALTER TABLE orders RENAME COLUMN note TO remark",
  );
  const { db, shop, belay, events, project } = given;
  const config = { guard: guardOf(shop, { baselineReadings: 25 }) };
  await writeFile(join(project.dir, "belay.config.json"), JSON.stringify(config));
  const killed = await runBelay(
    ["up", "--watch", "60s", "--database-url", db.url, "--project", project.dir],
    { env: { BELAY_CRASH_AT: point } },
  );
  expect(killed.signal, killed.stderr).toBe("SIGKILL");
  if (point === "incident-decided") {
    await expect(belay().up()).rejects.toMatchObject({ code: "BELAY_GUARD_UNDER_WAY" });
  }
  const result = await belay().watch();
  const context = `${point}: ${JSON.stringify([result, events])}`;
  expect(result, context).toMatchObject({
    outcome: "rolledBack",
    incident: { versions: ["0001"] },
  });
  expect(result.incident?.checks, context).toContainEqual(
    expect.objectContaining({ name: "rows", passed: true }),
  );
  expect(await rollbacks(db), context).toEqual([{ n: 1 }]);
  expect(await lost(db, shop), context).toBe(0);
  expect((await belay().verify()).findings, context).toEqual([]);
  expect(await belay().watch(), context).toMatchObject({ outcome: "none" });
});
