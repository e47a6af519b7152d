// Rollbacks where values written since keep a column's type from changing back: what does not fit that
// type is left out and told, and all else comes back.

import { expect, test } from "vitest";
import { forEachServer } from "./support/servers.ts";
import { world } from "./support/window-world.ts";

/** What hangs on `t.a` by being a number, how it is taken away, and what a rollback says of it. */
const hanging = [
  ["", "ALTER TABLE t ALTER flag DROP DEFAULT", /SET DEFAULT true: column "flag" is of type/],
  ["CREATE INDEX i ON t ((a + 1))", "DROP INDEX i", /^index i is not there again: operator/],
  ["ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)", "ALTER TABLE t DROP CONSTRAINT k", /CHECK.*>/],
  [
    "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES o",
    "ALTER TABLE t DROP CONSTRAINT fk",
    /REFERENCES o.*cannot be implemented/,
  ],
  [
    "ALTER TABLE t ADD CONSTRAINT ex EXCLUDE USING gist (int4range(a, a + 1) WITH &&)",
    "ALTER TABLE t DROP CONSTRAINT ex",
    /^ex is not there again: operator does not exist/,
  ],
  [
    "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.a > 0) EXECUTE FUNCTION same()",
    "DROP TRIGGER g ON t",
    /^left out: CREATE TRIGGER g/,
  ],
  ["CREATE POLICY p ON t USING (a > 0)", "DROP POLICY p ON t", /^left out: CREATE POLICY p/],
  [
    "CREATE RULE r AS ON DELETE TO t WHERE OLD.a > 500 DO ALSO DELETE FROM o",
    "DROP RULE r ON t",
    /^left out: CREATE RULE r/,
  ],
  ["CREATE STATISTICS s ON (a + 1), id FROM t", "DROP STATISTICS s", /^left out: CREATE STATIST/],
  [
    `CREATE MATERIALIZED VIEW m AS SELECT a + 1 AS b FROM t; CREATE INDEX mi ON m (b);
     COMMENT ON MATERIALIZED VIEW m IS 'm'`,
    "DROP MATERIALIZED VIEW m",
    /^left out: CREATE MATERIALIZED VIEW/,
    /^left out: CREATE INDEX mi/,
  ],
  [
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT a + 1 FROM t; END",
    "DROP FUNCTION f()",
    /^left out: CREATE FUNCTION/,
  ],
  [
    `CREATE VIEW v AS SELECT a + 1 AS b FROM t; CREATE VIEW w AS SELECT * FROM v;
     GRANT SELECT ON w TO PUBLIC; CREATE VIEW fits AS SELECT id FROM t`,
    "DROP VIEW v CASCADE; DROP VIEW fits",
    /^left out: CREATE VIEW public.v/,
    /^left out: CREATE VIEW public.w/,
  ],
  [
    "CREATE TABLE d (id int PRIMARY KEY, x int); CREATE VIEW dv AS SELECT d.x + t.a FROM d, t; INSERT INTO d VALUES (1, 1)",
    "DROP TABLE d CASCADE",
    /^left out: CREATE VIEW public.dv/,
  ],
  [
    "ALTER TABLE t ADD c int DEFAULT 3; CREATE VIEW cv AS SELECT a + c AS s FROM t",
    "ALTER TABLE t DROP c CASCADE",
    /^left out: CREATE VIEW public.cv/,
  ],
  ["ALTER TABLE t INHERIT parent", "ALTER TABLE t NO INHERIT parent", /^left out: .* INHERIT/],
  [
    "ALTER TABLE t ALTER n ADD GENERATED ALWAYS AS IDENTITY",
    "ALTER TABLE t ALTER n DROP IDENTITY",
    /^left out: .* ADD GENERATED ALWAYS AS IDENTITY/,
  ],
] as const;

const base = `CREATE TABLE o (id int PRIMARY KEY); INSERT INTO o VALUES (1), (2);
  CREATE TABLE parent (a int);
  CREATE FUNCTION same() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TABLE t (id int PRIMARY KEY, a int, n int NOT NULL, flag boolean DEFAULT true);
  INSERT INTO t VALUES (1, 1, 1, true), (2, 2, 2, false);`;
