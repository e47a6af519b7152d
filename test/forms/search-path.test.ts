// Files that say themselves where their names are looked for: the planner looks there too, and where it
// cannot know, it says so and runs them as written. There is a table of the same name elsewhere each time.

import { expect, test } from "vitest";
import { createBelay } from "../../src/index.ts";
import { expectNobodyWaits, proveForm } from "../forms-harness.ts";
import { createProject } from "../support/project.ts";
import { createDatabase, forEachServer } from "../support/servers.ts";

const odd = '"Odd ""one"", two"';

const tables = `CREATE TABLE users (id text, email int, org int, nick text);
  CREATE SCHEMA ${odd};
  CREATE TABLE ${odd}.org (id int PRIMARY KEY);
  CREATE TABLE ${odd}.users (id int, email text, org int, nick text);
  CREATE TYPE ${odd}.mood AS ENUM ('n', 'm');
  CREATE FUNCTION ${odd}.one(int) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1 > 0';
  CREATE FUNCTION go() RETURNS text LANGUAGE sql AS
    $f$ SELECT set_config('search_path', '${odd}', false) $f$;
  INSERT INTO ${odd}.org VALUES (1);
  INSERT INTO ${odd}.users VALUES (1, 'a', 1, 'n'), (2, 'b', 1, 'm');`;

const everyForm = `ALTER TABLE users ADD CHECK (one(id));
  ALTER TABLE users ADD FOREIGN KEY (org) REFERENCES org;
  ALTER TABLE users ALTER email SET NOT NULL;
  ALTER TABLE users ADD PRIMARY KEY (id);
  ALTER TABLE users ADD CONSTRAINT once UNIQUE (email);
  CREATE INDEX i ON users (nick) WHERE one(id);
  ALTER TABLE users ADD COLUMN x float DEFAULT random();`;

const taken = [
  ...Array(4).fill("validated"),
  ...Array(4).fill("checked first"),
  ...Array(7).fill("by index"),
  "concurrently",
  ...Array(3).fill("filled"),
];

const unknown = /may change which table that name is of/;
const check = "ALTER TABLE users ADD CONSTRAINT c CHECK (org > 0);";

/** What a name means is the same on every server. */
const once = { since: 17 };

