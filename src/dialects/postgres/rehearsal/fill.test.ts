import { describe, expect, test } from "vitest";
import {
  createDatabase,
  forEachServer,
  type TestDatabase,
} from "../../../../test/support/servers.ts";
import type { Filled, FillOptions } from "../../rehearsal.ts";
import { connect } from "../session.ts";
import { fill } from "./fill.ts";

async function fillIn(
  url: string,
  options: Partial<FillOptions> = {},
  settings = "",
): Promise<Filled[]> {
  const session = await connect({ url, applicationName: "test" });
  try {
    if (settings !== "") await session.run(settings);
    const filled = await fill(session, { seed: 1, rows: 8, ...options });
    // Nothing is left open, and no setting behind.
    expect(await session.query("SELECT now() = statement_timestamp() AS idle")).toEqual([
      { idle: true },
    ]);
    expect(
      await session.query("SELECT current_setting('session_replication_role') AS role"),
    ).toEqual([{ role: "origin" }]);
    return filled;
  } finally {
    await session.close();
  }
}

/** What is short of the rows wanted, and why. */
const short = (filled: readonly Filled[]) => filled.filter(({ why }) => why !== undefined);

async function count(db: TestDatabase, what: string): Promise<number> {
  const [row] = await db.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${what}`);
  return row?.n ?? -1;
}

const types = `
  CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION ltree; CREATE EXTENSION isn;
  CREATE TYPE mood AS ENUM ('sad', 'o"k', 'it''s');
  CREATE TYPE pair AS (a int, b text);
  CREATE TYPE nested AS (p pair, l int[], m mood);
  CREATE DOMAIN email AS text CHECK (value LIKE '%@%');
  CREATE DOMAIN large AS int CHECK (value > 100);
  CREATE DOMAIN code AS varchar(5) NOT NULL CHECK (value ~ '^[A-Z]{2}\\d{2,3}$');
  CREATE DOMAIN four AS code CHECK (length(value) = 4);
  CREATE DOMAIN tags AS text[] CHECK (array_length(value, 1) <= 3);
  CREATE TYPE floats AS RANGE (subtype = float8, subtype_diff = float8mi);
  CREATE TYPE texts AS RANGE (subtype = text);
  CREATE TABLE scalars (id serial PRIMARY KEY,
    c1 bool, c2 int2, c3 int4, c4 int8, c5 numeric, c6 numeric(10,2), c7 numeric(3,3), c8 numeric(5,0),
    c9 float4, c10 float8, c11 money, t1 text, t2 varchar, t3 varchar(1), t4 varchar(7), t5 char(3),
    t6 bpchar, t7 name, t8 "char", t9 citext, b1 bytea, b2 bit(5), b3 bit, b4 varbit(8), b5 varbit,
    d1 date, d2 timestamp, d3 timestamptz, d4 timestamp(0), d5 time, d6 timetz, d7 interval,
    d8 interval year to month, d9 interval second(2), d10 timestamptz(3), u uuid, j json, jb jsonb,
    jp jsonpath, h hstore, l ltree, lq lquery, lt ltxtquery, isb isbn, tv tsvector, tq tsquery,
    i inet, ci cidr, m macaddr, m8 macaddr8, p point, li line, ls lseg, bx box, pa path, po polygon,
    cr circle, o oid, xi xid, x8 xid8, cd cid, td tid, pl pg_lsn, ps pg_snapshot, rc regclass,
    rt regtype, rp regproc, rpr regprocedure, ro regoper, rop regoperator, rn regnamespace,
    rr regrole, rco regcollation, rcf regconfig, rd regdictionary, iv int2vector, ov oidvector,
    rf refcursor, ts txid_snapshot);
  CREATE TABLE composed (id int PRIMARY KEY,
    a1 int[], a2 text[], a3 text[][], a4 numeric(6,2)[], a5 varchar(3)[], a6 jsonb[], a7 mood[],
    a8 email[], a9 pair[], a10 box[], a11 timestamptz[], a12 bytea[], e mood, e2 mood NOT NULL,
    p pair, n nested, dm email, dl large NOT NULL, dc code, ds four, dt tags, r1 int4range,
    r2 int8range, r3 numrange, r4 daterange, r5 tsrange, r6 tstzrange, r7 floats, r8 texts,
    m1 int4multirange, m2 datemultirange, m3 tstzmultirange, ra int4range[]);
  CREATE TABLE required (a int2 NOT NULL, b int8 NOT NULL, c numeric(2,2) NOT NULL, d char(2) NOT NULL,
    e timestamptz NOT NULL, f jsonb NOT NULL, g text[] NOT NULL, h uuid NOT NULL, i inet NOT NULL,
    j mood NOT NULL, k bytea NOT NULL, l interval NOT NULL, m bit(3) NOT NULL, n int4range NOT NULL,
    o tsvector NOT NULL, p point NOT NULL, q pair NOT NULL, r boolean NOT NULL, t money NOT NULL);
  CREATE TABLE exotic (id int, acl aclitem, x xml);`;

forEachServer("fill: values", (server) => {
  test("every type, plain values first, then what a way back may lose", async () => {
    await using db = await createDatabase(server);
    await db.query(types);
    expect(short(await fillIn(db.url, { rows: 40 }))).toEqual([]);
    for (const table of ["scalars", "composed"]) {
      const columns = await db.query<{ name: string; required: boolean }>(
        `SELECT quote_ident(attname) AS name, attnotnull OR atttypid IN (SELECT oid FROM pg_type
           WHERE typname IN ('code', 'four')) AS required
           FROM pg_attribute WHERE attrelid = '${table}'::regclass AND attnum > 0`,
      );
      const parts = columns.map(({ name }) => `count(${name})::int AS ${name}`);
      const [counts] = await db.query<Record<string, number>>(
        `SELECT ${parts.join(", ")} FROM ${table}`,
      );
      for (const { name, required } of columns) {
        // Of each type both values and NULLs, but for those that refuse NULL.
        expect(counts?.[name], `${table}.${name}`).toBeGreaterThan(20);
        if (!required) expect(counts?.[name], `${table}.${name}`).toBeLessThan(40);
      }
    }
    const first = `SELECT c4, c6::text, t1, t4, d1::text, u, jb FROM scalars ORDER BY id LIMIT 2`;
    const row = (word: string, n: number) => ({
      ...{ c4: `${n}`, c6: `${n}.25`, t1: `${word} ${n}`, t4: `${word} ${n}`, d1: `2024-01-0${n}` },
      ...{ u: `6ba7b810-9dad-41d1-80b4-00000000000${n}`, jb: { id: n, name: `alpha ${n}` } },
    });
    expect(await db.query(first)).toEqual([row("alpha", 1), row("bravo", 2)]);
    const telling = await db.query(
      `SELECT bool_or(c4 > 2147483647) AS beyond_int4, bool_or(c5 <> round(c5, 2)) AS scale,
         bool_or(t1 = '') AS empty, bool_or(t1 <> lower(t1)) AS mixed, bool_or(t1 <> trim(t1)) AS spaced,
         bool_or(length(t1) > 2000) AS long, bool_or(t1 <> normalize(t1, NFC)) AS combining,
         bool_or(t1 LIKE E'%\\n%') AS lines, bool_or(d2 <> date_trunc('second', d2)) AS micro,
         bool_or(b1 <> '' AND get_byte(b1, 0) = 0) AS zero_bytes, bool_or(c10 = 'NaN') AS nan,
         bool_or(jsonb_typeof(jb) = 'null') AS json_null, bool_or(d3 = 'infinity') AS infinity,
         count(DISTINCT c1) AS bools
       FROM scalars`,
    );
    expect(new Set(Object.values(telling[0] ?? {}))).toEqual(new Set([true, "2"]));
  });

  test("few rows have NULLs and edge values already", async () => {
    await using db = await createDatabase(server);
    await db.query(`CREATE TABLE t (id bigserial PRIMARY KEY, n numeric, s text, b bigint, d timestamptz,
      k text NOT NULL DEFAULT 'k')`);
    await fillIn(db.url);
    for (const column of ["n", "s", "b", "d"]) {
      expect(await count(db, `t WHERE ${column} IS NULL`), column).toBeGreaterThan(0);
    }
    expect(await count(db, "t WHERE n <> round(n, 2)")).toBeGreaterThan(0);
    expect(await count(db, "t WHERE b > 2147483647")).toBeGreaterThan(0);
    expect(await count(db, "t WHERE id > 2147483647")).toBe(1);
    expect(await count(db, "t WHERE k = 'k'")).toBeGreaterThan(0);
  });

  test("the session's settings and other people's names do not matter", async () => {
    await using db = await createDatabase(server);
    await db.query(`CREATE SCHEMA "Odd ""x"; CREATE SCHEMA belay; CREATE SCHEMA belay_old;
      CREATE TABLE belay.journal (a int); CREATE TABLE belay_old.t (a int);
      CREATE TABLE "Odd ""x"."select" ("from" int PRIMARY KEY, "Ünï ""col" text CHECK ("Ünï ""col" <> ''),
        n int, t timestamptz, i interval, b bytea, "n ' \\ " date, CHECK (n > 5));
      CREATE TABLE "Odd ""x".child ("a b" int REFERENCES "Odd ""x"."select", "$1" text UNIQUE);
      CREATE TABLE public.pg_class (text int, "text[]" text); CREATE DOMAIN public.text AS int;
      CREATE TABLE typed (a public.text, b pg_catalog.text)`);
    const settings = `SET search_path = "Odd ""x", public; SET datestyle = 'SQL, DMY';
      SET timezone = 'Asia/Tokyo'; SET intervalstyle = 'sql_standard'; SET bytea_output = 'escape';
      SET standard_conforming_strings = off; SET backslash_quote = off; SET lc_monetary = 'C';
      SET quote_all_identifiers = on; SET transform_null_equals = on; SET row_security = off;
      CREATE TEMP TABLE scratch (a int)`;
    const filled = await fillIn(db.url, {}, settings);
    expect(filled.map(({ table, inserted }) => [table, inserted])).toEqual([
      ['"Odd ""x"."select"', 8],
      ['"Odd ""x".child', 8],
      // No schema of ours, though it sounds like one.
      ["belay_old.t", 8],
      ["public.pg_class", 8],
      ["public.typed", 8],
    ]);
    expect(await count(db, "belay.journal")).toBe(0);
  });

  test("the same seed and schema give the same rows, whatever else is there", async () => {
    await using a = await createDatabase(server);
    await using b = await createDatabase(server);
    const tables = `CREATE TABLE t (id serial PRIMARY KEY, s text, n numeric, u uuid DEFAULT gen_random_uuid(),
        at timestamptz DEFAULT now(), CHECK (n IS NULL OR n > -7));
      CREATE TABLE r (t int REFERENCES t, k text PRIMARY KEY)`;
    await a.query(tables);
    await b.query(`CREATE TABLE aa (x int); ${tables}; CREATE TABLE zz (y text)`);
    const rows = "SELECT t.*, r.* FROM t FULL JOIN r ON r.t = t.id ORDER BY t, r";
    await fillIn(a.url);
    await fillIn(b.url);
    expect(await a.query(rows)).toEqual(await b.query(rows));
    await using c = await createDatabase(server);
    await c.query(tables);
    await fillIn(c.url, { seed: 2 });
    expect(await c.query(rows)).not.toEqual(await a.query(rows));
  });
});

forEachServer("fill: keys", (server) => {
  test("unique keys of all kinds, with rows there already", async () => {
    await using db = await createDatabase(server);
    await db.query(`CREATE EXTENSION btree_gist;
      CREATE TABLE plain (a int PRIMARY KEY, b text UNIQUE, c bool, d varchar(1), UNIQUE (c, d));
      INSERT INTO plain SELECT n, 'alpha ' || n FROM generate_series(1, 30) n;
      CREATE TABLE folded (id serial PRIMARY KEY, email text NOT NULL);
      CREATE UNIQUE INDEX ON folded (lower(trim(email)));
      CREATE TABLE partly (id serial PRIMARY KEY, owner int NOT NULL, main bool NOT NULL);
      CREATE UNIQUE INDEX ON partly (owner) WHERE main;
      CREATE TABLE late (id int PRIMARY KEY DEFERRABLE, pos int UNIQUE DEFERRABLE INITIALLY DEFERRED);
      CREATE TABLE booked (room int, during tstzrange NOT NULL, EXCLUDE USING gist (room WITH =, during WITH &&));
      CREATE TABLE two (flag bool PRIMARY KEY);
      CREATE TABLE only_identity (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
      CREATE TABLE identities (id int GENERATED BY DEFAULT AS IDENTITY, g int GENERATED ALWAYS AS (n * 2) STORED, n int NOT NULL CHECK (n < 1000));
      CREATE TABLE nothing ()`);
    const filled = await fillIn(db.url);
    expect(short(filled)).toEqual([
      { table: "public.two", inserted: 2, why: expect.stringContaining("key (flag)") },
    ]);
    expect(filled.map(({ inserted }) => inserted)).toEqual([8, 8, 8, 8, 8, 8, 8, 8, 2]);
  });

  test("once more, into tables that have rows", async () => {
    await using db = await createDatabase(server);
    await db.query(`CREATE TABLE a (id int PRIMARY KEY, s text UNIQUE);
      CREATE TABLE b (id serial PRIMARY KEY, a int UNIQUE REFERENCES a)`);
    expect(short(await fillIn(db.url, { rows: 100 }))).toEqual([]);
    expect(short(await fillIn(db.url, { rows: 8, seed: 2 }))).toEqual([]);
    expect(await count(db, "a")).toBe(108);
  });

  test("foreign keys of all kinds", async () => {
    await using db = await createDatabase(server);
    await db.query(
      `CREATE TABLE tenants (id int PRIMARY KEY, name text UNIQUE);
      CREATE TABLE users (tenant int NOT NULL REFERENCES tenants, id serial, boss int, name text NOT NULL,
        PRIMARY KEY (tenant, id), FOREIGN KEY (tenant, boss) REFERENCES users);
      CREATE TABLE posts (id uuid PRIMARY KEY, tenant int NOT NULL, author int, reviewer int,
        FOREIGN KEY (tenant, author) REFERENCES users, FOREIGN KEY (tenant, reviewer) REFERENCES users);
      CREATE TABLE by_name (tenant text NOT NULL REFERENCES tenants (name) ON UPDATE CASCADE);
      CREATE TABLE one_each (tenant int PRIMARY KEY REFERENCES tenants);
      CREATE TABLE pairs (a int REFERENCES tenants, b int REFERENCES tenants, PRIMARY KEY (a, b), CHECK (a <> b));
      CREATE TABLE full_match (t int, u int, CHECK (t > 0 OR u IS NULL), FOREIGN KEY (t, u) REFERENCES users MATCH FULL);
      CREATE TABLE parted (k int, id int, PRIMARY KEY (k, id)) PARTITION BY RANGE (k);
      CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (1000);
      CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (1000) TO (2000);
      CREATE TABLE of_parted (k int NOT NULL, id int NOT NULL, FOREIGN KEY (k, id) REFERENCES parted);
      CREATE TABLE base (id int PRIMARY KEY, s text); CREATE TABLE heir (x int) INHERITS (base);
      CREATE TABLE of_base (b int NOT NULL REFERENCES base);
      CREATE TABLE wide (id bigint PRIMARY KEY);
      CREATE TABLE narrow (wide smallint REFERENCES wide)`,
    );
    expect(short(await fillIn(db.url))).toEqual([]);
    expect(await count(db, "users WHERE boss IS NOT NULL")).toBeGreaterThan(0);
    expect(await count(db, "posts WHERE author IS NOT NULL")).toBeGreaterThan(2);
    expect(await count(db, "full_match WHERE t IS NULL")).toBeGreaterThan(0);
    expect(await count(db, "parted_2")).toBe(8);
    const orphans = `tenants t WHERE NOT EXISTS (SELECT FROM users u WHERE u.tenant = t.id)`;
    expect(await count(db, orphans)).toBeGreaterThan(0);
  });

  test("circles: of one table, of two, of those that refuse NULL", async () => {
    await using db = await createDatabase(server);
    await db.query(`
      CREATE TABLE tree (id serial PRIMARY KEY, parent int REFERENCES tree, name text NOT NULL);
      CREATE TABLE rooted (id serial PRIMARY KEY, parent int NOT NULL REFERENCES rooted);
      CREATE TABLE always (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, parent int NOT NULL REFERENCES always);
      CREATE TABLE teams (id int PRIMARY KEY, lead int);
      CREATE TABLE people (id int PRIMARY KEY, team int NOT NULL REFERENCES teams);
      ALTER TABLE teams ADD FOREIGN KEY (lead) REFERENCES people;
      CREATE TABLE hens (id uuid PRIMARY KEY, egg uuid NOT NULL);
      CREATE TABLE eggs (id uuid PRIMARY KEY, hen uuid NOT NULL REFERENCES hens, shell text CHECK (shell IN ('white', 'brown')));
      ALTER TABLE hens ADD FOREIGN KEY (egg) REFERENCES eggs DEFERRABLE;
      CREATE TABLE nests (hen uuid NOT NULL REFERENCES hens);
      CREATE TABLE x (id int PRIMARY KEY, y int NOT NULL, z int); CREATE TABLE y (id int PRIMARY KEY, z int NOT NULL, x int);
      CREATE TABLE z (id int PRIMARY KEY, x int NOT NULL REFERENCES x, y int REFERENCES y);
      ALTER TABLE x ADD FOREIGN KEY (y) REFERENCES y, ADD FOREIGN KEY (z) REFERENCES z;
      ALTER TABLE y ADD FOREIGN KEY (z) REFERENCES z, ADD FOREIGN KEY (x) REFERENCES x`);
    expect(short(await fillIn(db.url))).toEqual([]);
    expect(await count(db, "teams WHERE lead IS NOT NULL")).toBeGreaterThan(0);
    expect(await count(db, "tree WHERE parent IS NOT NULL")).toBeGreaterThan(2);
    expect(await count(db, "tree WHERE parent IS NULL")).toBeGreaterThan(0);
    // A hierarchy has no circle; the application's recursive queries end.
    await fillIn(db.url, { seed: 2 });
    const reached = `(WITH RECURSIVE up (id, n) AS (SELECT id, 0 FROM tree UNION ALL
      SELECT t.parent, n + 1 FROM up JOIN tree t USING (id) WHERE t.parent IS NOT NULL AND n < 100)
      SELECT max(n) AS n FROM up) r WHERE n < 50`;
    expect(await count(db, reached)).toBe(1);
  });

  test("rows that refer to one another mean the same third row", async () => {
    await using db = await createDatabase(server);
    await db.query(`CREATE TABLE accounts (id int PRIMARY KEY);
      CREATE TABLE lists (id int PRIMARY KEY, account int NOT NULL REFERENCES accounts);
      CREATE TABLE items (id int PRIMARY KEY, account int NOT NULL REFERENCES accounts, list int NOT NULL REFERENCES lists)`);
    expect(short(await fillIn(db.url))).toEqual([]);
    const strays = "items i JOIN lists l ON l.id = i.list WHERE l.account <> i.account";
    expect(await count(db, strays)).toBe(0);
  });
});

/** Every column of `checks` by a check of another form. */
const checked = `
  CREATE TYPE state AS ENUM ('new', 'running', 'done');
  CREATE FUNCTION is_slug(text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN RETURN $1 ~ '^[a-z0-9]+$'; END $$;
  CREATE FUNCTION parses(text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN PERFORM $1::int; RETURN true; END $$;
  CREATE TABLE one (
    a text NOT NULL CHECK (a IN ('red', 'green', 'it''s')), b int NOT NULL CHECK (b BETWEEN 1000 AND 1004),
    c text NOT NULL CHECK (c ~ '^[A-Z]{3}-\\d{4}(x|yz)?$'), d text NOT NULL CHECK (length(d) = 17),
    e text NOT NULL CHECK (char_length(e) >= 200 AND char_length(e) < 210), f numeric NOT NULL CHECK (f > 0 AND f < 1),
    g text NOT NULL CHECK (g = lower(g) AND g <> ''), h text NOT NULL CHECK (h LIKE 'http%://_%'),
    i date NOT NULL CHECK (i >= '2031-05-01' AND i < '2031-06-01'), j jsonb NOT NULL CHECK (jsonb_typeof(j) = 'array'),
    k jsonb NOT NULL CHECK (j IS NOT NULL AND k ? 'kind' AND k ->> 'kind' = 'gift'), l bytea NOT NULL CHECK (octet_length(l) = 32),
    m text[] NOT NULL CHECK (cardinality(m) = 3), n text NOT NULL CHECK (is_slug(n)), o text NOT NULL CHECK (parses(o)),
    p smallint NOT NULL CHECK (p % 7 = 3), q float8 NOT NULL CHECK (q >= -90 AND q <= 90), r text NOT NULL CHECK (r = upper(r) AND position('_' in r) = 2),
    s text NOT NULL CHECK (s ILIKE '%@%.%' AND s !~ '\\s'), t timestamptz NOT NULL CHECK (t > '2040-01-01 00:00+00'),
    u int4range NOT NULL CHECK (NOT isempty(u) AND lower(u) > 10), v char(2) NOT NULL CHECK (v = ANY (ARRAY['de', 'fr'])),
    w uuid NOT NULL CHECK (w <> '00000000-0000-0000-0000-000000000000'), x text NOT NULL CHECK (x ~ '^[0-9a-f]{64}$'),
    y money NOT NULL CHECK (y >= 100::money), z interval NOT NULL CHECK (z >= '1 hour'));
  CREATE TABLE several (id serial PRIMARY KEY,
    starts timestamptz NOT NULL, ends timestamptz, CHECK (ends > starts),
    low int NOT NULL, high int NOT NULL, CHECK (low < high AND high <= 50),
    state state NOT NULL, done_at timestamptz, CHECK ((state = 'done') = (done_at IS NOT NULL)),
    a int, b int, c int, d text, e text, CHECK (num_nonnulls(a, b, c, d, e) = 1),
    kind text NOT NULL, amount numeric NOT NULL,
    CHECK (CASE kind WHEN 'in' THEN amount > 500 WHEN 'out' THEN amount < -500 ELSE false END),
    body jsonb NOT NULL, number bigint NOT NULL, CHECK ((body -> 'head' ->> 'number')::numeric = number),
    g int GENERATED ALWAYS AS (low + high) STORED CHECK (g < 60));
  CREATE TABLE owners (id int PRIMARY KEY);
  CREATE TABLE owned (id int PRIMARY KEY, by_user int REFERENCES owners, by_team int REFERENCES owners,
    CHECK ((by_user IS NULL) <> (by_team IS NULL)), slug text UNIQUE CHECK (slug ~ '^[a-z]+-[0-9]+$'));
  CREATE TABLE never (a int CHECK (a > 5 AND a < 5 AND a IS NOT NULL));
  CREATE TABLE dated (d date CHECK (d > now()::date) NOT NULL)`;

forEachServer("fill: rules", (server) => {
  test("checks of many forms", async () => {
    await using db = await createDatabase(server);
    await db.query(checked);
    const filled = await fillIn(db.url);
    expect(short(filled)).toEqual([
      { table: "public.never", inserted: 0, why: expect.stringContaining("never_a_check") },
    ]);
    expect(await count(db, "owned WHERE by_team IS NOT NULL")).toBeGreaterThan(0);
    expect(await count(db, "owned WHERE by_user IS NOT NULL")).toBeGreaterThan(0);
    expect(await count(db, "several WHERE done_at IS NOT NULL")).toBeGreaterThan(0);
  });

  test("partitions of every kind, by themselves and by way of the whole", async () => {
    await using db = await createDatabase(server);
    const tables = `
      CREATE TABLE ranged (id bigserial, at timestamptz NOT NULL, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE ranged_1 PARTITION OF ranged FOR VALUES FROM ('2023-01-01') TO ('2023-02-01');
      CREATE TABLE ranged_2 PARTITION OF ranged FOR VALUES FROM (MINVALUE) TO ('2023-01-01');
      CREATE TABLE ranged_default PARTITION OF ranged DEFAULT;
      CREATE TABLE listed (k text, n int, UNIQUE (k, n)) PARTITION BY LIST (k);
      CREATE TABLE listed_a PARTITION OF listed FOR VALUES IN ('a', 'b') PARTITION BY RANGE (n);
      CREATE TABLE listed_a_1 PARTITION OF listed_a FOR VALUES FROM (1000000) TO (1000100);
      CREATE TABLE listed_null (n int, k text); ALTER TABLE listed ATTACH PARTITION listed_null FOR VALUES IN (NULL);
      CREATE TABLE hashed (k uuid PRIMARY KEY, v int) PARTITION BY HASH (k);
      CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 3, REMAINDER 0);
      CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 3, REMAINDER 1);
      CREATE TABLE hashed_2 PARTITION OF hashed FOR VALUES WITH (MODULUS 3, REMAINDER 2);
      CREATE TABLE by_month (d date NOT NULL) PARTITION BY LIST (date_trunc('month', d::timestamp));
      CREATE TABLE by_month_1 PARTITION OF by_month FOR VALUES IN ('2024-05-01 00:00:00');
      CREATE TABLE bare (k int) PARTITION BY LIST (k)`;
    await db.query(tables);
    const filled = await fillIn(db.url);
    expect(short(filled)).toEqual([
      { table: "public.bare", inserted: 0, why: expect.stringContaining("no partition") },
    ]);
    expect(filled.find(({ table }) => table === "public.ranged")?.inserted).toBe(24);
    expect(filled.find(({ table }) => table === "public.listed")?.inserted).toBe(16);

    const wholes = ["ranged", "listed", "hashed", "by_month"].map((name) => `public.${name}`);
    const only = new Map(wholes.map((name) => [name, []]));
    expect(await fillIn(db.url, { only, seed: 2 })).toEqual(
      [...wholes].sort().map((table) => ({ table, inserted: 8 })),
    );
    expect(await count(db, "ranged")).toBe(32);
  });

  test("triggers, rules and policies", async () => {
    await using db = await createDatabase(server);
    await db.query(
      `
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not with me'; END $$;
      CREATE FUNCTION choosy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF new.version !~ '^\\d+\\.\\d+\\.\\d+$' THEN RAISE 'not a version: %', new.version; END IF;
        new.major := split_part(new.version, '.', 1)::int; RETURN new; END $$;
      CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN null; END $$;
      CREATE FUNCTION copy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO copies VALUES (new.id, TG_TABLE_NAME); RETURN new; END $$;
      CREATE TABLE refused (id int PRIMARY KEY, v text);
      CREATE TABLE copies (id int PRIMARY KEY, origin text NOT NULL);
      CREATE TABLE chosen (version text UNIQUE, major int NOT NULL);
      CREATE TABLE kept_out (a int); CREATE TABLE copied (id serial PRIMARY KEY, v text);
      CREATE TABLE rewritten (a int); CREATE RULE r AS ON INSERT TO rewritten DO ALSO NOTIFY x;
      CREATE TABLE guarded (a int); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      CREATE TRIGGER t BEFORE INSERT ON refused FOR EACH ROW EXECUTE FUNCTION refuse();
      CREATE TRIGGER t BEFORE INSERT ON chosen FOR EACH ROW EXECUTE FUNCTION choosy();
      CREATE TRIGGER t BEFORE INSERT ON kept_out FOR EACH ROW EXECUTE FUNCTION swallow();
      CREATE TRIGGER t AFTER INSERT ON copied FOR EACH ROW EXECUTE FUNCTION copy();
      CREATE TABLE swept (a int); CREATE TABLE sweeper (a int);
      CREATE FUNCTION sweep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM swept; RETURN new; END $$;
      CREATE TRIGGER t AFTER INSERT ON sweeper FOR EACH ROW EXECUTE FUNCTION sweep()`,
    );
    const filled = await fillIn(db.url);
    expect(short(filled)).toEqual([]);
    expect(await count(db, "chosen WHERE major = 1")).toBe(8);
    expect(await count(db, "copies WHERE origin = 'copied'")).toBe(8);
    expect(await count(db, "refused")).toBe(8);
    expect(await count(db, "swept")).toBe(8);
  });

  test("a role that may do little", async () => {
    await using db = await createDatabase(server);
    const role = `limited_${db.name}`;
    await db.query(`CREATE ROLE ${role}; GRANT CREATE ON SCHEMA public TO ${role};
      CREATE TABLE hidden (id int PRIMARY KEY); CREATE TABLE theirs (h int NOT NULL REFERENCES hidden);
      CREATE TABLE mine (a int); ALTER TABLE mine OWNER TO ${role}; ALTER TABLE theirs OWNER TO ${role};
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not with me'; END $$;
      CREATE TABLE refused (a int); ALTER TABLE refused OWNER TO ${role};
      CREATE TRIGGER t BEFORE INSERT ON refused FOR EACH ROW EXECUTE FUNCTION refuse()`);
    try {
      expect(await fillIn(db.url, {}, `SET ROLE ${role}`)).toEqual([
        { table: "public.hidden", inserted: 0, why: expect.stringContaining("permission denied") },
        { table: "public.mine", inserted: 8 },
        { table: "public.refused", inserted: 0, why: expect.stringContaining("not with me") },
        {
          table: "public.theirs",
          inserted: 0,
          why: expect.stringContaining("nothing to refer to"),
        },
      ]);
    } finally {
      await db.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  test("only some tables, only some columns", async () => {
    await using db = await createDatabase(server);
    await db.query(`CREATE TABLE a (id serial PRIMARY KEY, s text);
      CREATE TABLE b (id serial PRIMARY KEY, a int NOT NULL REFERENCES a, old text, new text NOT NULL DEFAULT 'n');
      CREATE TABLE c (id serial PRIMARY KEY, old text, new text NOT NULL)`);
    const only = (tables: Record<string, string[]>) => ({ only: new Map(Object.entries(tables)) });
    expect(await fillIn(db.url, only({ "public.b": [] }))).toEqual([
      { table: "public.b", inserted: 0, why: expect.stringContaining("nothing to refer to") },
    ]);
    await fillIn(db.url, only({ "public.a": ["s"] }));
    const some = { "public.b": ["id", "a", "old"], "public.c": ["id", "old"] };
    expect(await fillIn(db.url, only(some))).toEqual([
      { table: "public.b", inserted: 8 },
      {
        table: "public.c",
        inserted: 0,
        why: expect.stringContaining('null value in column "new"'),
      },
    ]);
    expect(await count(db, "b WHERE new = 'n'")).toBe(8);
    expect(await fillIn(db.url, only({ "public.a": ["s", "gone"], "public.gone": [] }))).toEqual([
      { table: "public.a", inserted: 0, why: expect.stringContaining('column "gone"') },
      { table: "public.gone", inserted: 0, why: expect.stringContaining("does not exist") },
    ]);
  });

  test("a lost connection is thrown", async () => {
    await using db = await createDatabase(server);
    await db.query("CREATE TABLE t (a int)");
    const session = await connect({ url: db.url, applicationName: "test" });
    session.destroy();
    await expect(fill(session, { seed: 1, rows: 8 })).rejects.toThrow(/connection/i);
  });
});

describe("fill: many", () => {
  test("ten thousand rows with keys", async () => {
    await using db = await createDatabase();
    await db.query(`CREATE TABLE users (id serial PRIMARY KEY, email text NOT NULL UNIQUE CHECK (email LIKE '%@%'),
        age int CHECK (age BETWEEN 0 AND 150), born date, tags text[], note jsonb);
      CREATE TABLE orders (user_id int NOT NULL REFERENCES users, number int NOT NULL, total numeric(12,2), PRIMARY KEY (user_id, number));
      CREATE TABLE profiles (user_id int PRIMARY KEY REFERENCES users)`);
    expect(short(await fillIn(db.url, { rows: 10_000 }))).toEqual([]);
    expect(await count(db, "users")).toBe(10_000);
  }, 60_000);
});
