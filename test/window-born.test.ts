// Rows that are born while a dropped column is hidden: whatever default or type it has, nobody who
// inserts without it is refused.

import { expect, test } from "vitest";
import { forEachServer } from "./support/servers.ts";
import { world } from "./support/window-world.ts";

const cases = {
  "a default that needs a setting": {
    column: "d int NOT NULL DEFAULT current_setting('app.x')::int",
    told: [/^(NOT NULL of d is not there again|t_d_not_null is NOT VALID): rows written since/],
  },
  "a default that asks for a setting, which is there": {
    column: "d int NOT NULL DEFAULT current_setting('app.x')::int",
    session: "SET app.x = '42'",
    value: "42",
  },
  "a default that a type change has made too long": {
    column: "d text DEFAULT '123'",
    before: "ALTER TABLE t ALTER d TYPE varchar(2);",
  },
  "a default that a type change has made none": {
    column: "d numeric DEFAULT 'NaN'",
    before: "ALTER TABLE t ALTER d TYPE int;",
  },
  "a default that raises": { column: "d int DEFAULT no()" },
  "a default that asserts": { column: "d int DEFAULT never()" },
  "a default that depends on the day": { column: "d int DEFAULT told()", value: "8" },
  "a default that writes": { column: "d int DEFAULT noted()", value: "1" },
  "a unique default that fails": { column: "d int DEFAULT no() UNIQUE" },
  "a unique default that fails, NOT NULL": {
    column: "d int NOT NULL DEFAULT no() UNIQUE",
    told: [/^rows written since have no d: no never$/, /^(NOT NULL of d|t_d_not_null)/],
  },
  "a domain that is NOT NULL": {
    column: "d required",
    told: [/^d is still text: .*domain required does not allow null values$/],
  },
  "a domain with a check, in another one": {
    column: 'd nested DEFAULT no() COLLATE "C"',
    told: [/^d is still text: .*value for domain nested violates/],
  },
  "a domain that is NOT NULL, with a default": { column: "d filled", value: "q" },
  "a domain that is NOT NULL, with a fill": {
    column: "d required",
    before: "-- belay:fill t.d = 'v' || id\n",
    value: "v2",
  },
  "a domain whose name PL/pgSQL knows": { column: "d alias DEFAULT 'a'", value: "a" },
  "a default with quotes of all kinds": {
    column: "d text DEFAULT quoted('$belay$ ''x'' \\')",
    value: "$belay$ 'x' \\",
  },
};

const base = `CREATE FUNCTION no() RETURNS int LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no never''; END';
  CREATE FUNCTION never() RETURNS int LANGUAGE plpgsql AS 'BEGIN ASSERT false; END';
  CREATE FUNCTION quoted(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
  CREATE TABLE day (d int); CREATE FUNCTION told() RETURNS int LANGUAGE sql AS 'SELECT d FROM day';
  CREATE DOMAIN alias AS text CHECK (VALUE <> 'b');
  CREATE TABLE note (id int);
  CREATE FUNCTION noted() RETURNS int LANGUAGE sql AS 'INSERT INTO note VALUES (1) RETURNING id';
  CREATE DOMAIN required AS text NOT NULL; CREATE DOMAIN filled AS text NOT NULL DEFAULT 'q';
  CREATE DOMAIN inner_one AS text CHECK (VALUE <> ''); CREATE DOMAIN nested AS inner_one CHECK (VALUE IS NOT NULL);`;

interface Case {
  column: string;
  before?: string;
  /** Of the application. */
  session?: string;
  value?: string;
  told?: readonly RegExp[];
}

