import { expect, test } from "vitest";
import { differences } from "../../src/core/catalog.ts";
import { createBelay } from "../../src/index.ts";
import { beside, proveForm } from "../forms-harness.ts";
import { catalogOf } from "../support/catalog.ts";
import { createProject } from "../support/project.ts";
import { createDatabase, forEachServer, type TestServer } from "../support/servers.ts";

const twin = (steps: number) => Array.from({ length: steps }, () => "twin");

proveForm("alter-column-type", [
  {
    before: `CREATE TABLE t (id int PRIMARY KEY, n text, note text);
      INSERT INTO t SELECT i, i, 'x' FROM generate_series(1, 3000) i;
      INSERT INTO t VALUES (0, NULL);`,
    sql: "ALTER TABLE t ALTER n TYPE int USING n::int;",
    forms: twin(4),
    reorders: true,
    deaths: 8,
  },
  {
    before: `CREATE TABLE t (id serial PRIMARY KEY, n int NOT NULL DEFAULT 7, "who else" text UNIQUE);
      CREATE INDEX twofold ON t (n DESC NULLS LAST, "who else" text_pattern_ops) INCLUDE (id) WITH (fillfactor = 70);
      COMMENT ON INDEX twofold IS 'twofold'; COMMENT ON CONSTRAINT t_pkey ON t IS 'key'; COMMENT ON COLUMN t.id IS 'id';
      ALTER TABLE t ALTER id SET STATISTICS 77; GRANT SELECT (id), UPDATE (n) ON t TO pg_monitor;
      INSERT INTO t (n, "who else") SELECT i, 'w' || i FROM generate_series(1, 500) i;`,
    sql: "ALTER TABLE t ALTER COLUMN id SET DATA TYPE bigint;",
    forms: twin(9),
    reorders: true,
  },
  {
    before: "CREATE TABLE t (id int PRIMARY KEY, at timestamp);",
    sql: "ALTER TABLE t ALTER at TYPE timestamptz USING t.at AT TIME ZONE 'Europe/Berlin';",
    forms: twin(4),
  },
  {
    before: "CREATE TABLE t (a varchar(10), b numeric(5, 2), c varchar(5)[]);",
    sql: "ALTER TABLE t ALTER a TYPE text; ALTER TABLE t ALTER b TYPE numeric(7, 2); ALTER TABLE t ALTER c TYPE varchar[];",
    forms: [],
  },
]);

async function world(server: TestServer, before: string, sql: string) {
  const db = await createDatabase(server);
  const project = await createProject({ "1_a.up.sql": before, "2_b.up.sql": sql });
  const settings = { databaseUrl: db.url, projectDir: project.dir, onlineAboveBytes: 0 };
  const belay = createBelay(settings);
  expect((await belay.up({ to: "1" })).error).toBeUndefined();
  const [first] = (await belay.plan()).migrations.flatMap(({ steps }) => steps);
  expect(first?.statements[0]?.form?.name).toBe("twin");
  return { db, belay, project };
}

/** Takes a millisecond for each row, so that a table that is locked for all of them is locked for long. */
const slow = (from: string, to: string) => `CREATE FUNCTION slow(${from}) RETURNS ${to} IMMUTABLE
    LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.001); RETURN $1::${to}; END';`;

