// Tables that a migration makes and fills, however that is written: their rows go with them, and are no loss.

import { expect, test } from "vitest";
import { forEachServer } from "./support/servers.ts";
import { world } from "./support/window-world.ts";

const ways = {
  "CREATE TABLE AS": 'CREATE TABLE "Ü y" AS TABLE t; UPDATE "Ü y" SET a = 5',
  "CREATE TABLE AS, filled from itself and dropped":
    "CREATE TABLE y AS TABLE t; INSERT INTO y TABLE t; CREATE TABLE z AS TABLE y; DROP TABLE y; DELETE FROM z WHERE id = 1",
  "SELECT INTO": "SELECT * INTO y FROM t; UPDATE y SET a = 5",
  "a schema of the file's":
    "CREATE SCHEMA s; SET search_path = s, public; CREATE TABLE t AS TABLE t",
  "a DO block": "DO 'BEGIN CREATE TABLE y AS TABLE t; UPDATE y SET a = 7; END'",
  "a function": `CREATE FUNCTION f() RETURNS void LANGUAGE sql
    AS 'CREATE TABLE y AS TABLE t; UPDATE t SET a = 7;'; SELECT f()`,
  "several steps": "CREATE TABLE y AS TABLE t; CREATE INDEX CONCURRENTLY ON t (a)",
};

forEachServer("tables that a migration makes and fills", (server) => {
  const base = `CREATE TABLE t (id int PRIMARY KEY, a int, n text); INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b');`;

  test.each(Object.entries(ways))("by %s", async (_, sql) => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": base,
      "2_made.up.sql": `${sql};`,
    });
    await using _p = project;
    await using _d = db;
    expect(await belay.up()).toMatchObject({ applied: [{}, { losses: [] }] });
    await db.query("INSERT INTO t VALUES (10, 10, 'ten')");
    expect(await belay.down()).toMatchObject({
      undone: [{ version: "2" }],
      verified: true,
      conflicts: [],
    });
    expect(await db.query("SELECT id, a FROM t ORDER BY id")).toEqual([
      ...[1, 2, 10].map((id) => ({ id, a: id })),
    ]);
    expect((await belay.up()).error).toBeUndefined();
  });

  test.each([
    "CREATE TABLE y AS TABLE t",
    "DO 'BEGIN CREATE TABLE y AS TABLE t; UPDATE t SET a = 7; END'",
  ])("what %s has made is backed out where a later step fails", async (sql) => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": base,
      "2_made.up.sql": `${sql}; CREATE INDEX CONCURRENTLY ON t (a); SELECT 1/0;`,
    });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).error?.message).toBe("Migration 2 made failed: division by zero");
    expect(await db.query("SELECT a, to_regclass('y') AS y FROM t ORDER BY a")).toEqual([
      { a: 1, y: null },
      { a: 2, y: null },
    ]);
  });

  test("rows of a table that was there are no part of one that takes its name", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": base,
      "2_made.up.sql": "CREATE TABLE y AS TABLE t; DROP TABLE t; ALTER TABLE y RENAME TO t;",
    });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).applied[1]?.losses).toMatchObject([
      { object: "rows written to public.t after the migration", whenUndone: true },
    ]);
  });

  const heirs = `CREATE TABLE root (id int); CREATE TABLE y (a int) INHERITS (root); INSERT INTO y VALUES (1, 1), (2, 2);`;

  test.each([
    ["one that is there", "CREATE TABLE IF NOT EXISTS y AS SELECT 1; UPDATE y SET a = 9"],
    [
      "a temporary one",
      "CREATE TEMP TABLE y AS TABLE y; DELETE FROM public.y; INSERT INTO public.y TABLE pg_temp.y; DROP TABLE pg_temp.y",
    ],
    [
      "one that has another name since",
      "CREATE TABLE z AS TABLE y; ALTER TABLE z RENAME TO zz; ALTER TABLE y RENAME TO z; UPDATE z SET a = 9",
    ],
  ])("rows of another table are no part of %s", async (_, sql) => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": heirs,
      "2_made.up.sql": `${sql};`,
    });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).error).toMatchObject({ code: "BELAY_UP_LOSS" });
    expect(await db.query("SELECT * FROM y ORDER BY id")).toEqual([
      { id: 1, a: 1 },
      { id: 2, a: 2 },
    ]);
  });

  test("a table made under another's name is backed out where a later step fails", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `${base} CREATE TABLE o (id int)`,
      "2_made.up.sql":
        "DROP TABLE t; CREATE TABLE t (x text); CREATE INDEX CONCURRENTLY ON o (id); SELECT 1/0;",
    });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).error).toMatchObject({ code: "BELAY_STATEMENT" });
    expect(await db.query("SELECT id FROM t ORDER BY id")).toEqual([{ id: 1 }, { id: 2 }]);
  });

  test("what may have been written to such a table meanwhile is not backed out with it", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `${base} CREATE TABLE o (id int)`,
      "2_made.up.sql": `DROP TABLE t; CREATE TABLE t (x text); CREATE INDEX CONCURRENTLY ON o (id);
        INSERT INTO t VALUES ('written'); CREATE INDEX CONCURRENTLY ON o (id); SELECT 1/0;`,
    });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).error).toMatchObject({ code: "BELAY_HALFWAY" });
    expect(await db.query("SELECT * FROM t")).toEqual([{ x: "written" }]);
  });
});