proveForm("SET search_path", [
  {
    before: tables,
    sql: `SET search_path = ${odd}, public; ${everyForm}`,
    forms: taken,
    deaths: 12,
  },
  {
    ...once,
    before: tables,
    sql: `SET search_path = ${odd}; ALTER TABLE users ALTER nick TYPE mood USING nick::mood;`,
    forms: Array(4).fill("twin"),
    deaths: 12,
  },
  {
    ...once,
    before: tables,
    sql: `SELECT pg_catalog.set_config('search_path', '${odd}', false); ${check}`,
    forms: ["validated", "validated"],
    runs: [/^SELECT/, /^ALTER TABLE users/, /^ALTER TABLE "Odd ""one"", two"\."users" VALIDATE/],
  },
  {
    ...once,
    before: `${tables} ALTER TABLE users ADD z int;`,
    sql: `SET search_path = ${odd}; ALTER TABLE org ADD y int; RESET search_path;
      ALTER TABLE users ADD CONSTRAINT c CHECK (z > 0);`,
    forms: ["validated", "validated"],
  },
  {
    ...once,
    before: tables,
    sql: `SELECT set_config('search_path', '', false), set_config('work_mem', '8MB', false);
      ALTER TABLE ${odd}.users ADD CONSTRAINT c CHECK (id > 0);`,
    forms: ["validated", "validated"],
  },
  {
    ...once,
    before: tables,
    sql: `SET search_path = ${odd}; DROP TABLE public.users; ${check}`,
    forms: [],
    blocks: unknown,
  },
  {
    ...once,
    before: tables,
    sql: `SET search_path = ${odd}; DROP TABLE public.users;
      ALTER TABLE ${odd}.users ADD CONSTRAINT c CHECK (org > 0);`,
    forms: ["validated", "validated"],
  },
  {
    ...once,
    before: tables,
    sql: `SELECT set_config('search_path', '${odd}', true); CREATE INDEX i ON users (org);`,
    forms: [],
    blocks: /"SELECT set_config.*" holds for one transaction only/,
  },
  {
    ...once,
    before: `${tables} CREATE TABLE note (id int PRIMARY KEY, who text);`,
    sql: `SELECT set_config('app.who', 'me', true); CREATE INDEX i ON users (org);
      INSERT INTO note VALUES (1, current_setting('app.who'));`,
    forms: [],
    blocks: /"SELECT set_config.*" holds for one transaction only/,
  },
  {
    ...once,
    before: tables,
    sql: `SELECT concat('it is ', set_config('search_path', '${odd}', false)); ${check}`,
    forms: [],
    blocks: unknown,
  },
  {
    ...once,
    before: `${tables} CREATE TABLE ${odd}.users_new (org int);`,
    sql: `SET search_path = ${odd}; ALTER TABLE users RENAME TO old; ALTER TABLE users_new RENAME TO users;
      ${check}`,
    forms: [],
    blocks: unknown,
  },
  {
    ...once,
    before: tables,
    sql: `CREATE SCHEMA app CREATE TABLE users (org int); SET search_path = app, public; ${check}`,
    forms: [],
    blocks: unknown,
  },
  {
    ...once,
    before: tables,
    sql: `SET search_path = ${odd}; CREATE TABLE users_too (); DROP TABLE users_too; ${check}`,
    forms: ["validated", "validated"],
  },
  {
    ...once,
    before: `${tables} CREATE INDEX i ON users (org);`,
    sql: `SET search_path = ${odd}, public; CREATE INDEX i ON users (org);`,
    forms: ["concurrently"],
    deaths: 20,
  },
  {
    ...once,
    before: tables,
    sql: `SET LOCAL search_path = ${odd}; ${check}`,
    forms: [],
    blocks: /"SET LOCAL search_path = .*" holds for one transaction only/,
  },
  {
    ...once,
    before: tables,
    sql: `SET search_path = ${odd}; BEGIN; SELECT public.go(); COMMIT; ${check}`,
    forms: [],
    blocks: unknown,
  },
  {
    ...once,
    before: `${tables} CREATE TABLE place (p text); INSERT INTO place VALUES ('${odd}');`,
    sql: `SELECT set_config('search_path', p, false) FROM place; ${check}`,
    forms: [],
    blocks: unknown,
  },
  {
    ...once,
    before: tables,
    sql: `SET ROLE pg_read_all_data; RESET ROLE; SET ROLE postgres; ${check}`,
    forms: [],
    blocks: unknown,
  },
  {
    ...once,
    before: tables,
    sql: `SET search_path = b, public; ALTER SCHEMA ${odd} RENAME TO b; ${check}`,
    forms: [],
    blocks: unknown,
  },
  {
    ...once,
    before: `${tables} CREATE SCHEMA other; CREATE TABLE other.gone (a int);`,
    sql: `SET search_path = ${odd}, other; CREATE TABLE other.users (); ${check}`,
    forms: [],
    blocks: unknown,
  },
  {
    ...once,
    before: `${tables} CREATE TABLE ${odd}.people (org text, other int);`,
    sql: `SET search_path = ${odd}; DROP TABLE people; ALTER TABLE users RENAME TO people;
      ALTER TABLE people ADD CONSTRAINT c CHECK (org > 0);`,
    forms: [],
    blocks: unknown,
  },
]);

const swapped = `CREATE TABLE users (id int, email text, n int);
  CREATE TABLE users_new (id int, email text, n int); CREATE SCHEMA api;
  CREATE VIEW api.users AS TABLE users; INSERT INTO users_new VALUES (1, 'a', 1);
  CREATE MATERIALIZED VIEW mv AS TABLE users; CREATE MATERIALIZED VIEW mv_new AS TABLE users_new;
  CREATE SCHEMA app; CREATE TABLE app.t (n int); CREATE SCHEMA app_new; CREATE TABLE app_new.t (n int);`;
const swap =
  "DROP VIEW api.users; DROP TABLE users CASCADE; ALTER TABLE users_new RENAME TO users;";