forEachServer("ALTER COLUMN TYPE on a table in use", (server) => {
  test("keeps no writer waiting, and every value, there and back and there again", async () => {
    const { db, belay, project } = await world(
      server,
      `${slow("int", "bigint")} CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN NEW.writes := NEW.writes + 1; RETURN NEW; END';
       CREATE TABLE t (id serial PRIMARY KEY, n int NOT NULL, m int, writes int DEFAULT 0);
       CREATE TRIGGER a BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION noted(); CREATE INDEX i ON t (n); INSERT INTO t (n, m) SELECT i, i FROM generate_series(1, 1500) i;`,
      "ALTER TABLE t ALTER n TYPE bigint USING slow(n);",
    );
    await using _p = project;
    await using _d = db;
    const write = `UPDATE t SET n = n + 1, m = m + 1 WHERE id % 97 = 5; INSERT INTO t (n, m) VALUES (7, 7);
      DELETE FROM t WHERE id = (SELECT max(id) - 3 FROM t)`;
    // The trigger counts what applications write, and nothing else.
    const wrong = () =>
      db.query(
        "SELECT * FROM t WHERE n IS DISTINCT FROM m OR n - writes <> CASE WHEN id > 1500 THEN 7 ELSE id END",
      );
    const turns = [() => belay.up(), () => belay.down(), () => belay.up()];
    for (const turn of turns) {
      const work = async () => {
        const { error, verified } = await turn();
        expect([error?.toJSON(), verified]).toEqual([undefined, true]);
      };
      const { written, failures } = await beside(db.url, write, work, "2s");
      expect(failures).toEqual([]);
      expect(written).toBeGreaterThan(0);
      expect(await wrong()).toEqual([]);
    }
    const { error } = await belay.finalize({ which: "all" });
    expect(error).toBeUndefined();
    expect(await wrong()).toEqual([]);
    const left =
      await db.query(`SELECT attname::text AS name FROM pg_attribute WHERE attname ~ '^belay_'
      UNION ALL SELECT tgname FROM pg_trigger WHERE tgname ~ '^belay_'
      UNION ALL SELECT nspname FROM pg_namespace WHERE nspname ~ '^belay_'`);
    expect(left).toEqual([]);
  });

  test("tells what the old type cannot hold, and leaves alone what nobody wrote", async () => {
    const { db, belay, project } = await world(
      server,
      `CREATE TABLE t (id int PRIMARY KEY, n text);
       INSERT INTO t VALUES (1, '007'), (2, '2'), (3, '3'), (4, '4'), (5, '5');`,
      "ALTER TABLE t ALTER n TYPE int USING n::int - 1;",
    );
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).applied).toMatchObject([{ verdict: "exact" }]);
    expect(await db.query("SELECT id, n FROM t WHERE id < 3 ORDER BY id")).toEqual([
      { id: 1, n: 6 },
      { id: 2, n: 1 },
    ]);
    // Later renames by hand do not mislead it.
    await db.query(`ALTER TABLE t RENAME n TO other; ALTER TABLE t ADD n text;
      UPDATE t SET other = 99 WHERE id IN (1, 5); UPDATE t SET other = id + 5 WHERE id = 1; UPDATE t SET other = 4 WHERE id = 5;
      UPDATE t SET other = 9 WHERE id = 2; UPDATE t SET other = 8 WHERE id = 3; INSERT INTO t (id, other) VALUES (6, 3);
      UPDATE t SET other = 5 WHERE id = 3; UPDATE t SET other = 1, id = 7 WHERE id = 4; DELETE FROM t WHERE id = 7;
      ALTER TABLE t DROP n; ALTER TABLE t RENAME other TO n`);
    const { error, conflicts } = await belay.down();
    expect(error).toBeUndefined();
    expect(conflicts).toMatchObject([
      { key: { id: 2 }, columns: ["n"], ours: { n: "9" }, theirs: { n: "2" } },
      { key: { id: 3 }, columns: ["n"], ours: { n: "5" }, theirs: { n: "3" } },
      { key: { id: 6 }, columns: ["n"], ours: { n: "3" }, theirs: { n: null } },
    ]);
    expect(await db.query("SELECT id, n FROM t ORDER BY id")).toEqual([
      { id: 1, n: "007" },
      { id: 2, n: "2" },
      { id: 3, n: "3" },
      { id: 5, n: "5" },
      { id: 6, n: null },
    ]);
  });

  test("a key that the old type cannot hold leaves its row without one", async () => {
    const { db, belay, project } = await world(
      server,
      "CREATE TABLE t (id serial PRIMARY KEY, n int); INSERT INTO t (n) VALUES (1), (2), (3);",
      "ALTER TABLE t ALTER id TYPE bigint;",
    );
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).applied).toMatchObject([{ verdict: "exact" }]);
    // What stays of an old key must not be in the way of another row.
    await db.query(`UPDATE t SET id = 3000000000 WHERE id = 2; INSERT INTO t (id, n) VALUES (2, 5);
      INSERT INTO t (n) VALUES (4)`);
    const { error, conflicts } = await belay.down();
    expect(error).toBeUndefined();
    const told = conflicts.map(({ resolution }) => resolution);
    expect(told).toContainEqual("does not fit integer: left empty");
    expect(told).toContainEqual(expect.stringMatching(/^t_pkey is not there again: /));
    expect(await db.query("SELECT id, n FROM t ORDER BY n")).toEqual([
      { id: 1, n: 1 },
      { id: null, n: 2 },
      { id: 3, n: 3 },
      { id: 4, n: 4 },
      { id: 2, n: 5 },
    ]);
    await db.query("INSERT INTO t (n) VALUES (6)");
    expect(await db.query("SELECT id FROM t WHERE n = 6")).toEqual([{ id: 5 }]);
  });

  test("whoever writes need not name the columns, nor be allowed what the expression uses", async () => {
    const { db, belay, project } = await world(
      server,
      `CREATE FUNCTION read(text) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1::int';
       REVOKE EXECUTE ON FUNCTION read FROM PUBLIC;
       CREATE TABLE t (id int PRIMARY KEY, n text); GRANT SELECT, INSERT, UPDATE ON t TO pg_monitor;
       INSERT INTO t SELECT i, i FROM generate_series(1, 300) i;`,
      "ALTER TABLE t ALTER n TYPE int USING read(n);",
    );
    await using _p = project;
    await using _d = db;
    const write =
      "SET ROLE pg_monitor; UPDATE t SET n = '7' WHERE id = 5; INSERT INTO t VALUES ((random() * 2e9)::int, '7') ON CONFLICT DO NOTHING";
    for (const turn of [() => belay.up(), () => belay.down()]) {
      const { failures } = await beside(db.url, write, turn, "5s");
      expect(failures).toEqual([]);
    }
    expect(await db.query("SELECT * FROM t WHERE n IS NULL OR id = 5 AND n <> '7'")).toEqual([]);
    expect(await db.query("SELECT * FROM belay.conflict")).toEqual([]);
  });

  test("a value that does not convert fails nobody's write, and all is taken back", async () => {
    const { db, belay, project } = await world(
      server,
      `${slow("text", "int")} CREATE TABLE t (id int PRIMARY KEY, n text);
       INSERT INTO t SELECT i, i FROM generate_series(1, 300) i;`,
      "ALTER TABLE t ALTER n TYPE int USING slow(n);",
    );
    await using _p = project;
    await using _d = db;
    const before = await catalogOf(db.url);
    const work = async () => {
      expect((await belay.up()).error?.toJSON()).toMatchObject({
        code: "BELAY_STATEMENT",
        message: expect.stringContaining('invalid input syntax for type integer: "many"'),
        state: "The database is as it was before this migration.",
      });
    };
    const write = "UPDATE t SET n = 'many' WHERE id = 9";
    expect((await beside(db.url, write, work, "5s")).failures).toEqual([]);
    expect(differences(before, await catalogOf(db.url))).toEqual([]);
  });
});

