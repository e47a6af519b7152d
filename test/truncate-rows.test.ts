// After the rollback of a TRUNCATE that set a table aside, the old rows are there together with what was
// written since.

import pg from "pg";
import { expect, test } from "vitest";
import { createBelay } from "../src/index.ts";
import { catalogOf } from "./support/catalog.ts";
import { createProject } from "./support/project.ts";
import { createDatabase, forEachServer } from "./support/servers.ts";
import { takenBack, told, world } from "./support/truncated-world.ts";

forEachServer("rows of a large table that is emptied", (server) => {
  test("rows whose parent is gone come back all the same, and that is told", async () => {
    await using place = await world(
      server,
      `CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, p int REFERENCES p);
       INSERT INTO p VALUES (1), (2); INSERT INTO t VALUES (1, 1), (2, 2)`,
      "TRUNCATE t",
    );
    await place.up();
    await place.db.query("DELETE FROM p WHERE id = 1");
    const { conflicts } = await place.belay.down();
    expect(conflicts).toMatchObject([
      { key: null, target: "public.t", resolution: /t_p_fkey is NOT VALID/ },
    ]);
    expect(await place.db.query("SELECT id FROM t ORDER BY id")).toEqual([{ id: 1 }, { id: 2 }]);
  });

  test.each([
    ["a reference to itself", "CONSTRAINT c REFERENCES t", "", "c"],
    [
      "a reference to itself by an odd name",
      "CONSTRAINT c REFERENCES t",
      'ALTER TABLE t RENAME TO "REFERENCES t("',
      "c",
    ],
    [
      "a reference that was NOT VALID",
      "",
      "ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (up) REFERENCES t NOT VALID",
      "c",
    ],
    ["a check", "CONSTRAINT c CHECK (up > 0)", "", "c"],
    [
      "a check that was NOT VALID",
      "",
      "ALTER TABLE t ADD CONSTRAINT c CHECK (up > 0) NOT VALID",
      "c",
    ],
  ])("rows that %s no longer allows come back with it", async (_, inline, also, constraint) => {
    const name = also.includes("RENAME") ? `"REFERENCES t("` : "t";
    await using db = await createDatabase(server);
    await using project = await createProject({
      "1_a.up.sql": `CREATE TABLE t (id int PRIMARY KEY, up int ${inline});
        INSERT INTO t VALUES (1, 1), (2, 1); ${also};`,
      "2_b.up.sql": `TRUNCATE ${name};`,
      "3_c.up.sql": `ALTER TABLE ${name} DROP CONSTRAINT ${constraint};`,
    });
    const settings = { databaseUrl: db.url, projectDir: project.dir, onlineAboveBytes: 0 };
    const belay = createBelay(settings);
    expect((await belay.up()).error).toBeUndefined();
    await db.query(`INSERT INTO ${name} VALUES (9, -5)`);
    const backs = [await belay.down(), await belay.down()];
    expect(backs.map(({ error }) => error?.toJSON())).toEqual([undefined, undefined]);
    expect(backs[1]?.conflicts).toEqual([]);
    expect(await db.query(`SELECT * FROM ${name} ORDER BY id`)).toEqual([
      ...[
        { id: 1, up: 1 },
        { id: 2, up: 1 },
        { id: 9, up: -5 },
      ],
    ]);
    expect(
      await db.query(`SELECT convalidated AS valid, confrelid IN (0, conrelid) AS "isOwn"
        FROM pg_constraint WHERE conname = 'c'`),
    ).toEqual([{ valid: false, isOwn: true }]);
    await expect(db.query(`INSERT INTO ${name} VALUES (10, -6)`)).rejects.toThrow(/violates/);
    expect((await belay.up()).error).toBeUndefined();
  });

  test("constraints that are NOT VALID are what they were", async () => {
    await using place = await world(
      server,
      `CREATE TABLE t (id int PRIMARY KEY, up int); INSERT INTO t VALUES (1, -1), (2, 1);
       ALTER TABLE t ADD CONSTRAINT "it's" CHECK (up > 0) NOT VALID; COMMENT ON CONSTRAINT "it's" ON t IS 'it''s';
       ALTER TABLE t ADD CONSTRAINT "é %s" FOREIGN KEY (up) REFERENCES t NOT VALID; COMMENT ON CONSTRAINT "é %s" ON t IS 'é %s'`,
      "TRUNCATE t",
    );
    const before = await catalogOf(place.db.url);
    await place.up();
    await place.db.query("INSERT INTO t VALUES (9, 9)");
    await takenBack(place.belay);
    expect(await told(before, place.db.url)).toEqual([]);
    expect(await place.db.query("SELECT id FROM t ORDER BY id")).toEqual([
      ...[{ id: 1 }, { id: 2 }, { id: 9 }],
    ]);
  });

  const items = `
    CREATE TABLE t (id int PRIMARY KEY, code text UNIQUE, room int4range, v text, EXCLUDE USING gist (room WITH &&));
    CREATE UNIQUE INDEX t_lower ON t (lower(v)) WHERE v <> 'any';
    INSERT INTO t VALUES (1, 'a', '[1,2)', 'x'), (2, 'b', '[2,3)', 'y'), (3, NULL, NULL, 'any'), (4, 'd', NULL, 'z'), (5, 'e', NULL, 'same')`;
  const written = `INSERT INTO t VALUES (1, 'new', '[8,9)', 'any'), (12, 'b', NULL, 'any'), (13, NULL, NULL, 'any'),
    (14, 'n', NULL, 'Z'), (5, 'e', NULL, 'same'), (16, 'o', '[0,2)', 'any')`;

  test("the newer one of two rows that exclude each other stays, and the older is told", async () => {
    await using place = await world(server, items, "TRUNCATE t");
    const { db, up, belay } = place;
    await up();
    await db.query(written);
    expect((await belay.status({ undo: true })).migrations[1]?.undo.standing).toMatchObject({
      rows: 6,
      against: [{ what: "conflicts", object: "public.t", count: 5 }],
    });
    const { conflicts, error, verified } = await belay.down();
    expect(error).toBeUndefined();
    expect(verified).toBe(true);
    const seen = conflicts.map(({ key, theirs, ours, resolution }) => [
      (key as { id: number }).id,
      (theirs as { v: string }).v,
      (ours as { id: number }).id,
      resolution,
    ]);
    expect(seen.sort()).toEqual([
      [1, "x", 1, "kept newer"],
      [1, "x", 16, "kept newer"],
      [2, "y", 12, "kept newer"],
      [4, "z", 14, "kept newer"],
    ]);
    expect(await db.query("SELECT id, code, v FROM t ORDER BY id")).toEqual([
      { id: 1, code: "new", v: "any" },
      { id: 3, code: null, v: "any" },
      { id: 5, code: "e", v: "same" },
      { id: 12, code: "b", v: "any" },
      { id: 13, code: null, v: "any" },
      { id: 14, code: "n", v: "Z" },
      { id: 16, code: "o", v: "any" },
    ]);
  });

  test.each(["restore", "park"] as const)("down --on-conflict %s", async (onConflict) => {
    await using place = await world(server, items, "TRUNCATE t");
    const { db, up, belay } = place;
    await up();
    await db.query(written);
    const { conflicts } = await belay.down({ onConflict });
    expect(new Set(conflicts.map(({ resolution }) => resolution))).toEqual(
      new Set([onConflict === "restore" ? "restored" : "parked"]),
    );
    const ids = (await db.query<{ id: number }>("SELECT id FROM t ORDER BY id")).map(
      ({ id }) => id,
    );
    expect(ids).toEqual(onConflict === "restore" ? [1, 2, 3, 4, 5, 13] : [1, 3, 5, 12, 13, 14, 16]);
  });

  test("a table without any key, and one filled again by the same migration", async () => {
    await using place = await world(
      server,
      `CREATE TABLE t (v text); INSERT INTO t VALUES ('a'), ('a'), ('b');
       CREATE TABLE country (code text PRIMARY KEY, name text); INSERT INTO country VALUES ('de', 'Deutschland'), ('fr', 'France')`,
      `TRUNCATE t, country; INSERT INTO country VALUES ('de', 'Germany'), ('fr', 'France'), ('it', 'Italy'), ('es', 'Spain');
       UPDATE country SET name = upper(name) WHERE code = 'es'`,
    );
    const { db, up, asides, belay } = place;
    await up();
    expect(await asides()).toEqual(["country", "t"]);
    await db.query(`INSERT INTO t VALUES ('a'); UPDATE country SET name = 'Italia' WHERE code = 'it';
      DELETE FROM country WHERE code = 'fr'; INSERT INTO country VALUES ('pl', 'Poland')`);
    const { conflicts, error } = await belay.down();
    expect(error).toBeUndefined();
    expect(conflicts).toMatchObject([{ key: { code: "it" } }]);
    expect(await db.query("SELECT v FROM t ORDER BY v")).toEqual(
      ["a", "a", "a", "b"].map((v) => ({ v })),
    );
    expect(await db.query("SELECT * FROM country ORDER BY code")).toEqual([
      { code: "de", name: "Deutschland" },
      { code: "fr", name: "France" },
      { code: "it", name: "Italia" },
      { code: "pl", name: "Poland" },
    ]);
  });

  test("among other statements on the same table", async () => {
    await using place = await world(
      server,
      `CREATE TABLE t (id serial PRIMARY KEY, v text, w int); INSERT INTO t (v, w) SELECT 'v' || i, i FROM generate_series(1, 3) i`,
      `UPDATE t SET v = upper(v); ALTER TABLE t ADD COLUMN x int DEFAULT 7; ALTER TABLE t RENAME v TO name;
       TRUNCATE t; INSERT INTO t (name) VALUES ('made'); ALTER TABLE t DROP COLUMN w; TRUNCATE t;
       ALTER TABLE t RENAME name TO title; CREATE INDEX t_title ON t (title); ALTER TABLE t RENAME TO s`,
    );
    const { db, up, asides, belay } = place;
    const before = await catalogOf(db.url);
    await up();
    // The second one finds a column that the migration has hidden.
    expect(await asides()).toEqual(["t"]);
    await db.query("INSERT INTO s (title, x) VALUES ('since', 1)");
    await takenBack(belay);
    expect(await told(before, db.url)).toEqual([]);
    expect(await db.query("SELECT id, v, w FROM t ORDER BY id")).toEqual([
      ...[1, 2, 3].map((id) => ({ id, v: `v${id}`, w: id })),
      { id: 5, v: "since", w: null },
    ]);
  });

  test("a row that looks as an earlier statement of the migration had left it is newer all the same", async () => {
    await using place = await world(
      server,
      "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b')",
      "UPDATE t SET v = upper(v); INSERT INTO t VALUES (3, 'c'); TRUNCATE t",
    );
    await place.up();
    await place.db.query("INSERT INTO t VALUES (1, 'A'), (3, 'c')");
    expect((await place.belay.down()).error).toBeUndefined();
    expect(await place.db.query("SELECT * FROM t ORDER BY id")).toEqual([
      { id: 1, v: "A" },
      { id: 2, v: "b" },
      { id: 3, v: "c" },
    ]);
  });

  test("what a later migration could not put back of the twin is not there on the table either", async () => {
    const project = await createProject({
      "1_base.up.sql": `CREATE TABLE t (id int PRIMARY KEY, code uuid, name text NOT NULL UNIQUE, n int CHECK (n > 0));
        INSERT INTO t VALUES (1, '00000000-0000-0000-0000-00000000000a', 'a', 1);`,
      "2_empty.up.sql": "TRUNCATE t",
      "3_loose.up.sql": `ALTER TABLE t ALTER code TYPE text; ALTER TABLE t DROP CONSTRAINT t_name_key;
        ALTER TABLE t ALTER name DROP NOT NULL; ALTER TABLE t DROP CONSTRAINT t_n_check`,
    });
    await using _p = project;
    await using db = await createDatabase(server);
    const settings = { databaseUrl: db.url, projectDir: project.dir };
    const belay = createBelay(settings);
    await belay.up({ to: "1" });
    await createBelay({ ...settings, onlineAboveBytes: 0 }).up({ to: "2" });
    expect((await belay.up()).error).toBeUndefined();
    await db.query(
      "INSERT INTO t VALUES (2, 'no uuid', 'x', -1), (3, NULL, 'x', 2), (4, NULL, NULL, 3)",
    );
    expect((await belay.down()).error).toBeUndefined();
    expect((await belay.down({ allowDrift: true })).error).toBeUndefined();
    expect(await db.query("SELECT * FROM t ORDER BY id")).toEqual([
      { id: 1, code: "00000000-0000-0000-0000-00000000000a", name: "a", n: 1 },
      { id: 2, code: "no uuid", name: "x", n: -1 },
      { id: 3, code: null, name: "x", n: 2 },
      { id: 4, code: null, name: null, n: 3 },
    ]);
  });

  test("a deferred key of rows that come home keeps nothing behind it from being taken back", async () => {
    await using place = await world(
      server,
      `CREATE TABLE s (id int PRIMARY KEY); CREATE TABLE l (id int PRIMARY KEY, s int REFERENCES s DEFERRABLE INITIALLY DEFERRED);
       INSERT INTO s SELECT generate_series(1, 6); INSERT INTO l VALUES (1, 3);`,
      "ALTER TABLE l ADD UNIQUE (s); TRUNCATE s CASCADE",
    );
    const { db, up, asides, belay } = place;
    await up();
    expect(await asides()).toEqual(["l", "s"]);
    await db.query("INSERT INTO l VALUES (2, NULL), (3, 9); INSERT INTO s VALUES (9)");
    await takenBack(belay);
    expect(await db.query("SELECT * FROM l ORDER BY id")).toEqual([
      { id: 1, s: 3 },
      { id: 2, s: null },
      { id: 3, s: 9 },
    ]);
  });

  test("twice in one migration, and again in another", async () => {
    await using place = await world(
      server,
      "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)",
      "TRUNCATE t; INSERT INTO t VALUES (3); TRUNCATE t; INSERT INTO t VALUES (4)",
    );
    const { db, up, asides, belay } = place;
    await up();
    expect(await asides()).toEqual(["t", "t"]);
    await db.query("INSERT INTO t VALUES (5); DELETE FROM t WHERE id = 4");
    expect((await belay.redo()).error).toBeUndefined();
    expect(await db.query("SELECT id FROM t ORDER BY id")).toEqual([{ id: 4 }]);
    await db.query("INSERT INTO t VALUES (6)");
    await takenBack(belay);
    await up();
    await takenBack(belay);
    expect(await db.query("SELECT id FROM t ORDER BY id")).toEqual(
      [1, 2, 5, 6].map((id) => ({ id })),
    );
    expect(await asides()).toEqual([]);
    expect((await belay.status()).migrations.at(-1)?.state).toBe("rolledBack");
  });

  test.each([
    ["a view", "CREATE VIEW w AS SELECT id FROM t", "TRUNCATE t"],
    ["its row type", "CREATE TABLE u (id int, row t)", "TRUNCATE t"],
    ["a function", "CREATE FUNCTION f(t) RETURNS int LANGUAGE sql AS 'SELECT 1'", "TRUNCATE t"],
    ["a rule", "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING", "TRUNCATE t"],
    [
      "a trigger that it fires",
      "CREATE TABLE log (v text); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO log VALUES ($$fired$$); RETURN NULL; END'; CREATE TRIGGER g AFTER TRUNCATE ON t EXECUTE FUNCTION f()",
      "TRUNCATE t",
    ],
    [
      "an event trigger",
      "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()",
      "TRUNCATE t",
    ],
    [
      "partitions",
      "CREATE TABLE p (id int PRIMARY KEY) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
      "TRUNCATE p, t",
    ],
    ["inheritance", "CREATE TABLE i () INHERITS (t)", "TRUNCATE t"],
    ["a hidden column", "SELECT 1", "ALTER TABLE t DROP COLUMN v; TRUNCATE t"],
    [
      "a referrer with a second unique key",
      "ALTER TABLE t ADD UNIQUE (v); CREATE TABLE k (t int REFERENCES t)",
      "TRUNCATE t, k",
    ],
    [
      "a circle of keys",
      "CREATE TABLE k (id int PRIMARY KEY, t int REFERENCES t); ALTER TABLE t ADD k int REFERENCES k",
      "TRUNCATE t, k",
    ],
    ["a temporary table beside it", "SELECT 1", "CREATE TEMPORARY TABLE x (a int); TRUNCATE x, t"],
  ])("%s: the rows are captured as ever", async (_, more, change) => {
    await using place = await world(
      server,
      `CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b'); ${more};`,
      change,
    );
    const { db, belay, asides } = place;
    const { error, applied } = await belay.up({ acceptLoss: true });
    expect(error).toBeUndefined();
    expect(await asides()).toEqual([]);
    expect(await db.query("SELECT * FROM t")).toEqual([]);
    await db.query("INSERT INTO t (id) VALUES (3)");
    const lossy = applied[0]?.verdict !== "exact";
    expect((await belay.down({ acceptLoss: lossy })).error).toBeUndefined();
    if (!lossy)
      expect(await db.query("SELECT id FROM t ORDER BY id")).toEqual(
        [1, 2, 3].map((id) => ({ id })),
      );
  });

  test("RESTART IDENTITY of small tables: no number is given twice after the rollback", async () => {
    await using project = await createProject({
      "1_base.up.sql": `CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          a int REFERENCES a);
        CREATE TABLE p (id serial, d int, PRIMARY KEY (id, d)) PARTITION BY LIST (d); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
        INSERT INTO a SELECT FROM generate_series(1, 9); INSERT INTO b (a) SELECT 1 FROM generate_series(1, 7);
        INSERT INTO p (d) VALUES (1), (1)`,
      "2_empty.up.sql": "TRUNCATE a, p RESTART IDENTITY CASCADE",
    });
    await using db = await createDatabase(server);
    const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
    expect((await belay.up()).error).toBeUndefined();
    expect(await db.query("INSERT INTO p (d) VALUES (1) RETURNING id")).toEqual([{ id: 1 }]);
    expect((await belay.down()).error).toBeUndefined();
    expect(
      await db.query(`WITH x AS (INSERT INTO a DEFAULT VALUES RETURNING id), y AS (INSERT INTO b DEFAULT VALUES RETURNING id),
          z AS (INSERT INTO p (d) VALUES (1) RETURNING id) SELECT x.id AS a, y.id AS b, z.id AS p FROM x, y, z`),
    ).toEqual([{ a: 10, b: 8, p: 3 }]);
    expect((await belay.up()).error).toBeUndefined();
    expect(await db.query("INSERT INTO a DEFAULT VALUES RETURNING id")).toEqual([{ id: 1 }]);
    expect((await belay.finalize({ which: "all" })).error).toBeUndefined();
    expect(
      await db.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'belay\\_%'"),
    ).toEqual([]);
  });

  test("small tables are captured, large ones set aside", async () => {
    const project = await createProject({
      "1_base.up.sql": `CREATE TABLE small (id int PRIMARY KEY); INSERT INTO small VALUES (1);
        CREATE TABLE large (id int PRIMARY KEY); INSERT INTO large SELECT generate_series(1, 10000)`,
      "2_small.up.sql": "TRUNCATE small",
      "3_large.up.sql": "TRUNCATE small, large",
    });
    await using _p = project;
    await using db = await createDatabase(server);
    const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
    await belay.up({ to: "1" });
    const runs = (await belay.plan()).migrations.map(
      ({ steps }) => steps[0]?.statements?.[0]?.runs,
    );
    expect(runs[0]?.join()).not.toContain("LIKE");
    await belay.up({ to: "2" });
    const oids = () => db.query("SELECT 'small'::regclass::oid, 'large'::regclass::oid AS large");
    const before = await oids();
    await belay.up();
    expect(await oids()).not.toEqual(before);
    await takenBack(belay);
    expect(await oids()).toEqual(before);
    expect(await db.query("SELECT count(*)::int AS n FROM large")).toEqual([{ n: 10000 }]);
  });

  test("an application with prepared statements loses nothing, and fails nowhere", async () => {
    await using place = await world(
      server,
      `CREATE TABLE t (id bigserial PRIMARY KEY, writer int NOT NULL, n int NOT NULL, hits int NOT NULL DEFAULT 0);
       INSERT INTO t (writer, n) SELECT 0, i FROM generate_series(1, 5000) i`,
      "TRUNCATE t",
    );
    const { db, belay } = place;
    let isOver = false;
    const failed: unknown[] = [];
    const writers = [1, 2, 3].map(async (writer) => {
      const client = new pg.Client({ connectionString: db.url });
      await client.connect();
      let last = 0;
      for (let n = 1; !isOver; n += 1) {
        try {
          await client.query({
            name: "add",
            text: "INSERT INTO t (writer, n) VALUES ($1, $2)",
            values: [writer, n],
          });
          await client.query({
            name: "hit",
            text: "UPDATE t SET hits = hits + 1 WHERE writer = $1 AND n = $2",
            values: [writer, n],
          });
          await client.query({
            name: "see",
            text: "SELECT * FROM t WHERE writer = $1 AND n = $2",
            values: [writer, n],
          });
          last = n;
        } catch (error) {
          failed.push(error);
        }
      }
      await client.end();
      return { writer, last };
    });
    const pause = () => new Promise((resolve) => setTimeout(resolve, 150));
    const since: { n: number }[] = [];
    try {
      for (let round = 0; round < 2; round += 1) {
        await pause();
        expect((await belay.up()).error).toBeUndefined();
        await pause();
        since.push(...(await db.query<{ n: number }>("SELECT count(*)::int AS n FROM t")));
        expect((await belay.down()).error).toBeUndefined();
      }
      await pause();
    } finally {
      isOver = true;
    }
    const all = await Promise.all(writers);
    expect(failed).toEqual([]);
    expect(since.every(({ n }) => n > 0 && n < 5000)).toBe(true);
    for (const { writer, last } of all) {
      expect(last).toBeGreaterThan(50);
      const [seen] = await db.query(
        "SELECT count(*)::int AS n, count(DISTINCT n)::int AS each, max(n) AS last FROM t WHERE writer = $1",
        [writer],
      );
      expect(seen).toEqual({ n: last, each: last, last });
    }
    const [hits] = await db.query("SELECT count(*)::int AS n FROM t WHERE writer > 0 AND hits > 1");
    expect(hits).toEqual({ n: 0 });
    expect(await db.query("SELECT count(*)::int AS n FROM t WHERE writer = 0")).toEqual([
      { n: 5000 },
    ]);
  });
});
