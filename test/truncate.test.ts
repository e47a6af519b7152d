// TRUNCATE of a large table sets it aside and puts an empty twin in its place. The twin must be the
// table in all that can be seen of it, and no sequence gives a value twice.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { expect, test } from "vitest";
import { createBelay } from "../src/index.ts";
import { catalogOf } from "./support/catalog.ts";
import { clientsMissing, dumpMajor, pgDump } from "./support/clients.ts";
import { independentFacts } from "./support/independent.ts";
import { createProject } from "./support/project.ts";
import { createDatabase, forEachServer, majorOf } from "./support/servers.ts";
import { takenBack, told, world } from "./support/truncated-world.ts";
import { inWordsOf } from "./support/versions.ts";

const everything = (role: string, isNew: boolean) => `
  CREATE SCHEMA "Sales Dept";
  CREATE TABLE "Sales Dept".org (id int PRIMARY KEY);
  INSERT INTO "Sales Dept".org VALUES (1), (2);
  CREATE TYPE mood AS ENUM ('sad', 'ok');
  CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.note := coalesce(NEW.note, $$stamped$$); RETURN NEW; END';
  CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION $$refused$$; END';
  CREATE TABLE "Sales Dept"."Ké y" (
    gone int,
    id bigint GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME "Sales Dept"."my ids" START 10 INCREMENT 5 CACHE 1) CONSTRAINT "my key" PRIMARY KEY,
    serial serial,
    code text COLLATE "C" NOT NULL DEFAULT 'c' || nextval('pg_temp_free_seq'::regclass),
    mood mood DEFAULT 'ok',
    note text,
    body text,
    amount numeric(10, 2) CONSTRAINT positive CHECK (amount > 0),
    twice numeric GENERATED ALWAYS AS (amount * 2) STORED,
    org int CONSTRAINT "to org" REFERENCES "Sales Dept".org ON DELETE SET NULL DEFERRABLE,
    room int4range,
    CONSTRAINT "code once" UNIQUE (code) WITH (fillfactor = 80),
    CONSTRAINT apart EXCLUDE USING gist (room WITH &&)
  ) WITH (fillfactor = 70, autovacuum_enabled = false, toast.autovacuum_enabled = false);
  ALTER TABLE "Sales Dept"."Ké y" DROP COLUMN gone;
  ALTER TABLE "Sales Dept"."Ké y" ADD CONSTRAINT later CHECK (amount < 1000000) NOT VALID;
  CREATE UNIQUE INDEX "lower once" ON "Sales Dept"."Ké y" (lower(note)) WHERE note <> 'stamped';
  CREATE INDEX amounts ON "Sales Dept"."Ké y" USING btree (amount DESC NULLS LAST, lower(code)) INCLUDE (serial) WITH (fillfactor = 60);
  ALTER INDEX "Sales Dept".amounts ALTER COLUMN 2 SET STATISTICS 77;
  CREATE INDEX hashed ON "Sales Dept"."Ké y" USING hash (org);
  CREATE TRIGGER stamps BEFORE INSERT ON "Sales Dept"."Ké y" FOR EACH ROW EXECUTE FUNCTION stamp();
  CREATE TRIGGER off AFTER UPDATE OF amount ON "Sales Dept"."Ké y" FOR EACH ROW WHEN (OLD.amount > 5) EXECUTE FUNCTION refuse();
  ALTER TABLE "Sales Dept"."Ké y" DISABLE TRIGGER off;
  CREATE TRIGGER always AFTER DELETE ON "Sales Dept"."Ké y" REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION stamp();
  ALTER TABLE "Sales Dept"."Ké y" ENABLE ALWAYS TRIGGER always;
  CREATE CONSTRAINT TRIGGER checks AFTER INSERT ON "Sales Dept"."Ké y" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stamp();
  ALTER TABLE "Sales Dept"."Ké y" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
  CREATE POLICY mine ON "Sales Dept"."Ké y" AS RESTRICTIVE FOR UPDATE TO ${role} USING (amount > 0) WITH CHECK (amount > 1);
  ALTER TABLE "Sales Dept"."Ké y" REPLICA IDENTITY USING INDEX "code once";
  ALTER TABLE "Sales Dept"."Ké y" CLUSTER ON "my key";
  ALTER TABLE "Sales Dept"."Ké y" ALTER body SET STORAGE EXTERNAL, ALTER body SET COMPRESSION pglz, ALTER note SET STATISTICS 321, ALTER org SET (n_distinct = -0.5);
  CREATE STATISTICS "Sales Dept".both (dependencies, mcv) ON amount, org FROM "Sales Dept"."Ké y";
  ALTER STATISTICS "Sales Dept".both SET STATISTICS 55;
  CREATE PUBLICATION news FOR TABLE "Sales Dept"."Ké y" (id, code, org) WHERE (code <> 'x');
  GRANT SELECT ON "Sales Dept"."Ké y" TO ${role} WITH GRANT OPTION;
  GRANT UPDATE (note), INSERT (note, amount) ON "Sales Dept"."Ké y" TO ${role};
  GRANT USAGE ON SEQUENCE "Sales Dept"."my ids" TO ${role};
  REVOKE TRIGGER ON "Sales Dept"."Ké y" FROM CURRENT_USER;
  ALTER DEFAULT PRIVILEGES IN SCHEMA "Sales Dept" GRANT DELETE ON TABLES TO ${role};
  COMMENT ON TABLE "Sales Dept"."Ké y" IS 'the table''s \\ own'; COMMENT ON COLUMN "Sales Dept"."Ké y".note IS 'a note';
  COMMENT ON INDEX "Sales Dept".amounts IS 'amounts'; COMMENT ON CONSTRAINT positive ON "Sales Dept"."Ké y" IS 'more than none';
  COMMENT ON CONSTRAINT "my key" ON "Sales Dept"."Ké y" IS 'key'; COMMENT ON CONSTRAINT "to org" ON "Sales Dept"."Ké y" IS 'of';
  COMMENT ON TRIGGER stamps ON "Sales Dept"."Ké y" IS 'stamps'; COMMENT ON POLICY mine ON "Sales Dept"."Ké y" IS 'policy';
  COMMENT ON STATISTICS "Sales Dept".both IS 'both'; COMMENT ON SEQUENCE "Sales Dept"."my ids" IS 'ids';
  ${isNew ? `ALTER TABLE "Sales Dept"."Ké y" ADD CONSTRAINT "is there" NOT NULL mood; COMMENT ON CONSTRAINT "is there" ON "Sales Dept"."Ké y" IS 'there';` : ""}
  INSERT INTO "Sales Dept"."Ké y" (note, amount, org, room, body) SELECT 'n' || i, i, 1, int4range(i, i + 1), repeat('x', 3000) FROM generate_series(1, 6) i;`;

