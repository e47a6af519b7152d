// What a rollback could leave worse beside rows and catalog.

import { expect, test } from "vitest";
import { realEnvironment } from "../../src/core/environment.ts";
import { createBelay } from "../../src/index.ts";
import { forEachServer } from "../support/servers.ts";
import { doubtful, guardOf, watchedShop } from "./watched-shop.ts";

forEachServer("beside a rollback", (server) => {
  test("a sequence that begins anew hands it over", doubtful, async () => {
    const bad = "ALTER TABLE orders RENAME COLUMN note TO remark";
    await using given = await watchedShop(server, bad);
    const { db, shop, project } = given;
    await db.query(`CREATE TABLE tickets (id serial PRIMARY KEY);
      INSERT INTO tickets SELECT FROM generate_series(1, 9)`);
    const environment = {
      ...realEnvironment,
      async reached(point: string) {
        if (point === "incident-decided") await db.query("SELECT setval('tickets_id_seq', 3)");
      },
    };
    const belay = createBelay({
      ...{ databaseUrl: db.url, projectDir: project.dir, environment, guard: guardOf(shop) },
    });
    const { watch } = await belay.upWatched(15_000);
    expect(watch, JSON.stringify(watch)).toMatchObject({
      ...{ outcome: "handedOver", why: "taken back, but: sequences" },
    });
    const checks = watch?.incident?.checks.filter(({ passed }) => !passed);
    expect(checks).toEqual([
      { name: "sequences", passed: false, detail: "begin anew: public.tickets_id_seq" },
    ]);
  });
});
