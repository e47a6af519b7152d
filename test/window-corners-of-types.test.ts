// Corners of the undo window where columns change their types, each once found by the random cases of
// window-property.test.ts.

import { expect, test } from "vitest";
import { forEachServer } from "./support/servers.ts";
import { world } from "./support/window-world.ts";

forEachServer("corners of the undo window, with types", (server) => {
  test("a rollback's own writes fire no trigger of the application's", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE t (id int PRIMARY KEY, a timestamptz, b int NOT NULL DEFAULT 7 UNIQUE, s text);
        INSERT INTO t VALUES (1, '2026-01-02 03:04:05Z', 1), (2, '2026-01-02 03:04:05Z', 2);
        CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN
          IF NEW.id = 2 THEN RETURN NULL; END IF; NEW.s := ''stamped''; RETURN NEW; END';
        CREATE TRIGGER stamp BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION stamp();
        ALTER TABLE t ENABLE ALWAYS TRIGGER stamp;`,
      "2_change.up.sql": "ALTER TABLE t ALTER a TYPE date; ALTER TABLE t DROP b;",
    });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).error).toBeUndefined();
    await db.query("DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (3, '2026-05-06')");
    expect(await belay.down()).toMatchObject({ verified: true, conflicts: [] });
    const rows = await db.query("SELECT id, a AT TIME ZONE 'UTC' AS a, b, s FROM t ORDER BY id");
    expect(rows).toMatchObject([
      { id: 2, a: new Date("2026-01-02T03:04:05"), b: 2, s: null },
      { id: 3, b: 7, s: null },
    ]);
  });

  test("two changes of a column's type, of which the later one cannot be taken back", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql":
        "CREATE TABLE t (id int PRIMARY KEY, a int, b int[]); INSERT INTO t VALUES (1, 1)",
      "2_types.up.sql": `ALTER TABLE t ALTER a TYPE bigint; ALTER TABLE t ALTER a TYPE text;
        ALTER TABLE t ALTER b TYPE int USING b[1]; ALTER TABLE t ALTER b TYPE text;`,
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("UPDATE t SET a = 'x', b = 'y'");
    const { error, conflicts } = await belay.down();
    expect(error).toBeUndefined();
    expect(conflicts.map(({ key, columns, resolution }) => [key, columns, resolution])).toEqual([
      [null, ["b"], expect.stringMatching(/^b is still text: values written since do not fit /)],
      [null, ["b"], expect.stringMatching(/^b is still text: values written since do not fit /)],
      [null, ["a"], expect.stringMatching(/^a is still text: values written since do not fit /)],
      [null, ["a"], expect.stringMatching(/^a is still text: values written since do not fit /)],
    ]);
    expect(await db.query("SELECT a, b FROM t")).toEqual([{ a: "x", b: "y" }]);
  });

  test("rows that were set aside come back beside values of a type that had to stay", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE "t%" (id int PRIMARY KEY, "a%" int[] NOT NULL, b varchar(2), c numeric(10,2), filled text);
        INSERT INTO "t%" SELECT i, '{1,2}', 'x', CASE i WHEN 1 THEN 1.25 ELSE 1 END, repeat('.', 1900)
          FROM generate_series(1, 100) i`,
      "2_empty.up.sql": `TRUNCATE "t%"`,
      "3_types.up.sql": `ALTER TABLE "t%" ALTER "a%" TYPE int USING "a%"[1]; ALTER TABLE "t%" ALTER b TYPE text;
        ALTER TABLE "t%" ALTER c TYPE int`,
    });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).error).toBeUndefined();
    await db.query(`INSERT INTO "t%" VALUES (5000, 1, 'long', 2147483647)`);
    expect((await belay.down()).conflicts).toHaveLength(3);
    const { error, conflicts } = await belay.down();
    expect(error).toBeUndefined();
    expect(conflicts.filter(({ key }) => key === null)).toMatchObject([{ columns: ["a%"] }]);
    expect(await db.query(`SELECT id, "a%", b, c FROM "t%" WHERE id IN (1, 5000)`)).toEqual([
      { id: 1, "a%": null, b: "x", c: 1 },
      { id: 5000, "a%": 1, b: "long", c: 2147483647 },
    ]);
    const ofFirst = conflicts.filter(({ key }) => (key as { id?: number } | null)?.id === 1);
    expect(ofFirst.map(({ theirs, ours }) => ({ theirs, ours }))).toEqual([
      { theirs: { "a%": [1, 2] }, ours: { "a%": null } },
      { theirs: { c: 1.25 }, ours: { c: 1 } },
    ]);
  });

  test("a type that had to stay, once changed again, keeps no older migration from being taken back", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": "CREATE TABLE t (id int PRIMARY KEY, a int)",
      "2_default.up.sql": "ALTER TABLE t ALTER a SET DEFAULT 1",
      "3_type.up.sql": "ALTER TABLE t ALTER a TYPE text",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("INSERT INTO t VALUES (1, 'x')");
    expect((await belay.redo()).conflicts).toHaveLength(1);
    expect(await belay.down()).toMatchObject({ undone: [{ version: "3" }], conflicts: [] });
    const { error, undone } = await belay.down();
    expect(error).toBeUndefined();
    expect(undone).toMatchObject([
      { version: "2", residual: ["table public.t: column a was integer, is text"] },
    ]);
    expect(await db.query("SELECT * FROM t")).toEqual([{ id: 1, a: "x" }]);
  });

  test("a partition with marked indexes that was dropped meanwhile is in no type's way", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE p (id int, d int) PARTITION BY LIST (d);
        CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);
        CREATE INDEX mine ON p (id); COMMENT ON INDEX p1_id_idx IS 'of one'; COMMENT ON INDEX p2_id_idx IS 'of two';
        INSERT INTO p VALUES (1, 1), (2, 2)`,
      "2_type.up.sql": "ALTER TABLE p ALTER id TYPE bigint",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("DROP TABLE p2");
    const { error } = await belay.down({ allowDrift: true });
    // The type itself has found its way; who dropped the partition has to say so.
    expect(error?.message).toBe(
      "After the rollback the catalog would not be as it was: table public.p2 is gone",
    );
  });

  test("indexes of partitions have their names and marks again when a type has changed back", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE p (id int PRIMARY KEY, b uuid, d int) PARTITION BY HASH (id);
        CREATE TABLE p_0 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE p_1 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        CREATE INDEX ON p (b); CREATE INDEX ON p (b) INCLUDE (d); ALTER TABLE p ADD UNIQUE (id, b);
        ALTER INDEX p_0_id_b_key RENAME TO own_key; COMMENT ON CONSTRAINT own_key ON p_0 IS 'key';
        ALTER INDEX p_0_b_idx RENAME TO first; ALTER INDEX p_0_b_d_idx RENAME TO p_0_b_idx;
        COMMENT ON INDEX first IS 'one'; ALTER INDEX first SET (fillfactor = 50); ALTER TABLE p_0 CLUSTER ON first;
        INSERT INTO p VALUES (1, gen_random_uuid()), (2, NULL), (3, NULL);`,
      "2_type.up.sql": "ALTER TABLE p RENAME b TO c; ALTER TABLE p ALTER c TYPE text;",
      "3_lossy.up.sql":
        "ALTER TABLE p ALTER c TYPE int USING length(c); ALTER TABLE p ALTER d TYPE smallint;",
    });
    await using _p = project;
    await using _d = db;
    const catalog = `SELECT c.relname, c.reloptions, obj_description(c.oid) AS about, i.indisclustered,
        pg_get_indexdef(c.oid) AS sql, obj_description(k.oid) AS of_key
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid LEFT JOIN pg_constraint k ON k.conindid = c.oid
      WHERE i.indrelid IN (SELECT relid FROM pg_partition_tree('p')) ORDER BY c.relname`;
    await belay.up({ to: "1" });
    const before = await db.query(catalog);
    expect((await belay.up()).error).toBeUndefined();
    expect(await belay.down()).toMatchObject({ verified: true, conflicts: [] });
    expect(await belay.down()).toMatchObject({ verified: true, conflicts: [] });
    expect(await db.query(catalog)).toEqual(before);
  });
});