proveForm("tables that change places", [
  {
    before: swapped,
    sql: `${swap} ALTER TABLE users ADD CONSTRAINT c CHECK (n > 0);`,
    forms: [],
    blocks: unknown,
  },
  {
    ...once,
    before: swapped,
    sql: `${swap} CREATE INDEX i ON users (n);`,
    forms: ["concurrently"],
  },
  {
    ...once,
    before: swapped,
    sql: `ALTER MATERIALIZED VIEW mv RENAME TO mv_old; ALTER MATERIALIZED VIEW mv_new RENAME TO mv;
      CREATE INDEX i ON mv (email);`,
    forms: ["concurrently"],
  },
  {
    ...once,
    before: swapped,
    sql: `ALTER SCHEMA app RENAME TO app_old; ALTER SCHEMA app_new RENAME TO app;
      ALTER TABLE app.t ALTER n SET NOT NULL;`,
    forms: [],
    blocks: unknown,
  },
  {
    ...once,
    before: swapped,
    sql: `DROP VIEW api.users; ALTER TABLE users ADD CONSTRAINT c CHECK (n > 0);
      CREATE VIEW api.users AS TABLE users;`,
    forms: ["validated", "validated"],
  },
  {
    ...once,
    before: swapped,
    sql: `CREATE FUNCTION f() RETURNS text LANGUAGE sql RETURN set_config('my.var', 'x', true);
      CREATE INDEX i ON users (email);`,
    forms: ["concurrently"],
  },
]);

forEachServer("SET search_path and tables in use", (server) => {
  test("keeps no writer waiting", async () => {
    const slow = `CREATE SCHEMA app; SET search_path = app;
      CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_sleep(0.001); RETURN $1; END';
      CREATE TABLE t (id int PRIMARY KEY, n int);
      INSERT INTO t SELECT i, i / 2 FROM generate_series(1, 1000) i;
      CREATE VIEW public.t AS TABLE app.t;`;
    const index = "SET search_path = app; CREATE INDEX i ON t (slow(id));";
    await expectNobodyWaits(server, slow, index);
  });

  const other = `CREATE TABLE t (id int, n int); CREATE SCHEMA app; CREATE TABLE app.t (n int);
    CREATE FUNCTION go() RETURNS text LANGUAGE sql AS $$ SELECT set_config('search_path', 'app', false) $$;`;

  test("a form that was planned for another table is not carried out", async () => {
    await using db = await createDatabase(server);
    await using project = await createProject({
      "1_a.up.sql": other,
      "2_b.up.sql": `BEGIN; SELECT go(); COMMIT; CREATE TABLE more ();
        ALTER TABLE t ADD CONSTRAINT i UNIQUE (n);`,
    });
    const settings = { databaseUrl: db.url, projectDir: project.dir, onlineAboveBytes: 0 };
    const belay = createBelay(settings);
    await belay.up({ to: "1" });
    const { error } = await belay.up({ acceptLoss: true });
    expect(error).toMatchObject({
      code: "BELAY_STATEMENT",
      message: expect.stringContaining(
        "t is another table now than when the migration was planned",
      ),
      state: "The database is as it was before this migration.",
    });
    const left =
      "SELECT to_regclass('more') AS more, to_regclass('i') AS i, to_regclass('app.i') AS app";
    expect(await db.query(left)).toEqual([{ more: null, i: null, app: null }]);
    const { error: none } = await createBelay({ ...settings, verbatim: true }).up();
    expect(none).toBeUndefined();
    expect(await db.query(left)).toMatchObject([{ i: null, app: "app.i" }]);
  });

  test.each(["concurrently", ""])("an index of the name in another schema: %s", async (word) => {
    await using db = await createDatabase(server);
    const path = "SET search_path = app, public;";
    await using project = await createProject({
      "1_a.up.sql": `${other} INSERT INTO app.t VALUES (1), (1); CREATE INDEX i ON t (n);`,
      "2_b.up.sql": `${path} CREATE UNIQUE INDEX ${word} i ON t (n);`,
    });
    const settings = { databaseUrl: db.url, projectDir: project.dir, onlineAboveBytes: 0 };
    const belay = createBelay(settings);
    await belay.up({ to: "1" });
    expect((await belay.up()).error?.message).toMatch(/could not create unique index/);
    const found = "SELECT to_regclass('i')::text AS i, to_regclass('app.i')::text AS app";
    expect(await db.query(found)).toEqual([{ i: "i", app: null }]);
    await db.query("DELETE FROM app.t");
    expect((await belay.up()).error).toBeUndefined();
    expect(await db.query(found)).toEqual([{ i: "i", app: "app.i" }]);
    expect(await belay.down()).toMatchObject({ verified: true });
    expect(await db.query(found)).toEqual([{ i: "i", app: null }]);
  });
});
