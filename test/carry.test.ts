// Rows written to a table that a migration has made anew under the name of another one: after the
// rollback they are in the old table, or told.

import { expect, test } from "vitest";
import { forEachServer } from "./support/servers.ts";
import { world } from "./support/window-world.ts";

const rebuilt = {
  "1_base.up.sql": `CREATE TABLE t (id serial PRIMARY KEY, name varchar(10) NOT NULL, n int, UNIQUE (name));
    CREATE TABLE child (id serial PRIMARY KEY, t int REFERENCES t);
    INSERT INTO t (name, n) SELECT 'n' || i, i FROM generate_series(1, 5) i;
    INSERT INTO child (t) VALUES (1), (2);`,
  "2_rebuild.up.sql": `ALTER TABLE child DROP CONSTRAINT child_t_fkey;
    ALTER TABLE t RENAME TO t_old;
    CREATE TABLE t (id bigserial PRIMARY KEY, name text NOT NULL, n int, extra text DEFAULT 'x');
    INSERT INTO t (id, name, n) SELECT id, name, n FROM t_old;
    DROP TABLE t_old;
    ALTER TABLE child ADD CONSTRAINT child_t_fkey FOREIGN KEY (t) REFERENCES t;`,
};

forEachServer("tables made anew", (server) => {
  test("what was written since comes over to the old one", async () => {
    const { db, belay, project } = await world(server, rebuilt);
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).applied.at(-1)).toMatchObject({ verdict: "exact", losses: [] });
    await db.query(`INSERT INTO t (id, name, n) VALUES (100, 'later', 7);
      UPDATE t SET n = 99, name = 'third' WHERE id = 3; UPDATE t SET id = 50 WHERE id = 4;
      DELETE FROM t WHERE id = 5; INSERT INTO child (t) VALUES (100)`);
    expect(await belay.down()).toMatchObject({ outcome: "done", verified: true, conflicts: [] });
    expect(await db.query("SELECT * FROM t ORDER BY id")).toEqual([
      { id: 1, name: "n1", n: 1 },
      { id: 2, name: "n2", n: 2 },
      { id: 3, name: "third", n: 99 },
      { id: 50, name: "n4", n: 4 },
      { id: 100, name: "later", n: 7 },
    ]);
    expect(await db.query("INSERT INTO t (name) VALUES ('next') RETURNING id")).toEqual([
      { id: 101 },
    ]);
    const [fkey] = await db.query(
      "SELECT convalidated FROM pg_constraint WHERE conname = 'child_t_fkey'",
    );
    expect(fkey).toEqual({ convalidated: true });
  });

  test("what the old one cannot take is told, and stays with the table that is put aside", async () => {
    const { db, belay, project } = await world(server, {
      ...rebuilt,
      "2_rebuild.up.sql": rebuilt["2_rebuild.up.sql"].replace(
        "id, name, n FROM",
        "id, upper(name), n FROM",
      ),
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query(`INSERT INTO t (id, name) VALUES (100, 'much too long'), (3000000000, 'far');
      UPDATE t SET name = 'X', n = 40 WHERE id = 4; DELETE FROM t WHERE id = 5`);
    const { conflicts, error } = await belay.down();
    expect(error).toBeUndefined();
    const told = conflicts.map(({ key, columns, resolution }) => ({ key, columns, resolution }));
    expect(told).toEqual(
      expect.arrayContaining([
        { key: { id: 4 }, columns: ["name"], resolution: "not carried over" },
        { key: { id: 100 }, columns: null, resolution: "not carried over" },
        { key: { id: 3000000000 }, columns: null, resolution: "not carried over" },
      ]),
    );
    expect(told).toHaveLength(3);
    expect(await db.query("SELECT * FROM t ORDER BY id")).toEqual([
      { id: 1, name: "n1", n: 1 },
      { id: 2, name: "n2", n: 2 },
      { id: 3, name: "n3", n: 3 },
      { id: 4, name: "n4", n: 40 },
    ]);
  });

  test("one that looks the same, and one with another key", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE same (id int PRIMARY KEY, v text); INSERT INTO same VALUES (1, 'old');
        CREATE TABLE "Ké y" (host inet, port int, v text, PRIMARY KEY (host, port));
        INSERT INTO "Ké y" VALUES ('10.0.0.1', 1, 'old');`,
      "2_anew.up.sql": `DROP TABLE same; CREATE TABLE same (id int PRIMARY KEY, v text);
        DROP TABLE "Ké y";
        CREATE TABLE "Ké y" (id serial PRIMARY KEY, host inet NOT NULL, port int NOT NULL, v text, UNIQUE (host, port));`,
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query(`INSERT INTO same VALUES (1, 'taken'), (2, 'new');
      INSERT INTO "Ké y" (host, port, v) VALUES ('10.0.0.2', 2, 'new')`);
    const { conflicts } = await belay.down();
    expect(conflicts).toMatchObject([{ target: "public.same", key: { id: 1 } }]);
    expect(await db.query("SELECT * FROM same ORDER BY id")).toEqual([
      { id: 1, v: "old" },
      { id: 2, v: "new" },
    ]);
    expect(await db.query(`SELECT host, port, v FROM "Ké y" ORDER BY port`)).toEqual([
      { host: "10.0.0.1", port: 1, v: "old" },
      { host: "10.0.0.2", port: 2, v: "new" },
    ]);
  });

  test("where no key says which row is which, the plan says what is lost", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": "CREATE TABLE t (v text); INSERT INTO t VALUES ('a')",
      "2_anew.up.sql": "DROP TABLE t; CREATE TABLE t (v text);",
    });
    await using _p = project;
    await using _d = db;
    const { applied } = await belay.up();
    expect(applied.at(-1)?.losses).toMatchObject([
      { object: "rows written to public.t after the migration", whenUndone: true },
    ]);
  });

  test("finalize leaves nothing of it, and a second rollback does not see the first one's rows", async () => {
    const { db, belay, project } = await world(server, rebuilt);
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("INSERT INTO t (id, name) VALUES (100, 'once')");
    await belay.down();
    expect((await belay.up()).error).toBeUndefined();
    await db.query("DELETE FROM t WHERE id = 100; INSERT INTO t (id, name) VALUES (200, 'twice')");
    expect(await belay.down()).toMatchObject({ verified: true, conflicts: [] });
    expect(await db.query("SELECT id FROM t WHERE id > 5")).toEqual([{ id: 200 }]);
    await belay.up();
    expect((await belay.finalize({ which: "all" })).error).toBeUndefined();
    expect(
      await db.query("SELECT nspname FROM pg_namespace WHERE nspname ~ '^belay_shelf'"),
    ).toEqual([]);
    expect(await db.query("SELECT id FROM t WHERE id > 5")).toEqual([{ id: "200" }]);
  });

  test("a constraint of the old table that comes back under its later name", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE users (id int PRIMARY KEY, age int, CHECK (age > 0));
        INSERT INTO users VALUES (1, 10)`,
      "2_anew.up.sql": `ALTER TABLE users RENAME TO people; ALTER TABLE people DROP CONSTRAINT users_age_check;
        CREATE TABLE users (id int PRIMARY KEY, age int);`,
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("INSERT INTO users VALUES (2, 20)");
    expect(await belay.down()).toMatchObject({ outcome: "done", verified: true, conflicts: [] });
    expect(await db.query("SELECT * FROM users ORDER BY id")).toEqual([
      { id: 1, age: 10 },
      { id: 2, age: 20 },
    ]);
  });

  test("a value that only fits rounded is told, and one of another scale is the same", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE SCHEMA "Sales Dept";
        CREATE TABLE "Sales Dept".bill (no int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, total numeric(10,2), code char(5));
        INSERT INTO "Sales Dept".bill (total, code) SELECT i, 'c' FROM generate_series(1, 4) i;`,
      "2_anew.up.sql": `SET search_path = "Sales Dept"; ALTER TABLE bill RENAME TO bill_old;
        CREATE TABLE bill (no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, total numeric(12,4), code char(8));
        INSERT INTO bill OVERRIDING SYSTEM VALUE TABLE bill_old; DROP TABLE bill_old;`,
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query(`INSERT INTO "Sales Dept".bill OVERRIDING SYSTEM VALUE VALUES (101, 12.3456, 'new');
      UPDATE "Sales Dept".bill SET total = 77, code = 'x' WHERE no = 2; DELETE FROM "Sales Dept".bill WHERE no = 3;
      UPDATE "Sales Dept".bill SET total = 1.005 WHERE no = 4`);
    const { conflicts } = await belay.down();
    expect(
      await db.query(`SELECT no, total::text, code::text FROM "Sales Dept".bill ORDER BY no`),
    ).toEqual([
      { no: 1, total: "1.00", code: "c" },
      { no: 2, total: "77.00", code: "x" },
      { no: 4, total: "1.01", code: "c" },
      { no: 101, total: "12.35", code: "new" },
    ]);
    const told = conflicts.map(({ key, columns, theirs, resolution }) => ({
      key,
      columns,
      theirs,
      resolution,
    }));
    const resolution = "carried over rounded";
    expect(told).toHaveLength(2);
    expect(told).toEqual(
      expect.arrayContaining([
        { key: { no: 101 }, columns: ["total"], theirs: { total: 12.3456 }, resolution },
        { key: { no: 4 }, columns: ["total"], theirs: { total: "1.0050" }, resolution },
      ]),
    );
  });
});
