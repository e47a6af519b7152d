// `belay decide` on real servers: what it says beforehand is what `down` then costs.

import { expect, test } from "vitest";
import { runBelay } from "./support/belay.ts";
import { forEachServer } from "./support/servers.ts";
import { world } from "./support/window-world.ts";

const base = `CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL, note text);
  INSERT INTO t SELECT i, i, 'n' || i FROM generate_series(1, 9) i`;

forEachServer("decide", (server) => {
  test("weighs rows written since, and advises on the next", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": base,
      "2_change.up.sql": "UPDATE t SET note = upper(note) WHERE id < 5",
      "3_next.up.sql": "ALTER TABLE t ADD COLUMN a int",
    });
    await using _p = project;
    await using _d = db;
    expect(await belay.decide({ severity: "high" })).toMatchObject({ about: null });
    await belay.up({ to: "2" });
    const quiet = await belay.decide({ severity: "critical" });
    expect(quiet).toMatchObject({
      ...{ about: { version: "2" }, recommended: "roll back", targetSeconds: 900 },
      pending: { version: "3", strategy: "transactional" },
    });
    expect(quiet.paths[0]).toMatchObject({ possible: true, rows: { merged: 4, told: 0, lost: 0 } });
    expect(quiet.paths[0]?.locks).toHaveLength(1);
    await db.query("UPDATE t SET note = 'mine' WHERE id IN (1, 2)");
    const busy = await belay.decide({ severity: "critical" });
    expect(busy.paths[0]?.rows.told).toBe(2);
    expect(busy.recommended).toBe("roll back");
    expect((await belay.decide({ severity: "medium" })).recommended).toBe("roll forward");
    expect((await belay.down()).conflicts).toHaveLength(2);
  });

  test("never recommends what would lose rows", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": base,
      "2_drop.up.sql": "ALTER TABLE t DROP COLUMN note",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await belay.finalize({ which: { version: "2" } });
    const over = await belay.decide({ severity: "critical" });
    expect(over).toMatchObject({ recommended: "roll forward", pending: null });
    expect(over.paths[0]).toMatchObject({ possible: false, why: "its undo window has ended" });
    const word = ["decide", "--severity", "critical", "--database-url", db.url];
    const { status, stdout } = await runBelay([...word, "--project", project.dir]);
    expect(status).toBe(0);
    expect(stdout).toContain("2 drop: critical, to be over within 15 minutes");
    expect(stdout).toMatch(/\* roll forward/);
    expect(stdout).toMatch(/roll back +not possible/);
  });

  test("says which strategy fits what is next", async () => {
    const files = { "1_base.up.sql": base, "2_x.up.sql": "ALTER TABLE t ALTER n TYPE bigint" };
    const { db, belay, project } = await world(server, files);
    await using _p = project;
    await using _d = db;
    await belay.up({ to: "1" });
    await db.query("INSERT INTO t SELECT i, i, repeat('x', 100) FROM generate_series(10, 5000) i");
    expect((await belay.decide()).pending).toMatchObject({ strategy: "online" });
    await db.query("CREATE VIEW v AS SELECT n FROM t");
    const { pending } = await belay.decide();
    expect(pending).toMatchObject({
      strategy: "blue-green",
      why: expect.stringContaining("view v"),
    });
  });
});
