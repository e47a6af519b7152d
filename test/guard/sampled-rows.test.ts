// After an automatic rollback rows are as they were, or it is no verified one.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { realEnvironment } from "../../src/core/environment.ts";
import { createBelay } from "../../src/index.ts";
import { forEachServer, servers } from "../support/servers.ts";
import { doubtful, guardOf, rollbacks, watchedShop } from "./watched-shop.ts";

const bad = "ALTER TABLE orders RENAME COLUMN note TO remark";

const figures = /^(\d+) of 200 sampled rows of 1 table as they were(, \d+ written since)?$/;

forEachServer("after a rollback", (server) => {
  test("rows are as they were, apart from those written since", doubtful, async () => {
    await using given = await watchedShop(server, bad);
    const { db, belay, events } = given;
    let isOpen = true;
    const writing = (async () => {
      for (let n = 0; isOpen; n += 1) {
        const values = [1 + ((n * 7) % 400)];
        await db.query("UPDATE orders SET cents = cents + 1 WHERE id = $1", values);
        await realEnvironment.sleep(5);
      }
    })();
    const result = await belay().upWatched(15_000);
    isOpen = false;
    await writing;
    const context = JSON.stringify([result, events.filter(({ kind }) => kind === "guard")]);
    expect(result.watch, context).toMatchObject({ outcome: "rolledBack" });
    const check = result.watch?.incident?.checks.find(({ name }) => name === "rows");
    expect(check, context).toMatchObject({ passed: true, detail: expect.stringMatching(figures) });
    expect(check?.detail, context).toContain("written since");
    expect(Number(figures.exec(check?.detail ?? "")?.[1]), context).toBeGreaterThan(0);
    const [kept] = await db.query<{ in_body: boolean; bytes: number }>(
      `SELECT body::jsonb ? 'rows' AS in_body, octet_length(detail::text) AS bytes
         FROM belay.record WHERE kind = 'watch-started'`,
    );
    expect(kept?.in_body).toBe(false);
    expect(kept?.bytes).toBeLessThan(20_000);
  });

  test("values that a change of the schema has lost hand it over, by name", doubtful, async () => {
    await using given = await watchedShop(server, bad);
    const { db, shop, project, events } = given;
    await db.query("ALTER TABLE orders ADD COLUMN extra text; UPDATE orders SET extra = id");
    let isDone = false;
    const environment = {
      ...realEnvironment,
      async reached(point: string) {
        if (point !== "incident-decided" || isDone) return;
        isDone = true;
        // No row is written by that, and in the end the schema is what it was.
        await db.query(`ALTER TABLE orders DROP COLUMN extra, ADD COLUMN extra text DEFAULT 'lost';
          ALTER TABLE orders ALTER COLUMN extra DROP DEFAULT`);
      },
    };
    const belay = createBelay({
      ...{ databaseUrl: db.url, projectDir: project.dir, environment, guard: guardOf(shop) },
      report: (event) => events.push(event),
    });
    const result = await belay.upWatched(15_000);
    const context = JSON.stringify([result, events.filter(({ kind }) => kind === "guard")]);
    expect(result.watch, context).toMatchObject({
      ...{ outcome: "handedOver", why: "taken back, but: rows" },
      incident: { times: { rolledBack: expect.any(String) }, figures: { mttc: null } },
    });
    const checks = result.watch?.incident?.checks ?? [];
    expect(
      checks.filter(({ passed }) => !passed),
      context,
    ).toEqual([
      {
        ...{ name: "rows", passed: false },
        detail: expect.stringMatching(
          /^column extra of public.orders differs in \d+ rows that nobody has written since \(id \d+; id \d+; id \d+; \.\.\.\); 0 of 200 /,
        ),
      },
    ]);
    expect(await rollbacks(db)).toEqual([{ n: 1 }]);
  });
});

test("a watch that takes over goes by the rows from before all of it", doubtful, async () => {
  await using given = await watchedShop(
    servers[0],
    "ALTER TABLE orders ADD COLUMN more int; CREATE TABLE unkeyed (id int)",
  );
  const { db, belay, events, project } = given;
  const leave = new AbortController();
  const first = belay({ signal: leave.signal }).upWatched(60_000);
  while (!events.some((event) => "message" in event && /^Watching/.test(event.message))) {
    await realEnvironment.sleep(20);
  }
  leave.abort();
  expect((await first).watch).toMatchObject({ outcome: "left" });
  // It sees the column that the first has added, and that is gone after the rollback of both.
  await writeFile(
    join(project.dir, "migrations", "0002_bad.up.sql"),
    `${bad}; ALTER TABLE unkeyed ADD COLUMN x int`,
  );
  const result = await belay().upWatched(15_000);
  const context = JSON.stringify([result, events]);
  expect(result.watch, context).toMatchObject({
    ...{ outcome: "rolledBack", incident: { versions: ["0002", "0001"] } },
  });
  const check = result.watch?.incident?.checks.find(({ name }) => name === "rows");
  expect(check, context).toEqual({
    name: "rows",
    passed: true,
    detail: "200 sampled rows of 1 table as they were",
  });
  expect(events).toContainEqual({
    kind: "note",
    message:
      "No rows are sampled, to be compared after a rollback, of public.unkeyed (it has no key).",
  });
  expect(await db.query("SELECT 1 FROM pg_attribute WHERE attname = 'more'")).toEqual([]);
});

test("a watch of an earlier program is verified without rows", doubtful, async () => {
  await using given = await watchedShop(servers[0], bad);
  const { db, shop, project, events } = given;
  const environment = {
    ...realEnvironment,
    async reached(point: string) {
      if (point !== "watch-started") return;
      await db.query("UPDATE belay.record SET detail = NULL WHERE kind = 'watch-started'");
    },
  };
  const belay = createBelay({
    ...{ databaseUrl: db.url, projectDir: project.dir, environment, guard: guardOf(shop) },
    report: (event) => events.push(event),
  });
  const { watch } = await belay.upWatched(15_000);
  expect(watch, JSON.stringify(events)).toMatchObject({ outcome: "rolledBack" });
  expect(watch?.incident?.checks.map(({ name }) => name)).not.toContain("rows");
});