forEachServer("rows that are born without a column", (server) => {
  test.each(Object.entries<Case>(cases))("%s", async (_, given) => {
    const { column, before = "", session = "", value = null, told = [] } = given;
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `${base} CREATE TABLE t (id int PRIMARY KEY, ${column}, at int); INSERT INTO t VALUES (1, '7');
        CREATE FUNCTION mark() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.at := 1; RETURN NEW; END';
        CREATE TRIGGER mark BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION mark();`,
      "2_drop.up.sql": `${before}ALTER TABLE t DROP d;`,
    });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).error).toBeUndefined();
    expect(await db.query("SELECT FROM note")).toEqual([]);
    await db.query(`INSERT INTO day VALUES (8); ${session}; INSERT INTO t (id) VALUES (2);
      UPDATE day SET d = 9; RESET ALL`);
    const { error, conflicts, verified } = await belay.down();
    expect(error).toBeUndefined();
    expect(conflicts.map(({ resolution }) => resolution)).toEqual(
      told.map((each) => expect.stringMatching(each)),
    );
    expect(verified).toBe(told.length === 0);
    const filled = before.includes("belay:fill");
    expect(await db.query("SELECT id, d::text, at FROM t ORDER BY id")).toEqual([
      { id: 1, d: "7", at: null },
      { id: 2, d: value, at: filled ? 1 : null },
    ]);
    const ours = "SELECT FROM pg_namespace WHERE nspname ~ '^belay_shelf'";
    if (told.length === 0) expect(await db.query(ours)).toEqual([]);
  });

  test("each partition has its own default meanwhile, and again", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `${base} CREATE TABLE p (id int, k int, d int DEFAULT no()) PARTITION BY LIST (k);
        CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE p2 PARTITION OF p (d DEFAULT 5) FOR VALUES IN (2);`,
      "2_drop.up.sql": "ALTER TABLE p DROP d;",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("INSERT INTO p1 VALUES (1, 1); INSERT INTO p2 VALUES (2, 2)");
    expect(await belay.down()).toMatchObject({ verified: true, conflicts: [] });
    expect(await db.query("SELECT id, d FROM p ORDER BY id")).toEqual([
      { id: 1, d: null },
      { id: 2, d: 5 },
    ]);
    expect((await belay.up()).error).toBeUndefined();
    expect((await belay.finalize({ which: "all" })).error).toBeUndefined();
    const ours = "SELECT FROM pg_namespace WHERE nspname ~ '^belay_shelf'";
    expect(await db.query(ours)).toEqual([]);
  });

  test("a role that may not see the schemas that a default needs has its values all the same", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE SCHEMA own; CREATE TYPE own.mood AS ENUM ('a', 'b');
        CREATE FUNCTION own.mood() RETURNS own.mood LANGUAGE sql RETURN 'b'::own.mood;
        CREATE TABLE t (id int PRIMARY KEY, d own.mood DEFAULT own.mood()); INSERT INTO t VALUES (1, 'a')`,
      "2_drop.up.sql": "ALTER TABLE t DROP d; DROP FUNCTION own.mood()",
    });
    await using _p = project;
    await using _d = db;
    const role = `app_${db.url.split("/").at(-1)?.replaceAll(/\W/g, "")}`.slice(0, 60);
    expect((await belay.up()).error).toBeUndefined();
    await db.query(`CREATE ROLE "${role}"; GRANT INSERT ON t TO "${role}"; SET ROLE "${role}"`);
    await db.query("INSERT INTO t VALUES (2)");
    await db.query(`RESET ROLE; DROP OWNED BY "${role}"; DROP ROLE "${role}"`);
    expect(await belay.down()).toMatchObject({ verified: true, conflicts: [] });
    expect(await db.query("SELECT * FROM t ORDER BY id")).toEqual([
      { id: 1, d: "a" },
      { id: 2, d: "b" },
    ]);
  });

  test.each([
    ["a length", "CREATE DOMAIN short AS varchar(5) NOT NULL", "d short"],
    ["a statistics target", "CREATE DOMAIN short AS text NOT NULL", "d short, UNIQUE (d)"],
  ])(
    "what cannot be hidden in time is asked about first: a domain over %s",
    async (_, domain, d) => {
      const { db, belay, project } = await world(server, {
        "1_base.up.sql": `${domain}; CREATE TABLE t (id int PRIMARY KEY, ${d}); INSERT INTO t VALUES (1, '7');
        CREATE INDEX i ON t (lower(d)); ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 55`,
        "2_drop.up.sql": "ALTER TABLE t DROP d;",
      });
      await using _p = project;
      await using _d = db;
      expect((await belay.up()).error).toMatchObject({ code: "BELAY_UP_LOSS" });
    },
  );
});
