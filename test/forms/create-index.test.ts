import { expect, test } from "vitest";
import { differences } from "../../src/core/catalog.ts";
import { createBelay } from "../../src/index.ts";
import { expectNobodyWaits, proveForm } from "../forms-harness.ts";
import { catalogOf } from "../support/catalog.ts";
import { createProject } from "../support/project.ts";
import { createDatabase, forEachServer } from "../support/servers.ts";

const users = `CREATE TABLE users (id int PRIMARY KEY, email text, "Nick name" text);`;

proveForm("create-index", [
  {
    before: users,
    sql: "CREATE INDEX users_email ON users (email) WHERE email IS NOT NULL;",
    forms: ["concurrently"],
    runs: [/^CREATE INDEX CONCURRENTLY users_email ON users \(email\) WHERE email IS NOT NULL$/],
  },
  {
    before: users,
    sql: `ALTER TABLE users ADD COLUMN age int;
      create /* in */ unique index -- why
        on users (age, "Nick name") include (email);
      COMMENT ON TABLE users IS 'people';`,
    forms: ["concurrently"],
    deaths: 12,
    runs: [/^ALTER/, /index CONCURRENTLY "users_age_Nick name_email_idx" -- why/, /^COMMENT/],
  },
  {
    before: `${users} CREATE TABLE users_email_idx ();`,
    sql: "CREATE INDEX ON users (email); CREATE INDEX ON users (email);",
    forms: ["concurrently", "concurrently"],
    runs: [/"users_email_idx1"/, /"users_email_idx2"/],
  },
  {
    before: `CREATE TABLE a_table_with_a_name_that_is_rather_long_und_mit_umlauten_ööö (
      a_column_with_a_name_that_is_rather_long_as_well int, ünd_ñoch_eine_ziemlich_lange_spalte int);`,
    sql: `CREATE INDEX ON a_table_with_a_name_that_is_rather_long_und_mit_umlauten_ööö
      (a_column_with_a_name_that_is_rather_long_as_well, ünd_ñoch_eine_ziemlich_lange_spalte);`,
    forms: ["concurrently"],
  },
  {
    before: `CREATE SCHEMA app; CREATE TABLE app.users (id int);
      CREATE MATERIALIZED VIEW app.seen AS SELECT id FROM app.users;`,
    sql: "CREATE INDEX IF NOT EXISTS u ON app.users (id); CREATE UNIQUE INDEX s ON app.seen (id);",
    forms: ["concurrently", "concurrently"],
  },
  {
    before: users,
    sql: "CREATE TABLE posts (id int); CREATE INDEX ON posts (id);",
    forms: [],
  },
  {
    before: users,
    sql: "-- belay:verbatim\nCREATE INDEX u ON users (email);",
    forms: [],
    blocks: /^table public\.users has .*; its directive wants it so$/,
  },
  {
    before: users,
    sql: "CREATE INDEX ON users (lower(email));",
    forms: [],
    blocks: /only the server knows the name that it will get; name it$/,
  },
  {
    before:
      "CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p DEFAULT;",
    sql: "CREATE INDEX n ON p1 (id); CREATE INDEX ON p (id); CREATE INDEX ON p1 (id);",
    forms: ["concurrently"],
    blocks: /no index of a partitioned table.*; table public.p1 .* name it/,
  },
  {
    before: users,
    sql: "SET LOCAL work_mem = '8MB'; CREATE INDEX u ON users (email);",
    forms: [],
    blocks: /"SET LOCAL work_mem = '8MB'" holds for one transaction only/,
  },
  {
    before: `${users} CREATE SCHEMA other;`,
    sql: "SET search_path = other, public; CREATE INDEX u ON users (email);",
    forms: ["concurrently"],
  },
  {
    before: `${users} CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';`,
    sql: "SELECT f(); CREATE INDEX u ON users (email);",
    forms: [],
    blocks: /"SELECT f\(\)" before it could not be taken back/,
  },
]);

const slow = `CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_sleep(0.001); RETURN $1; END';
  CREATE TABLE t (id int PRIMARY KEY, n int);
  INSERT INTO t SELECT i, i / 2 FROM generate_series(1, 1000) i;`;

forEachServer("CREATE INDEX on a table in use", (server) => {
  test("keeps no writer waiting, and does as written", async () => {
    await expectNobodyWaits(
      server,
      slow,
      "ALTER TABLE t ADD COLUMN x int; CREATE INDEX i ON t (slow(id));",
    );
  });

  test("leaves nothing behind when it fails", async () => {
    await using db = await createDatabase(server);
    await using project = await createProject({
      "1_a.up.sql": slow,
      "2_b.up.sql": `ALTER TABLE t ADD COLUMN x int DEFAULT 1;
        UPDATE t SET x = id WHERE id < 10;

        CREATE UNIQUE INDEX
          ON t (n);`,
    });
    const settings = { databaseUrl: db.url, projectDir: project.dir, onlineAboveBytes: 0 };
    const belay = createBelay(settings);
    await belay.up({ to: "1" });
    const before = await catalogOf(db.url);
    const { error } = await belay.up();
    expect(error?.toJSON()).toMatchObject({
      code: "BELAY_STATEMENT",
      message: expect.stringContaining('could not create unique index "t_n_idx"'),
      state: "The database is as it was before this migration.",
      at: expect.stringMatching(/2_b\.up\.sql:4$/),
      details: { form: "concurrently", statement: expect.stringMatching(/^CREATE UNIQUE INDEX\n/) },
    });
    expect(differences(before, await catalogOf(db.url))).toEqual([]);
  });
});

test("a small table is not worth it", async () => {
  await using db = await createDatabase();
  await using project = await createProject({
    "1_a.up.sql": slow,
    "2_b.up.sql": "CREATE INDEX i ON t (n);",
  });
  const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
  await belay.up({ to: "1" });
  const { migrations } = await belay.plan();
  expect(migrations[0]?.steps).toMatchObject([{ transactional: true }]);
  expect(JSON.stringify(migrations)).not.toContain("blocks");
});

test("a directive that is not known is refused before anything runs", async () => {
  await using db = await createDatabase();
  await using project = await createProject({
    "1_a.up.sql": "CREATE TABLE t ();\n-- belay:verbatm\nCREATE TABLE u ();",
  });
  const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
  await expect(belay.up()).rejects.toMatchObject({
    code: "BELAY_SQL_DIRECTIVE",
    at: expect.stringMatching(/1_a\.up\.sql:3$/),
  });
});
