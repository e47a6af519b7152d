// A journal that an earlier version wrote is read as it is, upgraded by the first command that
// writes, and leads back as before.

import { expect, test } from "vitest";
import { createBelay } from "../src/index.ts";
import { createProject } from "./support/project.ts";
import { createDatabase, forEachServer } from "./support/servers.ts";

forEachServer("a journal of version 1", (server) => {
  test("is read, and upgraded when something is written", async () => {
    await using project = await createProject({ "0001_t.up.sql": "CREATE TABLE t (id int)" });
    await using db = await createDatabase(server);
    const belay = createBelay({ projectDir: project.dir, databaseUrl: db.url });
    await belay.up();
    // As version 1 kept it: everything in the body.
    await db.query(`
      UPDATE belay.record SET body = (body::jsonb || detail::jsonb)::json WHERE detail IS NOT NULL;
      ALTER TABLE belay.record DROP COLUMN detail;
      DROP TABLE belay.conflict, belay.watch_lease;
      DELETE FROM belay.journal_version WHERE version > 1`);
    expect((await belay.status()).migrations).toMatchObject([
      { version: "0001", state: "applied" },
    ]);
    expect((await belay.planDown()).migrations[0]?.steps[0]?.statements[0]?.sql).toContain(
      "DROP TABLE",
    );
    expect(await belay.down()).toMatchObject({ outcome: "done", verified: true });
    const versions = await db.query("SELECT version FROM belay.journal_version ORDER BY 1");
    expect(versions).toEqual([{ version: 1 }, { version: 2 }, { version: 3 }, { version: 4 }]);
  });
});
