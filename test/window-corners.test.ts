// Corners of the undo window, each once found by the random cases of window-property.test.ts.

import { expect, test } from "vitest";
import { forEachServer } from "./support/servers.ts";
import { base, world } from "./support/window-world.ts";

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

  test("a type change keeps the values that the column's default had given", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)",
      "2_add.up.sql": "ALTER TABLE t ADD COLUMN b bytea NOT NULL DEFAULT '\\x0a'",
      "3_type.up.sql": "ALTER TABLE t ALTER b TYPE text USING encode(b, 'hex')",
    });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).error).toBeUndefined();
    expect(await belay.down()).toMatchObject({ verified: true, conflicts: [] });
    const values = await db.query("SELECT id, b::text FROM t ORDER BY id");
    expect(values).toEqual([1, 2].map((id) => ({ id, b: "\\x0a" })));
  });

  test("values that no cast takes back are told, whatever the server calls that", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE n (id int PRIMARY KEY, a int DEFAULT 0);
        CREATE TABLE r (id int PRIMARY KEY, a regclass);
        INSERT INTO n VALUES (1, 1); INSERT INTO r VALUES (1, 'n')`,
      "2_types.up.sql":
        "ALTER TABLE n ALTER a TYPE numeric; ALTER TABLE r ALTER a TYPE text USING a::text",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("UPDATE n SET a = 'NaN'; UPDATE r SET a = 'no such table'");
    const { error, conflicts } = await belay.down();
    expect(error).toBeUndefined();
    expect(conflicts?.map(({ resolution }) => resolution)).toEqual([
      expect.stringMatching(/^a is still text: .* regclass: invalid name syntax/),
      expect.stringMatching(/^a is still numeric: .* cannot convert NaN to integer/),
    ]);
    expect(await db.query("SELECT n.a::text AS n, r.a::text AS r FROM n, r")).toEqual([
      { n: "NaN", r: "no such table" },
    ]);
  });

  test.each([
    [
      "renamed, changed by a block, and dropped",
      "DO $$ BEGIN UPDATE z SET c = 'q' WHERE id < 2; DELETE FROM z WHERE id = 2; END $$; DROP TABLE z",
    ],
    [
      "renamed, changed, and renamed again",
      "UPDATE z SET c = 'q'; DELETE FROM z WHERE id = 2; ALTER TABLE z RENAME TO y",
    ],
    [
      "renamed, of another type, and dropped",
      "ALTER TABLE z ALTER c TYPE int USING length(c); DROP TABLE z",
    ],
    ["renamed, emptied, and dropped", "TRUNCATE z; INSERT INTO z VALUES (9, 'n'); DROP TABLE z"],
  ])("a table that is %s has its rows back", async (_, changes) => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE "a b" (id int PRIMARY KEY, c text);
        INSERT INTO "a b" VALUES (1, 'x'), (2, 'y')`,
      "2_change.up.sql": `ALTER TABLE "a b" RENAME TO z; INSERT INTO z VALUES (3, 'm'); ${changes}`,
    });
    await using _p = project;
    await using _d = db;
    const up = await belay.up();
    expect(up.error).toBeUndefined();
    expect(up.applied.at(-1)?.verdict).toBe("exact");
    const down = await belay.down();
    expect(down.error?.toJSON()).toBeUndefined();
    expect(down).toMatchObject({ verified: true, conflicts: [] });
    expect(await db.query('SELECT * FROM "a b" ORDER BY id')).toEqual([
      { id: 1, c: "x" },
      { id: 2, c: "y" },
    ]);
  });

  test("a double that was a real meanwhile is told where its row has another key since", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE t (id int PRIMARY KEY, a double precision);
        INSERT INTO t VALUES (1, 0.1), (2, 0.2), (3, 0.5)`,
      "2_type.up.sql": "ALTER TABLE t ALTER a TYPE real",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("UPDATE t SET id = 9 WHERE id = 2");
    const { conflicts } = await belay.down();
    expect(conflicts).toMatchObject([{ key: { id: 2 }, columns: ["a"], theirs: { a: "0.2" } }]);
    expect(await db.query("SELECT id, a FROM t ORDER BY id")).toEqual([
      { id: 1, a: 0.1 },
      { id: 3, a: 0.5 },
      { id: 9, a: Math.fround(0.2) },
    ]);
  });

  test("a row that takes the key of a deleted one is its writer's, in each cell", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE t (id int PRIMARY KEY, a text, b int);
        INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 2)`,
      "2_change.up.sql": "UPDATE t SET a = NULL; UPDATE t SET b = b + 1; DELETE FROM t",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("INSERT INTO t VALUES (1, NULL, 2)");
    const { error, conflicts } = await belay.down();
    expect(error).toBeUndefined();
    expect(await db.query("SELECT * FROM t ORDER BY id")).toEqual([
      { id: 1, a: null, b: 2 },
      { id: 2, a: "y", b: 2 },
    ]);
    expect(conflicts).toContainEqual(expect.objectContaining({ key: { id: 1 } }));
  });

  test("a value whose row has another key since is told with the key that it had", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE t (id int PRIMARY KEY, n numeric);
        INSERT INTO t SELECT i, i + 0.25 FROM generate_series(1, 5) i`,
      "2_type.up.sql": "ALTER TABLE t ALTER n TYPE int",
    });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).error).toBeUndefined();
    await db.query("UPDATE t SET id = 30 WHERE id = 3; DELETE FROM t WHERE id = 4");
    const { conflicts, error } = await belay.down();
    expect(error).toBeUndefined();
    expect(conflicts).toMatchObject([{ key: { id: 3 }, columns: ["n"], theirs: { n: "3.25" } }]);
    const values = await db.query("SELECT id, n::text FROM t ORDER BY id");
    expect(values).toEqual(
      Object.entries({ 1: "1.25", 2: "2.25", 5: "5.25", 30: "3" }).map(([id, n]) => ({
        id: Number(id),
        n,
      })),
    );
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

  test("in a table without a key, a value that looks like one of the migration's own is not taken for it", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql":
        "CREATE TABLE t (a int, b text); INSERT INTO t SELECT 1, 'x' FROM generate_series(1, 3)",
      "2_twice.up.sql": "UPDATE t SET a = 2; UPDATE t SET a = 3;",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("UPDATE t SET a = 2 WHERE ctid = (SELECT min(ctid) FROM t)");
    const undone = await belay.down();
    expect(undone.error).toBeUndefined();
    expect(await db.query("SELECT a FROM t ORDER BY a")).toEqual([{ a: 1 }, { a: 1 }, { a: 2 }]);
    expect(undone.conflicts.map(({ theirs }) => theirs)).toEqual([
      { a: 2, b: "x" },
      { a: 1, b: "x" },
    ]);
  });

  test("a check that the migration makes and drops itself is in nobody's way", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)",
      "2_filled.up.sql": `ALTER TABLE t ADD COLUMN b int;
        ALTER TABLE t ADD CONSTRAINT filled CHECK (b IS NOT NULL) NOT VALID;
        UPDATE t SET b = id; ALTER TABLE t ALTER b SET NOT NULL; ALTER TABLE t DROP CONSTRAINT filled;`,
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    expect(await belay.down()).toMatchObject({ outcome: "done", verified: true, conflicts: [] });
    expect(await db.query("SELECT id FROM t ORDER BY id")).toEqual([{ id: 1 }, { id: 2 }]);
    expect((await belay.up()).error).toBeUndefined();
  });

  test("a foreign key that went with CASCADE meets rows that were written without it", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1);
        CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p);
        CREATE TABLE many (id int, p int REFERENCES p) PARTITION BY HASH (id);
        CREATE TABLE most PARTITION OF many FOR VALUES WITH (MODULUS 1, REMAINDER 0);`,
      "2_drop.up.sql": "DROP TABLE p CASCADE;",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("INSERT INTO c VALUES (1, 1), (2, 7); INSERT INTO many VALUES (1, 8)");
    const undone = await belay.down();
    expect(undone).toMatchObject({ outcome: "done" });
    const told = undone.conflicts.map(({ resolution }) => resolution.replace(/:.*/, ""));
    expect(told.sort()).toEqual(["c_p_fkey is NOT VALID", "many_p_fkey is not there again"]);
    expect(await db.query("SELECT id, p FROM c ORDER BY id")).toEqual([
      { id: 1, p: 1 },
      { id: 2, p: 7 },
    ]);
  });

  test("a table that the migration made is kept, whatever else it made on it", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE made (id int PRIMARY KEY, a int);
        CREATE VIEW seen AS SELECT a FROM made;`,
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("INSERT INTO made VALUES (1, 10)");
    expect((await belay.down()).error).toBeUndefined();
    expect((await belay.up()).error).toBeUndefined();
    expect(await db.query("SELECT a FROM seen")).toEqual([{ a: 10 }]);
  });

  test("a cell that cannot go back holds back no other of its row", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE t (id int PRIMARY KEY, a int UNIQUE, b int, c int);
        INSERT INTO t VALUES (1, 1, 1, 1), (2, 2, 2, 2);`,
      "2_twice.up.sql": "UPDATE t SET a = a + 10, b = b + 10; UPDATE t SET b = b + 10;",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("UPDATE t SET a = 1 WHERE id = 2");
    const { conflicts } = await belay.down();
    expect(await db.query("SELECT * FROM t ORDER BY id")).toEqual([
      { id: 1, a: 11, b: 1, c: 1 },
      { id: 2, a: 1, b: 2, c: 2 },
    ]);
    expect(conflicts.map(({ key, columns }) => ({ key, columns }))).toEqual(
      expect.arrayContaining([
        { key: { id: 1 }, columns: ["a"] },
        { key: { id: 2 }, columns: ["a"] },
      ]),
    );
  });

  test("an enum keeps a value that rows hold, and says whose", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TYPE mood AS ENUM ('sad', 'glad');
        CREATE TABLE "T é" (id int PRIMARY KEY, "m d" mood, others mood[]);
        CREATE TABLE untouched (id int PRIMARY KEY, m mood);
        CREATE FUNCTION best() RETURNS mood LANGUAGE sql AS $f$ SELECT 'glad'::mood $f$;`,
      "2_add.up.sql": "ALTER TYPE mood ADD VALUE 'fine' BEFORE 'glad';",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query(`INSERT INTO "T é" VALUES (1, 'fine', '{sad}'), (2, 'sad', '{fine}')`);
    const undone = await belay.down();
    expect(undone.error).toBeUndefined();
    expect(undone.conflicts.map(({ target, columns }) => ({ target, columns }))).toEqual([
      { target: 'public."T é"', columns: ["m d"] },
      { target: 'public."T é"', columns: ["others"] },
    ]);
    expect(await db.query(`SELECT "m d", others::text FROM "T é" ORDER BY id`)).toEqual([
      { "m d": "fine", others: "{sad}" },
      { "m d": "sad", others: "{fine}" },
    ]);
    expect(await db.query("SELECT best()")).toEqual([{ best: "glad" }]);
  });

  test("an enum whose added value no row holds is as it was", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TABLE t (m mood, n mood[]);
        CREATE FUNCTION best() RETURNS mood LANGUAGE sql AS $belay$ SELECT 'glad'::mood $belay$;`,
      "2_add.up.sql": "ALTER TYPE mood ADD VALUE 'fine' BEFORE 'glad';",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("INSERT INTO t VALUES ('glad', '{sad}')");
    expect(await belay.down()).toMatchObject({ outcome: "done", verified: true, conflicts: [] });
    await expect(db.query("SELECT 'fine'::mood")).rejects.toThrow(/invalid input value/);
    expect(await db.query("SELECT best()")).toEqual([{ best: "glad" }]);
    expect((await belay.up()).error).toBeUndefined();
  });

  test("a foreign key to a partitioned table is one", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE p (id int PRIMARY KEY) PARTITION BY HASH (id);
        CREATE TABLE p0 PARTITION OF p FOR VALUES WITH (MODULUS 1, REMAINDER 0);
        CREATE TABLE c (id int PRIMARY KEY, p int);`,
      "2_key.up.sql": "ALTER TABLE c ADD FOREIGN KEY (p) REFERENCES p;",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    expect(await belay.down()).toMatchObject({ outcome: "done", verified: true });
  });

  test("what a rollback could not restore, and said so, is in no later one's way", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE p (id int PRIMARY KEY);
        CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p);`,
      "2_index.up.sql": "CREATE INDEX c_p ON c (p);",
      "3_drop.up.sql": "DROP TABLE p CASCADE;",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("INSERT INTO c VALUES (1, 7)");
    const undone = await belay.down();
    expect(undone.conflicts).toMatchObject([{ target: "public.c", key: null }]);
    expect(await belay.down()).toMatchObject({ outcome: "done", verified: true, conflicts: [] });
    expect(await db.query("SELECT to_regclass('c_p') AS gone")).toEqual([{ gone: null }]);
  });

  test("a key that the migration makes, drops and makes again", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql":
        "CREATE TABLE t (id int PRIMARY KEY, a int, b int UNIQUE); INSERT INTO t VALUES (1, 1, 1)",
      "2_own.up.sql": `ALTER TABLE t ADD UNIQUE (a); ALTER TABLE t DROP CONSTRAINT t_a_key;
        ALTER TABLE t DROP CONSTRAINT t_b_key; ALTER TABLE t ADD UNIQUE (b); ALTER TABLE t DROP CONSTRAINT t_b_key;
        ALTER TABLE t ADD UNIQUE (b);`,
      "3_own.up.sql": "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a); ALTER TABLE t DROP CONSTRAINT u;",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("INSERT INTO t VALUES (2, 1, 2)");
    expect(await belay.down()).toMatchObject({ outcome: "done", verified: true, conflicts: [] });
    expect(await belay.down()).toMatchObject({ outcome: "done", verified: true, conflicts: [] });
  });

  test("a view over a column whose type had to stay is told, not refused", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql":
        "CREATE TABLE t (id int PRIMARY KEY, v boolean); CREATE VIEW seen AS SELECT v FROM t;",
      "2_drop.up.sql": "DROP VIEW seen;",
      "3_type.up.sql": "ALTER TABLE t ALTER COLUMN v TYPE text;",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("INSERT INTO t VALUES (1, 'neither')");
    expect((await belay.down()).conflicts).toMatchObject([{ key: null, columns: ["v"] }]);
    const undone = await belay.down();
    expect(undone.error).toBeUndefined();
    expect(undone.differences).toHaveLength(1);
    expect(await db.query("SELECT v FROM seen")).toEqual([{ v: "neither" }]);
  });

  test("a constraint that could not come back is not missed by the statement before", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": "CREATE TABLE t (id int PRIMARY KEY, a int);",
      "2_add.up.sql": "ALTER TABLE t ADD UNIQUE (a); CREATE UNIQUE INDEX other ON t (a);",
      "3_drop.up.sql": "ALTER TABLE t DROP CONSTRAINT t_a_key; DROP INDEX other;",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("INSERT INTO t VALUES (1, 1), (2, 1)");
    expect((await belay.down()).conflicts).toHaveLength(2);
    expect((await belay.down()).error).toBeUndefined();
  });

  test("an inserted row in which the application has set what the insert had set is its own", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": "CREATE TABLE t (id int PRIMARY KEY, a int)",
      "2_rows.up.sql": "INSERT INTO t VALUES (1, 1), (2, 1); UPDATE t SET a = 2;",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("UPDATE t SET a = 1 WHERE id = 1");
    expect((await belay.down()).conflicts).toMatchObject([{ key: { id: 1 } }]);
    expect(await db.query("TABLE t")).toEqual([{ id: 1, a: 1 }]);
  });

  test("a type that had to stay is in no earlier statement's way", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql":
        "CREATE TABLE t (id int PRIMARY KEY, c uuid); INSERT INTO t VALUES (1, NULL)",
      "2_type.up.sql": `INSERT INTO t VALUES (2, NULL); UPDATE t SET c = gen_random_uuid() WHERE id = 1;
        ALTER TABLE t ALTER c TYPE text;`,
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("INSERT INTO t VALUES (3, 'no uuid')");
    const { error, conflicts } = await belay.down();
    expect(error).toBeUndefined();
    expect(conflicts.map(({ key }) => key)).toEqual([null]);
    expect(await db.query("SELECT * FROM t ORDER BY id")).toEqual([
      { id: 1, c: null },
      { id: 3, c: "no uuid" },
    ]);
  });

  test("values that a type change kept are not for a cell that the application has written since", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE t (id int PRIMARY KEY, a numeric);
        INSERT INTO t VALUES (1, 1e30), (2, 1.25), (3, 1.25)`,
      "2_type.up.sql": `ALTER TABLE t ALTER a TYPE int USING CASE WHEN a < 1000 THEN a::int END;
        DELETE FROM t WHERE id = 1; UPDATE t SET a = a / 2;`,
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    // Each looks as the change of type has left it.
    await db.query("INSERT INTO t VALUES (1, NULL); UPDATE t SET a = 1 WHERE id = 2");
    const { conflicts } = await belay.down();
    expect(await db.query("SELECT id, a::text FROM t ORDER BY id")).toEqual([
      { id: 1, a: null },
      { id: 2, a: "1" },
      { id: 3, a: "1.25" },
    ]);
    expect(conflicts).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({
          key: { id: 1 },
          columns: ["a"],
          theirs: { a: expect.anything() },
        }),
      ]),
    );
  });

  test("what is done to a table that has only been given the name of another stays with it", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE t (id int PRIMARY KEY, a int); CREATE TABLE u (id int PRIMARY KEY, a int);
        INSERT INTO t VALUES (1, 1), (2, 1); INSERT INTO u VALUES (1, 5), (2, 5)`,
      "2_name.up.sql": "DROP TABLE t; ALTER TABLE u RENAME TO t",
    });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).applied.at(-1)).toMatchObject({ verdict: "exact", losses: [] });
    await db.query("DELETE FROM t WHERE id = 1; UPDATE t SET a = 6; INSERT INTO t VALUES (3, 6)");
    expect(await belay.down()).toMatchObject({ verified: true, conflicts: [] });
    expect(await db.query("SELECT * FROM t ORDER BY id")).toEqual([
      { id: 1, a: 1 },
      { id: 2, a: 1 },
    ]);
    expect(await db.query("SELECT * FROM u ORDER BY id")).toEqual([
      { id: 2, a: 6 },
      { id: 3, a: 6 },
    ]);
  });

  test("redo applies what it took back and no more, beside what an earlier rollback had lost", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE o (id int PRIMARY KEY); INSERT INTO o VALUES (1);
        CREATE TABLE e (id int PRIMARY KEY, s varchar(12), o int REFERENCES o DEFERRABLE INITIALLY DEFERRED)`,
      "2_type.up.sql": "ALTER TABLE e ALTER s TYPE text; CREATE VIEW v AS SELECT s FROM e",
      // The foreign key is still to be checked for the new row, so that "o" cannot be put aside.
      "3_drop.up.sql": "INSERT INTO e VALUES (7, 'm'); DROP TABLE o CASCADE",
    });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).error).toMatchObject({ code: "BELAY_UP_LOSS" });
    const { losses } = (await belay.up({ acceptLoss: true })).applied.at(-1)!;
    expect(losses.map(({ object }) => object)).toContain("table o");
    expect((await belay.down({ acceptLoss: true })).error).toBeUndefined();
    await db.query("INSERT INTO e VALUES (8, 'later', 2)");
    const { error, undone, applied, verified } = await belay.redo();
    expect(error).toBeUndefined();
    expect([undone, applied].map((all) => all.map(({ version }) => version))).toEqual([
      ["2"],
      ["2"],
    ]);
    expect(verified).toBe(true);
    const states = (await belay.status()).migrations.map((each) => each.state);
    expect(states).toEqual(["applied", "applied", "rolledBack"]);
    expect(await db.query("SELECT id, s FROM e WHERE id = 8")).toEqual([{ id: 8, s: "later" }]);
  });

  test("a table is kept although checks of its deferred key are still to be run", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE p (id int PRIMARY KEY);
        CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (7, NULL)`,
      "2_drop.up.sql": "ALTER TABLE c ALTER p SET DEFAULT 1; DELETE FROM p; DROP TABLE c",
    });
    await using _p = project;
    await using _d = db;
    expect(await belay.up()).toMatchObject({ applied: [{}, { verdict: "exact" }] });
    expect(await belay.down()).toMatchObject({ verified: true, conflicts: [] });
    expect(await db.query("SELECT c.id, c.p, p.id AS all FROM c, p ORDER BY 3")).toEqual([
      { id: 7, p: null, all: 1 },
      { id: 7, p: null, all: 2 },
    ]);
  });
});
