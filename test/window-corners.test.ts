// Corners of the undo window, each once found by the random cases of window-property.test.ts.

import { expect, test } from "vitest";
import { createBelay } from "../src/index.ts";
import { createProject } from "./support/project.ts";
import { createDatabase, forEachServer, type TestServer } from "./support/servers.ts";

async function world(server: TestServer, files: Record<string, string>) {
  const project = await createProject(files);
  const db = await createDatabase(server);
  const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
  return { db, belay, project };
}

const base = `
  CREATE TABLE org (id int PRIMARY KEY);
  CREATE TABLE users (id serial PRIMARY KEY, email text NOT NULL UNIQUE, nick text DEFAULT 'none',
    org int REFERENCES org, age int CHECK (age > 0));
  CREATE INDEX users_nick ON users (nick);
  CREATE TABLE audit (id serial PRIMARY KEY, user_id int REFERENCES users ON DELETE CASCADE, what text);
  CREATE VIEW seen AS SELECT user_id, what FROM audit;
  INSERT INTO org VALUES (1), (2);
  INSERT INTO users (email, nick, org, age) SELECT 'u' || i, 'n' || i, 1, i FROM generate_series(1, 5) i;
  INSERT INTO audit (user_id, what) SELECT i, 'w' || i FROM generate_series(1, 5) i;`;

forEachServer("corners of the undo window", (server) => {
  test("a value that a statement in the middle had left is the application's when it writes it again", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE t (id int PRIMARY KEY, a int, b text);
        INSERT INTO t SELECT i, 1, 'x' FROM generate_series(1, 3) i`,
      "2_twice.up.sql": `UPDATE t SET a = 2; ALTER TABLE t RENAME a TO c; UPDATE t SET id = id + 10;
        UPDATE t SET c = 1, b = 'y'`,
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("UPDATE t SET c = 2 WHERE id = 11");
    const { conflicts } = await belay.down();
    expect(await db.query("SELECT * FROM t ORDER BY id")).toEqual([
      { id: 1, a: 2, b: "x" },
      { id: 2, a: 1, b: "x" },
      { id: 3, a: 1, b: "x" },
    ]);
    expect(conflicts).toMatchObject([{ key: { id: 1 }, columns: ["a"], theirs: { a: 1 } }]);
  });

  test("a type change keeps values that would not fit their old type when they are rounded", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE t (id int PRIMARY KEY, a numeric(10,2) NOT NULL, b int[]);
        INSERT INTO t VALUES (1, 99999999.99), (2, 1.25)`,
      "2_types.up.sql":
        "ALTER TABLE t ALTER a TYPE numeric(12,1); ALTER TABLE t ALTER b TYPE int USING b[1]",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    expect(await belay.down()).toMatchObject({ outcome: "done", verified: true, conflicts: [] });
    expect(await db.query("SELECT a::text FROM t ORDER BY id")).toEqual([
      { a: "99999999.99" },
      { a: "1.25" },
    ]);
  });

  test("drops a table as written where a deferred check keeps it from being put aside", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);
        CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO c VALUES (1, 1)`,
      "2_drop.up.sql": "UPDATE p SET id = id + 10; DROP TABLE c",
    });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).error).toMatchObject({ code: "BELAY_UP_LOSS" });
    expect((await belay.up({ acceptLoss: true })).error).toBeUndefined();
    expect(await db.query("SELECT id FROM p ORDER BY 1")).toEqual([{ id: 11 }, { id: 12 }]);
  });

  test("keeps the rows of a table that the same migration renames", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": base,
      "2_rename.up.sql": `UPDATE org SET id = id + 10 WHERE id = 2; ALTER TABLE org RENAME TO firm;
        ALTER TABLE audit RENAME TO log; DELETE FROM log; UPDATE firm SET id = 20 WHERE id = 12`,
    });
    await using _p = project;
    await using _d = db;
    await belay.up({ to: "1" });
    const audit = await db.query("SELECT * FROM audit ORDER BY id");
    expect(await belay.up()).toMatchObject({ applied: [{ verdict: "exact" }] });
    expect(await belay.down()).toMatchObject({ outcome: "done", verified: true });
    expect(await db.query("SELECT * FROM audit ORDER BY id")).toEqual(audit);
    expect(await db.query("SELECT id FROM org ORDER BY 1")).toEqual([{ id: 1 }, { id: 2 }]);
  });

  test("keeps rows that an opaque statement changes through a partitioned table", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE p (id int PRIMARY KEY, a text) PARTITION BY HASH (id);
        CREATE TABLE p0 PARTITION OF p FOR VALUES WITH (MODULUS 1, REMAINDER 0);
        INSERT INTO p VALUES (1, 'a'), (2, 'b'), (3, 'c')`,
      "2_rows.up.sql": `DO $$ BEGIN DELETE FROM p WHERE id = 1; UPDATE p0 SET a = 'x' WHERE id = 2; END $$;
        ALTER TABLE p ALTER COLUMN a TYPE varchar(1) USING left(a, 1)`,
    });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).applied.at(-1)).toMatchObject({ verdict: "exact" });
    await db.query("UPDATE p SET a = 's' WHERE id = 3");
    expect(await belay.down()).toMatchObject({ outcome: "done", conflicts: [] });
    expect(await db.query("SELECT a FROM p ORDER BY id")).toEqual(
      ["a", "b", "s"].map((a) => ({ a })),
    );
  });

  test("a dropped column that has to be unique leaves no value in rows that had none", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE t (id int PRIMARY KEY, a int UNIQUE DEFAULT 7,
          b int NOT NULL UNIQUE DEFAULT 7);
        INSERT INTO t VALUES (1, NULL, 1), (2, NULL, 2), (3, 3, 3)`,
      "2_drop.up.sql": "ALTER TABLE t DROP COLUMN a, DROP COLUMN b",
    });
    await using _p = project;
    await using _d = db;
    await belay.up({ to: "1" });
    const before = await db.query("SELECT * FROM t ORDER BY id");
    await belay.up();
    await db.query("INSERT INTO t VALUES (4), (5)");
    const { conflicts, error } = await belay.down();
    expect(error).toBeUndefined();
    expect(conflicts.length).toBeGreaterThan(0);
    expect(await db.query("SELECT * FROM t ORDER BY id")).toEqual([
      ...before,
      { id: 4, a: null, b: null },
      { id: 5, a: null, b: null },
    ]);
  });
});
