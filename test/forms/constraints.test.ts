import { expect, test } from "vitest";
import { differences } from "../../src/core/catalog.ts";
import { createBelay } from "../../src/index.ts";
import { expectNobodyWaits, proveForm } from "../forms-harness.ts";
import { catalogOf } from "../support/catalog.ts";
import { createProject } from "../support/project.ts";
import { createDatabase, forEachServer } from "../support/servers.ts";

const tables = `CREATE TABLE org (id int PRIMARY KEY, code text UNIQUE);
  CREATE TABLE users (id int, email text, org int, "Age" int, nick text);
  INSERT INTO org VALUES (1, 'a'); INSERT INTO users VALUES (1, 'a', 1, 7, 'n'), (2, 'b', 1, 8, 'm');`;

const notNull = ["checked first", "checked first", "checked first", "checked first"];

proveForm("constraints", [
  {
    before: `${tables} CREATE TABLE users_org_fkey (); ALTER TABLE org ADD CONSTRAINT users_org_fkey CHECK (id > 0);`,
    sql: `ALTER TABLE users ADD FOREIGN KEY (org) REFERENCES org ON DELETE CASCADE DEFERRABLE;
      ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (nick) REFERENCES org (code) NOT VALID;`,
    forms: ["validated", "validated"],
    runs: [
      /^ALTER TABLE users ADD CONSTRAINT "users_org_fkey1" FOREIGN KEY .* DEFERRABLE NOT VALID$/,
      /^ALTER TABLE "public"\."users" VALIDATE CONSTRAINT "users_org_fkey1"$/,
    ],
  },
  {
    before: tables,
    sql: `ALTER TABLE users ADD CHECK ("Age" > 0);
      ALTER TABLE users ADD CHECK (id > 0 OR org > 0) NO INHERIT;
      ALTER TABLE users ADD CONSTRAINT adult CHECK ("Age" > 6);`,
    forms: Array(6).fill("validated"),
    runs: [/"users_Age_check"/, /VALIDATE/, /"users_check"/, /VALIDATE/, /CONSTRAINT adult/],
  },
  {
    // An empty twin has its name by then.
    before: tables,
    sql: `TRUNCATE users; ALTER TABLE users ADD CHECK (id > 0), ADD FOREIGN KEY (org) REFERENCES org;
      ALTER TABLE users ALTER email SET NOT NULL; ALTER TABLE users ADD CONSTRAINT k PRIMARY KEY (id);`,
    forms: [...Array(4).fill("validated"), ...notNull, ...Array(5).fill("by index")],
    deaths: 12,
  },
  {
    // Twice, and a table that is emptied with it.
    before: `CREATE TABLE org (id int PRIMARY KEY); CREATE TABLE users (id int, org int REFERENCES org);
      INSERT INTO org VALUES (1); INSERT INTO users VALUES (1, 1);`,
    sql: `TRUNCATE org CASCADE; INSERT INTO org VALUES (3); TRUNCATE org CASCADE;
      ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0); ALTER TABLE org ADD CONSTRAINT d CHECK (id > 2);`,
    forms: Array(4).fill("validated"),
  },
  {
    before: tables,
    sql: "ALTER TABLE users ADD CHECK (users IS NOT NULL);",
    forms: [],
    blocks: /name it$/,
  },
  {
    before: tables,
    sql: "ALTER TABLE users ALTER COLUMN email SET NOT NULL;",
    forms: notNull,
    deaths: 12,
  },
  {
    before: `${tables} CREATE TABLE more (x int) INHERITS (users);
      ALTER TABLE users ALTER nick SET NOT NULL;`,
    sql: "ALTER TABLE users ALTER email SET NOT NULL; ALTER TABLE users ALTER nick SET NOT NULL;",
    forms: notNull,
  },
  {
    before: tables,
    sql: `ALTER TABLE users ADD UNIQUE (email) INCLUDE (org) DEFERRABLE INITIALLY DEFERRED;
      ALTER TABLE users ADD CONSTRAINT two UNIQUE ("Age", nick);`,
    forms: Array(4).fill("by index"),
    runs: [
      /^CREATE UNIQUE INDEX CONCURRENTLY "users_email_org_key" ON "public"\."users" \("email"\) INCLUDE \("org"\)$/,
      /USING INDEX "users_email_org_key" DEFERRABLE INITIALLY DEFERRED$/,
      /"two" ON "public"\."users" \("Age", "nick"\)$/,
    ],
  },
  {
    before: `${tables} ALTER TABLE users ADD PRIMARY KEY (id);`,
    sql: `ALTER TABLE users DROP CONSTRAINT users_pkey;
      ALTER TABLE users ADD PRIMARY KEY (id, email);`,
    forms: [],
    blocks: /name it$/,
  },
  {
    before: tables,
    sql: "ALTER TABLE users ADD UNIQUE NULLS NOT DISTINCT (nick);",
    forms: ["by index", "by index"],
    since: 15,
  },
  {
    before: tables,
    sql: "ALTER TABLE users ADD PRIMARY KEY (id, email);",
    forms: Array(8).fill("by index"),
    deaths: 12,
  },
  {
    before: tables,
    sql: `ALTER TABLE users ADD CHECK (org > 0), ADD COLUMN x int DEFAULT 1,
      ADD CONSTRAINT u UNIQUE (id), ALTER COLUMN id SET NOT NULL;`,
    forms: ["validated", "validated", ...notNull, "by index", "by index"],
    runs: [/ADD COLUMN x/, /ADD CONSTRAINT "users_org_check"/],
  },
  {
    before: tables,
    // What is dropped first may free the name that the server would choose.
    sql: "ALTER TABLE users ADD CHECK (org > 0), DROP COLUMN nick;",
    forms: [],
    blocks: /name it$/,
  },
  {
    before: tables,
    sql: "ALTER TABLE users ADD CHECK (org > 0), ALTER COLUMN nick TYPE varchar(99);",
    forms: [],
  },
  {
    before: `CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p DEFAULT;
      CREATE TABLE o (id int PRIMARY KEY); `,
    sql: `ALTER TABLE p ADD CONSTRAINT c CHECK (id > 0);
      ALTER TABLE p ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES o;
      ALTER TABLE p ADD CONSTRAINT u UNIQUE (id);`,
    forms: ["validated", "validated"],
    blocks: /no NOT VALID foreign key.*no index of a partitioned table/,
  },
]);