test("runs as written where more than values would have to move, and says why", async () => {
  const tables: [name: string, definition: string, why: RegExp, sql?: string][] = [
    ["checked", "n int CHECK (n > 0)", /constraint checked_n_check on table checked depends on/],
    ["referring", "n int REFERENCES referring", /referring_n_fkey on table referring depends on/],
    ["counted", "n int GENERATED ALWAYS AS IDENTITY", /it is an identity column/],
    ["summed", "n int); CREATE INDEX i ON summed ((n + 1)", /index i is more than a plain one/],
    ["partly", "n int); CREATE INDEX j ON partly (id) WHERE (n > 1", /index j is more than/],
    ["parent", "n int); CREATE TABLE u () INHERITS (parent", /it is no table of its own/],
    ["sent", "n int); CREATE PUBLICATION p FOR TABLE sent (id", /a publication sends its rows/],
    ["several", "n int", /one of several commands/, "ALTER n TYPE bigint, ALTER m TYPE bigint"],
    ["seeded", "n int", /another value each time/, "ALTER n TYPE float USING n * random()"],
    [
      "keyed",
      "n text UNIQUE",
      /keyed_n_key is unique, and/,
      "ALTER n TYPE numeric USING n::numeric",
    ],
    ["changed", "n int", /may have changed/, "ADD x int; ALTER TABLE changed ALTER n TYPE bigint"],
  ];
  await using db = await createDatabase();
  const before = tables.map(
    ([name, more]) => `CREATE TABLE ${name} (id int PRIMARY KEY, m int, ${more});`,
  );
  await using project = await createProject({
    "1_a.up.sql": before.join("\n"),
    ...Object.fromEntries(
      tables.map(([name, , , sql = "ALTER n TYPE bigint"], index) => [
        `${index + 2}_b.up.sql`,
        `ALTER TABLE ${name} ${sql};`,
      ]),
    ),
  });
  const settings = { databaseUrl: db.url, projectDir: project.dir, onlineAboveBytes: 0 };
  const belay = createBelay(settings);
  expect((await belay.up({ to: "1" })).error).toBeUndefined();
  const { migrations } = await belay.plan();
  for (const [index, [name, , why]] of tables.entries()) {
    const statements = migrations[index]?.steps.flatMap((step) => step.statements) ?? [];
    expect(statements.filter(({ form }) => form)).toEqual([]);
    const blocks = statements.flatMap((each) => each.blocks ?? []).join("; ");
    expect(blocks, name).toMatch(why);
  }
});
