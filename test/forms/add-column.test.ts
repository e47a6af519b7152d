import { expect, test } from "vitest";
import { createBelay } from "../../src/index.ts";
import { expectNobodyWaits, proveForm } from "../forms-harness.ts";
import { createProject } from "../support/project.ts";
import { createDatabase, forEachServer } from "../support/servers.ts";

const table = `CREATE SEQUENCE tickets; CREATE TABLE "T é" (id int PRIMARY KEY, n int);
  INSERT INTO "T é" SELECT i, i FROM generate_series(1, 3000) i;`;

proveForm("ADD COLUMN with a default of each row", [
  {
    before: table,
    sql: `ALTER TABLE "T é" ADD COLUMN "k é" uuid DEFAULT gen_random_uuid() NOT NULL;`,
    forms: Array(7).fill("filled"),
    runs: [
      /ADD COLUMN "k é" uuid$/,
      /SET DEFAULT gen_random_uuid\(\)$/,
      /^UPDATE ONLY/,
      /NOT VALID$/,
    ],
    deaths: 12,
  },
  {
    before: table,
    sql: `ALTER TABLE "T é" ADD t timestamptz NULL DEFAULT clock_timestamp();`,
    forms: Array(3).fill("filled"),
  },
  {
    before: `${table} CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.n := -1; RETURN NEW; END $$;
      CREATE TRIGGER f BEFORE UPDATE ON "T é" FOR EACH ROW EXECUTE FUNCTION f();`,
    sql: `ALTER TABLE "T é" ADD COLUMN no bigint NOT NULL DEFAULT nextval('tickets')::bigint;`,
    forms: Array(7).fill("filled"),
  },
  { before: table, sql: `ALTER TABLE "T é" ADD COLUMN c int DEFAULT 7 NOT NULL;`, forms: [] },
  {
    before: table,
    sql: `ALTER TABLE "T é" ADD COLUMN c serial;`,
    forms: [],
    blocks: /only a column with a default/,
  },
  {
    before: table,
    sql: `ALTER TABLE "T é" ADD COLUMN c float DEFAULT nullif(random(), 0.5);`,
    forms: [],
    blocks: /might be NULL/,
  },
]);

forEachServer("ADD COLUMN with a default of each row", (server) => {
  test("keeps no writer waiting", async () => {
    const large = `CREATE TABLE t (id int PRIMARY KEY, n int, x text);
      INSERT INTO t SELECT i, i, repeat('x', 100) FROM generate_series(1, 300000) i;`;
    await expectNobodyWaits(
      server,
      large,
      "ALTER TABLE t ADD COLUMN k uuid DEFAULT gen_random_uuid() NOT NULL;",
    );
  });

  test("rows that are written meanwhile have a value of their own too", async () => {
    await using db = await createDatabase(server);
    await using project = await createProject({
      "1_a.up.sql": table,
      "2_b.up.sql": `ALTER TABLE "T é" ADD COLUMN k uuid DEFAULT gen_random_uuid() NOT NULL;`,
    });
    const settings = { projectDir: project.dir, databaseUrl: db.url, onlineAboveBytes: 0 };
    const belay = createBelay(settings);
    await belay.up({ to: "1" });
    let isOver = false;
    const writing = (async () => {
      for (let id = 10_000; !isOver; id += 1) {
        await db.query(
          `INSERT INTO "T é" VALUES (${id}, 0); UPDATE "T é" SET n = n + 1 WHERE id % 50 = ${id % 50}`,
        );
      }
    })();
    expect((await belay.up()).error).toBeUndefined();
    isOver = true;
    await writing;
    const [found] = await db.query(
      `SELECT count(*) = count(DISTINCT k) AS own, count(*) > 3000 AS all FROM "T é"`,
    );
    expect(found).toEqual({ own: true, all: true });
  });
});
