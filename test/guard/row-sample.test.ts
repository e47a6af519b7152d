// Rows of a real server, sampled and found again: odd types, names and keys; what may not or cannot be
// read; and every change of the schema that keeps values, or loses them.

import { expect, test } from "vitest";
import type { RowSample, SampleLimits, SeenAgain } from "../../src/core/row-sample.ts";
import type { Session } from "../../src/dialects/dialect.ts";
import { postgres } from "../../src/dialects/postgres/dialect.ts";
import { judgeRows } from "../../src/guard/sampled-rows.ts";
import { createBelay } from "../../src/index.ts";
import { createProject } from "../support/project.ts";
import { createDatabase, forEachServer, servers } from "../support/servers.ts";

const limits: SampleLimits = {
  ...{ tables: 32, rows: 200, digests: 1_600, statementMs: 5_000 },
  isOver: () => false,
};

const { take, again } = postgres.rowSamples;

const open = (url: string) => postgres.connect({ url, applicationName: "sampling" });

async function verdict(session: Session, sample: RowSample) {
  const seen: SeenAgain[] = [];
  for (const table of sample.tables) seen.push(await again(session, table, 5_000));
  return judgeRows(sample, seen);
}

/** Types and values; each is a column, and as far as it can be, a key. */
const types: [type: string, value: string, isKey?: false][] = [
  ["bigint", "n"],
  ["text", "repeat(E'\\'\"\\\\ ü, {}\\n', n)"],
  ["character(7)", "'c' || n"],
  ["varchar(20)", "'v' || n"],
  ["name", "'n' || n"],
  ['"char"', "chr(64 + n)"],
  ["uuid", "gen_random_uuid()"],
  ["bytea", "decode('00ff5c' || lpad(n::text, 2, '0'), 'hex')"],
  ["timestamptz", "timestamptz '2024-03-31 01:30:00.123456+00' + n * interval '1 hour'"],
  ["timestamp(3)", "timestamp '0044-03-15 12:00:00 BC' + n * interval '1 ms'"],
  ["date", "date '2024-01-01' + n"],
  ["interval", "n * interval '1 day -02:03'"],
  ["numeric(12,4)", "n / 7.0"],
  ["double precision", "n / 7.0::float8"],
  ["real", "n / 7.0::real"],
  ["money", "n::money"],
  ["boolean", "n = 1", false],
  ["inet", "inet '10.0.0.0' + n"],
  ["bit(8)", "n::bit(8)"],
  ["int[]", "ARRAY[[n, 2], [3, NULL]]"],
  ["int4range", "int4range(n, n + 5)"],
  ["mood", "(ARRAY['sad', 'so so', 'Ärger']::mood[])[n]"],
  ["pair", "ROW(n, 'a\"b')::pair"],
  ["positive", "n"],
  ["regclass", "(ARRAY['a', 'b', 'mood_of']::regclass[])[n]"],
  ["json", `json_build_object('n', n, 'ü', '"')`, false],
  ["jsonb", `jsonb_build_object('n', n, 'ü', '"')`],
  ["xml", "xmlelement(name a, n)", false],
  ["point", "point(n, 2)", false],
];