forEachServer("TRUNCATE of a large table", (server) => {
  const isNew = majorOf(server) >= 18;
  const t = `"Sales Dept"."Ké y"`;

  async function full(change: string) {
    const db = await createDatabase(server);
    const role = `reader_${db.name}`;
    await db.query(`CREATE ROLE ${role}`);
    const base = inWordsOf(server, everything(role, isNew)).replace(
      `CREATE SCHEMA "Sales Dept";`,
      `CREATE SCHEMA "Sales Dept"; CREATE SEQUENCE pg_temp_free_seq;`,
    );
    const project = await createProject({ "1_base.up.sql": base, "2_change.up.sql": change });
    const settings = { databaseUrl: db.url, projectDir: project.dir, onlineAboveBytes: 0 };
    return {
      ...{ db, belay: createBelay(settings), settings, role },
      [Symbol.asyncDispose]: async () => {
        await project[Symbol.asyncDispose]();
        await db.query(`DROP OWNED BY ${role}`);
        const url = new URL(db.url);
        await db.drop();
        url.pathname = "/postgres";
        const admin = new pg.Client({ connectionString: url.href });
        await admin.connect();
        await admin.query(`DROP ROLE ${role}`);
        await admin.end();
      },
    };
  }

  test("a table with every part: nothing to be seen of it, and all comes back", async () => {
    await using place = await full(`TRUNCATE ${t}`);
    const { db, belay, settings } = place;
    const asWritten = createBelay({ ...settings, verbatim: true });
    expect((await asWritten.up({ to: "1" })).error).toBeUndefined();
    const before = await catalogOf(db.url);
    const rows = await db.query(`SELECT * FROM ${t} ORDER BY id`);
    const [table] = await db.query(`SELECT '${t}'::regclass::oid AS oid`);
    const { error, applied } = await belay.up();
    expect(error).toBeUndefined();
    expect(applied).toMatchObject([{ verdict: "exact", losses: [] }]);
    expect(await told(before, db.url)).toEqual([]);
    expect(await db.query(`SELECT '${t}'::regclass::oid AS oid`)).not.toEqual([table]);
    expect(await db.query(`SELECT * FROM ${t}`)).toEqual([]);
    await db.query(
      `INSERT INTO ${t} (amount, org) VALUES (100, 2), (200, 1); UPDATE ${t} SET amount = 300 WHERE amount = 200`,
    );
    const since = await db.query(`SELECT * FROM ${t} ORDER BY id`);
    expect(since).toMatchObject([
      { id: "40", note: "stamped" },
      { id: "45", serial: 8, twice: "600.00" },
    ]);
    await takenBack(belay);
    expect(await told(before, db.url)).toEqual([]);
    expect(await db.query(`SELECT * FROM ${t} ORDER BY id`)).toEqual([...rows, ...since]);
    expect(await db.query(`SELECT '${t}'::regclass::oid AS oid`)).toEqual([table]);
    await db.query(`INSERT INTO ${t} (amount) VALUES (7)`);
    expect(await db.query(`SELECT id, serial FROM ${t} WHERE amount = 7 AND id > 35`)).toEqual([
      { id: "50", serial: 9 },
    ]);
  });

  test("finalize leaves what a plain TRUNCATE leaves", async () => {
    await using place = await full(`TRUNCATE ${t} RESTART IDENTITY`);
    await using other = await full(`TRUNCATE ${t} RESTART IDENTITY`);
    const asWritten = createBelay({ ...place.settings, verbatim: true });
    expect((await asWritten.up({ to: "1" })).error).toBeUndefined();
    expect((await place.belay.up()).error).toBeUndefined();
    const elsewhere = createBelay({ ...other.settings, verbatim: true });
    expect((await elsewhere.up()).error).toBeUndefined();
    const dir = await mkdtemp(join(tmpdir(), "belay-archive-"));
    const { finalized, error } = await place.belay.finalize({ which: "all", archive: dir });
    expect(error).toBeUndefined();
    expect(finalized[0]?.destroyed).toEqual(
      expect.arrayContaining([expect.stringContaining(`table "Ké y"`)]),
    );
    expect(await place.belay.checkArchives(dir)).toMatchObject({
      archives: [{ damage: [], rows: 6 }],
    });
    await rm(dir, { recursive: true });
    // The old table had a column once, whose number the twin gives to the next one.
    const named = (text: string) =>
      text.replaceAll(other.role, place.role).replaceAll(/"_position":\d+/g, "");
    const lines = async ({ db }: { db: { url: string } }) =>
      (await independentFacts(db.url)).map(named);
    expect(await lines(place)).toEqual(await lines(other));
    if (clientsMissing === undefined && majorOf(server) <= dumpMajor) {
      expect(named(await pgDump(place.db.url))).toEqual(named(await pgDump(other.db.url)));
    }
    for (const { db } of [place, other]) {
      await db.query(`INSERT INTO ${t} (amount) VALUES (1)`);
      expect(await db.query(`SELECT id, serial FROM ${t}`)).toEqual([{ id: "10", serial: 1 }]);
    }
  });

  test.each([
    ["TRUNCATE", "serial"],
    ["TRUNCATE", "int GENERATED BY DEFAULT AS IDENTITY"],
    [
      "TRUNCATE",
      "int GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT -1 MINVALUE -1000 MAXVALUE 1000)",
    ],
    ["RESTART", "serial"],
    ["RESTART", "int GENERATED BY DEFAULT AS IDENTITY"],
    [
      "RESTART",
      "int GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT -1 MINVALUE -1000 MAXVALUE 1000)",
    ],
  ])("%s, %s: no value is given again", async (verb, type) => {
    for (const since of [2, 7]) {
      await using place = await world(
        server,
        `CREATE TABLE t (n ${type}, v text)`,
        `TRUNCATE t ${verb === "RESTART" ? "RESTART IDENTITY" : ""}`,
      );
      const { db, up, belay, asides } = place;
      const draw = async (count: number) => {
        const rows = await db.query<{ n: number }>(
          `INSERT INTO t (v) SELECT 'x' FROM generate_series(1, ${count}) RETURNING n`,
        );
        return rows.map(({ n }) => n);
      };
      const before = await draw(4);
      await up();
      expect(await asides()).toEqual(["t"]);
      const after = await draw(since);
      if (verb === "RESTART") expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
      else expect(before).not.toContain(after[0]);
      await db.query("DELETE FROM t");
      await takenBack(belay);
      const [next] = await draw(1);
      const step = before[1]! - before[0]!;
      const furthest = [...before, ...after].reduce((a, b) => ((b - a) * step > 0 ? b : a));
      expect(next).toBe(furthest + step);
    }
  });

  test("descending serial", async () => {
    await using place = await world(
      server,
      `CREATE SEQUENCE down INCREMENT -2 START -1; CREATE TABLE t (n int DEFAULT nextval('down'), v text);
       ALTER SEQUENCE down OWNED BY t.n; INSERT INTO t (v) VALUES ('a'), ('b'), ('c')`,
      "TRUNCATE t RESTART IDENTITY",
    );
    await place.up();
    expect(await place.db.query("INSERT INTO t (v) VALUES ('d') RETURNING n")).toEqual([{ n: -1 }]);
    await takenBack(place.belay);
    expect(await place.db.query("INSERT INTO t (v) VALUES ('e') RETURNING n")).toEqual([{ n: -7 }]);
  });

  const family = `
    CREATE TABLE a (id int PRIMARY KEY, v text, up int REFERENCES a);
    CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE, v text);
    CREATE TABLE c (b int REFERENCES b ON DELETE CASCADE, v text);
    INSERT INTO a VALUES (1, 'old', NULL), (2, 'old', 1), (3, 'old', 2);
    INSERT INTO b VALUES (1, 1, 'old'), (2, 2, 'old'); INSERT INTO c VALUES (1, 'old'), (1, 'old'), (2, 'old')`;

  test.each(["TRUNCATE b, c, a", "TRUNCATE a CASCADE"])(
    "%s: tables that refer to each other",
    async (sql) => {
      await using place = await world(server, family, sql);
      const { db, up, asides, belay } = place;
      const before = await catalogOf(db.url);
      await up();
      expect(await asides()).toEqual(["a", "b", "c"]);
      expect(await told(before, db.url)).toEqual([]);
      await db.query(`INSERT INTO a VALUES (10, 'new', NULL), (2, 'newer', 11), (11, 'new', 10); INSERT INTO b VALUES (10, 2, 'new'), (2, 10, 'newer');
      INSERT INTO c VALUES (2, 'new')`);
      const { conflicts, error, verified } = await belay.down();
      expect(error).toBeUndefined();
      expect(verified).toBe(true);
      expect(conflicts.map(({ target, key, resolution }) => ({ target, key, resolution }))).toEqual(
        [
          { target: "public.a", key: { id: 2 }, resolution: "kept newer" },
          { target: "public.b", key: { id: 2 }, resolution: "kept newer" },
        ],
      );
      expect(await told(before, db.url)).toEqual([]);
      expect(await db.query("SELECT id, v, up FROM a ORDER BY id")).toEqual([
        { id: 1, v: "old", up: null },
        { id: 2, v: "newer", up: 11 },
        { id: 3, v: "old", up: 2 },
        { id: 10, v: "new", up: null },
        { id: 11, v: "new", up: 10 },
      ]);
      expect(await db.query("SELECT id, a, v FROM b ORDER BY id")).toEqual([
        { id: 1, a: 1, v: "old" },
        { id: 2, a: 10, v: "newer" },
        { id: 10, a: 2, v: "new" },
      ]);
      expect(await db.query("SELECT b, v FROM c ORDER BY b, v")).toEqual([
        { b: 1, v: "old" },
        { b: 1, v: "old" },
        { b: 2, v: "new" },
        { b: 2, v: "old" },
      ]);
    },
  );
});