const made = hanging.map(([sql]) => `${sql};`).join("\n");
const away = hanging.map(([, sql]) => `${sql};`).join("\n");
const types = `ALTER TABLE t ALTER a TYPE text, ALTER n TYPE text;
  ALTER TABLE t ALTER flag TYPE int USING flag::int;`;
const left = hanging.flatMap(([, , ...told]) => told);

forEachServer("rollbacks in a database that is otherwise than it was", (server) => {
  test.each([
    ["of the same migration", { "2_away.up.sql": away + types }],
    ["of an older one", { "2_away.up.sql": away, "3_types.up.sql": types }],
  ])("what does not fit a type that had to stay is left out: %s", async (_, later) => {
    const { db, belay, project } = await world(server, { "1_base.up.sql": base + made, ...later });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).error).toBeUndefined();
    await db.query("UPDATE t SET a = 'x', n = 'y', flag = 7 WHERE id = 1");
    const isOlder = Object.keys(later).length > 1;
    if (isOlder) expect((await belay.down()).conflicts).toHaveLength(3);
    const { error, verified, conflicts } = await belay.down();
    expect([error, verified]).toEqual([undefined, false]);
    const told = conflicts.filter(({ columns }) => columns === null);
    const words = told.map(({ resolution }) => resolution);
    expect(words).toEqual(left.toReversed().map(() => expect.any(String)));
    for (const each of left) expect(words).toContainEqual(expect.stringMatching(each));
    expect(await db.query("SELECT id, a, n, flag, c FROM t ORDER BY id")).toEqual([
      { id: 1, a: "x", n: "y", flag: 7, c: 3 },
      { id: 2, a: "2", n: "2", flag: 0, c: 3 },
    ]);
    expect(await db.query("SELECT x, (SELECT count(*)::int FROM fits) AS fits FROM d")).toEqual([
      { x: 1, fits: 2 },
    ]);
    const recorded = await db.query("SELECT FROM belay.conflict WHERE resolution ~ '^left out'");
    expect(recorded).toHaveLength(words.filter((each) => each.startsWith("left out")).length);
    expect((await belay.down()).error).toBeUndefined();
    expect(await db.query("SELECT to_regclass('t') AS t")).toEqual([{ t: null }]);
  });

  test("an index that is built outside of a transaction is left out too", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `${base} CREATE INDEX i ON t ((a + 1)); CREATE INDEX j ON t ((id + 1));`,
      "2_away.up.sql": "DROP INDEX CONCURRENTLY i; DROP INDEX CONCURRENTLY j;",
      "3_types.up.sql": "ALTER TABLE t ALTER a TYPE text;",
    });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).error).toBeUndefined();
    await db.query("UPDATE t SET a = 'x' WHERE id = 1");
    await belay.down();
    const { error, conflicts } = await belay.down();
    expect(error).toBeUndefined();
    expect(conflicts).toMatchObject([
      { resolution: expect.stringMatching(/^left out: CREATE INDEX/) },
    ]);
    const indexes = await db.query("SELECT to_regclass('i') AS i, to_regclass('j')::text AS j");
    expect(indexes).toEqual([{ i: null, j: "j" }]);
  });

  test("what the server refuses is no reason to leave it out where every type is as it was", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `${base} CREATE VIEW v AS SELECT a + 1 AS b FROM t;`,
      "2_away.up.sql": "DROP VIEW v; UPDATE t SET n = n + 1; DELETE FROM o WHERE id = 1;",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("UPDATE t SET n = 7 WHERE id = 1; ALTER TABLE t ALTER a TYPE text");
    const { error, undone } = await belay.down({ allowDrift: true });
    expect([error?.message, undone]).toEqual([expect.stringContaining("text + integer"), []]);
    expect(await db.query("SELECT id, n FROM t ORDER BY id")).toEqual([
      { id: 1, n: 7 },
      { id: 2, n: 3 },
    ]);
  });

  test("rows that an older migration had changed are compared, and go back, in the type that had to stay", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE k (id int PRIMARY KEY, a int, "é" bigint, t timestamptz);
        INSERT INTO k SELECT i, i, i, to_timestamp(i) FROM generate_series(1, 4) i`,
      "2_rows.up.sql": `UPDATE k SET a = a + 10, "é" = "é" * 2, t = NULL; DELETE FROM k WHERE id IN (3, 4);
        INSERT INTO k VALUES (5, 5)`,
      "3_types.up.sql": `ALTER TABLE k ALTER id TYPE text, ALTER a TYPE varchar(20), ALTER "é" TYPE text,
        ALTER t TYPE text`,
    });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).error).toBeUndefined();
    await db.query(
      `INSERT INTO k VALUES ('x', 'y', 'z', 'w'); UPDATE k SET "é" = '7' WHERE id = '1'`,
    );
    expect((await belay.down()).conflicts).toHaveLength(4);
    const { error, conflicts } = await belay.down();
    expect(error).toBeUndefined();
    expect(conflicts).toMatchObject([
      { key: { id: "1" }, columns: ["é"], theirs: { é: "1" }, ours: { é: "7" } },
    ]);
    const rows = await db.query(`SELECT id, a, "é", t IS NULL AS empty FROM k ORDER BY id`);
    expect(rows).toEqual([
      { id: "1", a: "1", é: "7", empty: false },
      ...["2", "3", "4"].map((id) => ({ id, a: id, é: id, empty: false })),
      { id: "x", a: "y", é: "z", empty: false },
    ]);
  });

  test.each([
    [
      "an enum in another's place",
      "CREATE TYPE m AS ENUM ('a', 'b'); CREATE TABLE e (id int PRIMARY KEY, m m DEFAULT 'a');",
      [
        `ALTER TYPE m RENAME TO m_old; CREATE TYPE m AS ENUM ('a', 'new'); ALTER TABLE e ALTER m DROP DEFAULT;
         ALTER TABLE e ALTER m TYPE m USING m::text::m; ALTER TABLE e ALTER m SET DEFAULT 'a'; DROP TYPE m_old`,
      ],
    ],
    [
      "an enum of an older migration",
      "CREATE TABLE e (id int PRIMARY KEY, m int);",
      ["CREATE TYPE m AS ENUM ('1', 'new')", "ALTER TABLE e ALTER m TYPE m USING m::text::m"],
    ],
    [
      "a function for the default",
      "CREATE TABLE e (id int PRIMARY KEY, m int);",
      [
        `CREATE FUNCTION one() RETURNS text LANGUAGE sql AS $$SELECT '1'$$;
         ALTER TABLE e ALTER m TYPE text, ALTER m SET DEFAULT one()`,
      ],
    ],
  ])("what a type that had to stay needs stays too: %s", async (_, first, later) => {
    const files = [`${first} INSERT INTO e VALUES (1, NULL)`, ...later];
    const { db, belay, project } = await world(
      server,
      Object.fromEntries(files.map((sql, at) => [`${at + 1}_m.up.sql`, `${sql};`])),
    );
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).error).toBeUndefined();
    await db.query("INSERT INTO e VALUES (2, 'new')");
    for (const _each of later) {
      const { error, conflicts } = await belay.down();
      expect([error, conflicts.length > 0]).toEqual([undefined, true]);
    }
    expect(await db.query("SELECT id, m FROM e ORDER BY id")).toEqual([
      { id: 1, m: null },
      { id: 2, m: "new" },
    ]);
  });

  test.each([
    ["a table", "CREATE TABLE made (id int)", "ALTER TABLE made RENAME TO by_hand"],
    ["a column", "ALTER TABLE o ADD c int DEFAULT 7", "ALTER TABLE o RENAME c TO by_hand"],
    [
      "a chain of names",
      "ALTER TABLE o RENAME TO x; ALTER TABLE parent RENAME TO o; ALTER TABLE x RENAME TO parent",
      "ALTER TABLE parent RENAME TO by_hand",
    ],
  ])("what somebody has renamed is no reason to pass it over: %s", async (_, sql, drift) => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": base,
      "2_made.up.sql": `${sql};`,
      "3_types.up.sql": "ALTER TABLE t ALTER a TYPE text;",
    });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).error).toBeUndefined();
    await db.query("UPDATE t SET a = 'x' WHERE id = 1");
    expect((await belay.down()).conflicts).toHaveLength(1);
    await db.query(drift);
    const { error, undone } = await belay.down({ allowDrift: true });
    expect([error?.code, undone]).toEqual(["BELAY_STATEMENT", []]);
  });
});