forEachServer("sampled rows", (server) => {
  test("are found again by keys of every type, whatever the session's settings are", async () => {
    await using db = await createDatabase(server);
    await db.query(`
      CREATE TYPE mood AS ENUM ('sad', 'so so', 'Ärger'); CREATE TYPE pair AS (a int, "B b" text);
      CREATE DOMAIN positive AS int CHECK (VALUE > 0);
      CREATE TABLE a (); CREATE TABLE b (); CREATE TABLE mood_of ();`);
    const columns = types.map(([type], at) => `c${at} ${type}`).join(", ");
    const values = types.map(([, value]) => value).join(", ");
    const names: string[] = [];
    for (const [at, [, , isKey]] of types.entries()) {
      if (isKey === false) continue;
      names.push(`t${at}`);
      await db.query(`CREATE TABLE t${at} (${columns}, PRIMARY KEY (c${at}));
        INSERT INTO t${at} SELECT ${values} FROM generate_series(1, 3) n`);
    }
    const session = await open(db.url);
    const sample = await take(session, names, { ...limits, tables: 100 });
    expect(sample.leftOut).toEqual([]);
    expect(sample.tables.map(({ rows }) => rows.length)).toEqual(names.map(() => 3));
    await session.run(`SET datestyle = 'German'; SET timezone = 'Asia/Tokyo'; SET extra_float_digits = -5;
      SET bytea_output = 'escape'; SET intervalstyle = 'sql_standard'; SET search_path = pg_catalog`);
    const all = `${3 * names.length} sampled rows of ${names.length} tables as they were`;
    expect(await verdict(session, sample)).toEqual({ passed: true, detail: all });
    await db.query("ALTER TABLE mood_of RENAME TO of_mood");
    expect(await verdict(session, sample)).toEqual({ passed: true, detail: all });
    await session.close();
  });

  test("of odd names, keys of several columns, partitions and children are read", async () => {
    await using db = await createDatabase(server);
    await db.query(`
      CREATE SCHEMA "Sch ""ema"; CREATE TABLE "Sch ""ema"."Tä.ble ✓" ("B b" text, "a""a" int, "✓" text,
        made int GENERATED ALWAYS AS ("a""a" * 2) STORED, PRIMARY KEY ("a""a", "B b"));
      INSERT INTO "Sch ""ema"."Tä.ble ✓" SELECT 'x,"{}' || n, n, NULL FROM generate_series(1, 20) n;
      CREATE TABLE parts (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
      CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
      INSERT INTO parts SELECT n, date '2024-01-01' + n FROM generate_series(1, 50) n;
      CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (PRIMARY KEY (id)) INHERITS (parent);
      INSERT INTO parent SELECT n FROM generate_series(1, 5) n; INSERT INTO child SELECT n FROM generate_series(1, 7) n;
      CREATE TABLE unkeyed (id int, code text NOT NULL UNIQUE); INSERT INTO unkeyed VALUES (1, 'a');
      CREATE INDEX by_id ON unkeyed (id)`);
    const session = await open(db.url);
    const names = ['"Sch ""ema"."Tä.ble ✓"', "parts", "parent", "public.by_id", "nowhere"];
    const sample = await take(session, names, limits);
    expect(sample.leftOut).toEqual([]);
    expect(sample.tables.map(({ table, key, rows }) => [table, key, rows.length])).toEqual([
      ['"Sch ""ema"."Tä.ble ✓"', ['a"a', "B b"], 20],
      ["public.parts", ["id", "at"], 50],
      ["public.parent", ["id"], 5],
      ["public.child", ["id"], 7],
      ["public.unkeyed", ["code"], 1],
    ]);
    expect(await verdict(session, sample)).toMatchObject({ passed: true });
    await db.query(`UPDATE "Sch ""ema"."Tä.ble ✓" SET "✓" = '' WHERE "a""a" <= 4;
      DELETE FROM parts WHERE id <= 3; UPDATE parent SET id = id WHERE id = 1`);
    expect((await verdict(session, sample)).detail).toBe(
      "76 of 83 sampled rows of 5 tables as they were, 4 written since, 3 deleted since",
    );
    await session.close();
  });

  test("that cannot or may not be read are named", async () => {
    await using db = await createDatabase(server);
    const role = `reader_${db.name}`;
    await db.query(`
      CREATE TABLE keyless (id int); CREATE TABLE secret (id int PRIMARY KEY); CREATE VIEW seen AS SELECT 1 AS x;
      CREATE TABLE open (id int PRIMARY KEY, hidden text); INSERT INTO open VALUES (1, 'a'), (2, 'b');
      ALTER TABLE open ENABLE ROW LEVEL SECURITY; CREATE POLICY part ON open USING (id = 1);
      CREATE FOREIGN DATA WRAPPER away; CREATE SERVER far FOREIGN DATA WRAPPER away; CREATE FOREIGN TABLE abroad (id int) SERVER far;
      CREATE TABLE half (id int) PARTITION BY LIST (id); CREATE FOREIGN TABLE half_1 PARTITION OF half FOR VALUES IN (1) SERVER far;
      CREATE TABLE long (id text PRIMARY KEY); INSERT INTO long VALUES (repeat('x', 300));
      CREATE ROLE ${role} LOGIN; GRANT SELECT ON keyless, open, abroad, half, long TO ${role}`);
    const url = new URL(db.url);
    url.username = role;
    const session = await open(url.href);
    const names = ["keyless", "secret", "seen", "open", "abroad", "half", "long"];
    const sample = await take(session, names, limits);
    expect(sample.tables.map(({ table, rows }) => [table, rows.length])).toEqual([
      ["public.open", 1],
    ]);
    expect(sample.leftOut).toEqual([
      { table: "public.keyless", why: "it has no key" },
      { table: "public.secret", why: "no privilege to read it" },
      { table: "public.abroad", why: "its rows are on another server" },
      { table: "public.half", why: "its rows are on another server" },
      { table: "public.long", why: "its keys are too long" },
    ]);
    expect((await take(session, names, { ...limits, tables: 3 })).leftOut.at(-1)).toEqual({
      ...{ table: "3 more", why: "they are too many" },
    });
    const late = await take(session, ["open"], { ...limits, isOver: () => true });
    expect(late.leftOut).toEqual([{ table: "public.open", why: "there was no more time" }]);
    await db.query("BEGIN; LOCK TABLE open");
    const locked = await take(session, ["open"], limits);
    expect(locked.leftOut).toEqual([
      { table: "public.open", why: expect.stringContaining("lock timeout") },
    ]);
    expect(await verdict(session, sample)).toMatchObject({ passed: false });
    await db.query("COMMIT");
    expect(await verdict(session, sample)).toMatchObject({ passed: true });
    await db.query(`REVOKE ALL ON open FROM ${role}`);
    expect((await verdict(session, sample)).detail).toContain("public.open (no privilege");
    await session.close();
    await db.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  test("that a change of the schema has lost are named", async () => {
    const table = `CREATE TABLE t (id int PRIMARY KEY, a text, b text); CREATE TABLE u (id int PRIMARY KEY, a text, b text);
      INSERT INTO t SELECT n, 'a' || n, 'b' || n FROM generate_series(1, 50) n; INSERT INTO u SELECT * FROM t`;
    const losing = {
      "ALTER TABLE t DROP COLUMN b, ADD COLUMN b text DEFAULT 'b1'":
        /^column b of public.t differs in 49 rows that nobody has written since \(id \d+; id \d+; id \d+; ...\); 51 of 100 /,
      "ALTER TABLE t RENAME a TO c; ALTER TABLE t RENAME b TO a; ALTER TABLE t RENAME c TO b":
        /^column a of public.t differs in 50 rows .*; column b of public.t differs in 50 rows /,
      "ALTER TABLE t RENAME TO v; ALTER TABLE u RENAME TO t; ALTER TABLE v RENAME TO u":
        /^public.t is what was public.u; public.u is what was public.t; no sampled row was compared$/,
      "ALTER TABLE t DROP COLUMN a": /^column a of public.t is not there as text; 100 sampled /,
      "ALTER TABLE t DROP COLUMN id": /^public.t: "id" of its key is not there as it was; 50 /,
      "DROP TABLE t": /^public.t: it is not there; 50 sampled rows of 1 table as they were$/,
    };
    for (const [sql, told] of Object.entries(losing)) {
      await using db = await createDatabase(server);
      await db.query(table);
      const session = await open(db.url);
      const sample = await take(session, ["t", "u"], limits);
      await db.query(sql);
      const found = await verdict(session, sample);
      expect(found, sql).toEqual({ passed: false, detail: expect.stringMatching(told) });
      await session.close();
    }
  });

  test("that were written anew, or frozen, are as they were", async () => {
    await using db = await createDatabase(server);
    await db.query(`CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t SELECT n, n FROM generate_series(1, 50) n;
      CREATE TABLE f (id int PRIMARY KEY, a text); INSERT INTO f SELECT n, 'x' FROM generate_series(1, 50) n`);
    const session = await open(db.url);
    const sample = await take(session, ["t", "f"], limits);
    await db.query("ALTER TABLE t ALTER a TYPE bigint; ALTER TABLE t ALTER a TYPE int");
    await db.query("VACUUM (FREEZE) f");
    await db.query("VACUUM FULL f");
    const detail = "100 sampled rows of 2 tables as they were";
    expect(await verdict(session, sample)).toEqual({ passed: true, detail });
    await db.query("ALTER TABLE f DROP a, ADD a text");
    expect(await verdict(session, sample)).toMatchObject({ passed: false });
    await session.close();
  });

  const schema = `CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE TABLE t (id int PRIMARY KEY, code text NOT NULL, n int, m mood, d float8);
    INSERT INTO t SELECT n, '00' || n, n * 1000000, CASE WHEN n % 2 = 0 THEN 'ok' ELSE 'sad' END::mood, n / 7.0 FROM generate_series(1, 2000) n;
    CREATE TABLE u (LIKE t INCLUDING ALL); INSERT INTO u SELECT * FROM t WHERE id <= 100`;

  test.each([
    "ALTER TABLE t RENAME COLUMN code TO sku; ALTER TABLE t RENAME COLUMN id TO key",
    "ALTER TABLE t DROP COLUMN n; ALTER TABLE t ADD COLUMN n int",
    "ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t DROP COLUMN id",
    "ALTER TABLE t ALTER code TYPE int USING code::int, ALTER d TYPE real",
    "ALTER TABLE t ALTER id TYPE text",
    "UPDATE t SET n = 0, code = ''; DELETE FROM u",
    "UPDATE t SET id = -id",
    "TRUNCATE t; TRUNCATE u",
    "DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); DROP TABLE u",
    "ALTER TABLE t RENAME TO v; ALTER TABLE u RENAME TO t",
    "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'; ALTER TABLE t ALTER m SET DEFAULT 'sad'",
    "ALTER TABLE t ADD COLUMN more text NOT NULL DEFAULT 'x', DROP COLUMN m",
    "CREATE SCHEMA s; ALTER TABLE t SET SCHEMA s; DROP TABLE u",
  ])("are all as they were after: %s", async (up) => {
    await using db = await createDatabase(server);
    await db.query(schema);
    await using project = await createProject({ "0001_change.up.sql": up });
    const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
    const session = await open(db.url);
    const sample = await take(session, ["t", "u"], limits);
    expect(await belay.up()).toMatchObject({ outcome: "done" });
    expect(await belay.down()).toMatchObject({ outcome: "done", verified: true });
    const detail = "300 sampled rows of 2 tables as they were";
    expect(await verdict(session, sample)).toEqual({ passed: true, detail });
    await session.close();
  });
});

test("a large table is sampled here and there, and the sample is small", async () => {
  await using db = await createDatabase(servers[0]);
  await db.query(`CREATE TABLE large (id int PRIMARY KEY, a text, b int, c int, d int, e int, f int, g int);
    INSERT INTO large SELECT n, repeat('x', 100), n FROM generate_series(1, 200000) n;
    CREATE TABLE wide (id int PRIMARY KEY, big text${Array.from({ length: 98 }, (_, n) => `, c${n} int`).join("")});
    INSERT INTO wide SELECT n, repeat('x', 10000000) FROM generate_series(1, 20) n`);
  const session = await open(db.url);
  const sample = await take(session, ["large", "wide"], limits);
  const [large, wide] = sample.tables;
  expect(large?.rows.length).toBe(200);
  const ids = large?.rows.map(([[id]]) => Number(id)) ?? [];
  expect(Math.min(...ids)).toBeLessThan(40_000);
  expect(Math.max(...ids)).toBeGreaterThan(160_000);
  expect(new Set(ids.map((id) => Math.floor(id / 2_000))).size).toBeGreaterThan(30);
  expect(wide?.rows.length).toBe(16);
  for (const table of sample.tables) expect(JSON.stringify(table).length).toBeLessThan(20_000);
  expect(await verdict(session, sample)).toEqual({
    passed: true,
    detail: "216 sampled rows of 2 tables as they were",
  });
  await session.close();
});