const slow = `CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_sleep(0.002); RETURN $1; END';
  CREATE TABLE t (id int PRIMARY KEY, n int);
  INSERT INTO t SELECT i, i / 2 FROM generate_series(1, 500) i;`;

forEachServer("a constraint on a table in use", (server) => {
  test("keeps no writer waiting", async () => {
    await expectNobodyWaits(server, slow, "ALTER TABLE t ADD CHECK (slow(id) > 0);");
  });

  test.each([
    ["ALTER TABLE t ADD CONSTRAINT c CHECK (n < 200)", "is violated by some row"],
    ["ALTER TABLE t ADD UNIQUE (n)", "could not create unique index"],
    ["ALTER TABLE t ADD FOREIGN KEY (n) REFERENCES t", "violates foreign key constraint"],
    ["UPDATE t SET n = NULL WHERE id = 3; ALTER TABLE t ALTER n SET NOT NULL", "is violated by"],
  ])("leaves nothing behind when it fails: %s", async (sql, words) => {
    await using db = await createDatabase(server);
    await using project = await createProject({
      "1_a.up.sql": slow,
      "2_b.up.sql": `ALTER TABLE t ADD COLUMN x int;\n\n${sql};`,
    });
    const settings = { databaseUrl: db.url, projectDir: project.dir, onlineAboveBytes: 0 };
    const belay = createBelay(settings);
    await belay.up({ to: "1" });
    const before = await catalogOf(db.url);
    const { error } = await belay.up();
    expect(error).toMatchObject({
      code: "BELAY_STATEMENT",
      message: expect.stringContaining(words),
      state: "The database is as it was before this migration.",
      at: expect.stringMatching(/2_b\.up\.sql:3$/),
      details: { statement: sql.split("; ").at(-1) },
    });
    expect(differences(before, await catalogOf(db.url))).toEqual([]);
    expect(await db.query("SELECT count(*)::int FROM t WHERE n IS NULL")).toEqual([{ count: 0 }]);
  });
});
