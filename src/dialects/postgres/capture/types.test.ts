// Values and names of every kind survive being kept and merged back.

import { expect, test } from "vitest";
import { between, openBench } from "../../../../test/capture-harness.ts";
import { forEachServer } from "../../../../test/support/servers.ts";

forEachServer("captured types", (server) => {
  const types = `CREATE TYPE mood AS ENUM ('sad', 'it''s "ok"'); CREATE TYPE pair AS (a int, d date, m mood);
    CREATE DOMAIN code AS text NOT NULL CHECK (value <> ''); CREATE DOMAIN moods AS mood[];
    CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE TYPE span AS RANGE (subtype = int);`;

  /** type, a value, another one that may be equal by `=` to it. */
  const values: [string, string, string][] = [
    ["int", "1", "NULL"],
    ["numeric", "1.0", "1.00"],
    ["numeric(6,2)", "'NaN'", "3"],
    ["float8", "'NaN'", "'-0'"],
    ["float4", "0.1", "'infinity'"],
    ["text", "''", "NULL"],
    [`text COLLATE nocase`, "'a'", "'A'"],
    ["varchar(5)", "'abc'", "'abd'"],
    ["char(5)", "'a'", "'b'"],
    ["bpchar", "'a '", "'a'"],
    [`"char"`, "'x'", "'y'"],
    ["name", "'n'", "'m'"],
    ["bytea", "'\\x00ff'", "'\\x'"],
    ["bool", "true", "false"],
    ["date", "'-infinity'", "'0044-03-15 BC'"],
    ["timestamptz", "'infinity'", "'2020-01-01 00:00+05'"],
    ["timestamp(0)", "'2020-01-01'", "'epoch'"],
    ["timetz", "'10:00+02'", "'09:00+01'"],
    ["interval", "'1 day'", "'24 hours'"],
    ["json", `'{"a":  1}'`, `'{"a":1}'`],
    ["jsonb", `'{"a": 1.0}'`, `'{"a": 1.00}'`],
    ["xml", "'<a/>'", "'<b/>'"],
    ["point", "'(1,2)'", "'(1,3)'"],
    ["box", "'((0,0),(1,4))'", "'((0,0),(2,2))'"],
    ["inet", "'10.0.0.1/8'", "'10.0.0.1'"],
    ["bit(3)", "B'101'", "B'111'"],
    ["varbit", "B'1'", "B'10'"],
    ["money", "'1.5'", "'2'"],
    ["uuid", "'00000000-0000-0000-0000-000000000001'", "NULL"],
    ["int[]", "'{1,NULL,3}'", "'[0:2]={1,NULL,3}'"],
    ["text[][]", `'{{a,"b c"},{"{",NULL}}'`, "'{}'"],
    ["tsvector", "'a b'", "'c'"],
    ["int4range", "'[1,5)'", "'empty'"],
    ["regclass", "'pg_class'", "'pg_type'"],
    ["mood", `'it''s "ok"'`, "'sad'"],
    ["mood[]", `ARRAY['sad', NULL]::mood[]`, "'{}'"],
    ["moods", `ARRAY['sad', NULL]::mood[]`, "NULL"],
    ["pair", "'(1,2020-02-03,sad)'", "'(,,)'"],
    ["pair[]", `'{"(1,2020-02-03,sad)",NULL}'`, "NULL"],
    ["code", "'x'", "'y'"],
    ["span", "'[1,5)'", "'(,)'"],
  ];

  test("each type as a column: changed, deleted, inserted", async () => {
    const columns = values.map(([type], at) => `c${at} ${type}`).join(", ");
    const sets = values.map(([, , other], at) => `c${at} = ${other}`).join(", ");
    const some = values.map(([, value]) => value).join(", ");
    const before = `${types} SET datestyle = 'German'; SET intervalstyle = 'sql_standard'; SET extra_float_digits = 0;
      CREATE TABLE t (id int PRIMARY KEY, ${columns});
      INSERT INTO t SELECT i, ${some} FROM generate_series(1, 4) AS i;`;
    await between(
      server,
      before,
      `UPDATE t SET ${sets} WHERE id < 3; DELETE FROM t WHERE id = 3; INSERT INTO t SELECT 9, ${some};
       DO $$ BEGIN UPDATE t SET c0 = 7; UPDATE t SET ${sets}; END $$`,
      "",
      ["t"],
    );
  });

  test.each(values)("%s: a later write of another value is seen", async (type, value, other) => {
    await using bench = await openBench(
      server,
      `${types} CREATE TABLE t (id int PRIMARY KEY, v ${type}, n int); INSERT INTO t VALUES (1, ${value}, 1), (2, ${value}, 1)`,
    );
    const before = await bench.rows("t");
    const { capture } = await bench.migrate(`UPDATE t SET v = ${other}, n = 2`, "t");
    const changed = await bench.rows("t");
    // Back by hand: nothing is left to do there, and it is no conflict.
    await bench.application.run(`UPDATE t SET v = ${value} WHERE id = 2`);
    await bench.undo(capture);
    expect(await bench.rows("t")).toEqual(before);
    expect(changed).not.toEqual(before);
    expect(await bench.conflicts()).toEqual([]);
  });

  test.each(values.filter(([type]) => !["json", "xml", "point", "box", "varbit"].includes(type)))(
    "%s as a key",
    async (type, value, other) => {
      // Those are one key.
      if (other === "NULL" || /^('a ?'|1\.0|'10:00\+02'|'1 day'|'\{"a": 1\.0\}')$/.test(value))
        return;
      await between(
        server,
        `${types} CREATE TABLE t (k ${type} PRIMARY KEY, n int); INSERT INTO t VALUES (${value}, 1), (${other}, 2)`,
        `DO $$ BEGIN UPDATE t SET n = 3; DELETE FROM t WHERE k = CAST(${value} AS ${type}); UPDATE t SET n = 4; END $$`,
        "",
        ["t"],
      );
    },
  );

  test("names that need quotes, reserved words, our own words, 63 bytes", async () => {
    const long = `"${"é".repeat(31)}"`;
    const names = [
      `"select"`,
      `"Mixed"`,
      `"q""uote"`,
      `"$belay$"`,
      `"back\\slash"`,
      `"sp ace"`,
      `"%I"`,
      long,
    ];
    const ours =
      "this olds news kept lo hi o n t i e p r no op live firing event belay_order final held".split(
        " ",
      );
    const all = [...names, ...ours.map((name) => `"${name}"`)];
    await between(
      server,
      `CREATE SCHEMA "my ""schema"; CREATE TABLE "my ""schema".${long} (dropped int, ${all
        .map((name) => `${name} int`)
        .join(", ")}, PRIMARY KEY ("select", "q""uote", "this"));
       ALTER TABLE "my ""schema".${long} DROP COLUMN dropped;
       INSERT INTO "my ""schema".${long} SELECT ${all.map(() => "i").join(", ")} FROM generate_series(1, 9) AS i;
       CREATE FUNCTION "Noop"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
       CREATE TRIGGER "My Trigger" BEFORE UPDATE ON "my ""schema".${long} FOR EACH ROW EXECUTE FUNCTION "Noop"();`,
      `UPDATE "my ""schema".${long} SET ${all
        .slice(3)
        .map((name) => `${name} = ${name} + 1`)
        .join(", ")};
       DELETE FROM "my ""schema".${long} WHERE "select" = 3; INSERT INTO "my ""schema".${long} DEFAULT VALUES`.replace(
        "DEFAULT VALUES",
        `("select", "q""uote", "this") VALUES (50, 50, 50)`,
      ),
      "",
      [`"my ""schema".${long}`],
    );
  });

  test("generated and identity columns, defaults, hidden columns", async () => {
    const before = `CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int DEFAULT 5,
        twice int GENERATED ALWAYS AS (a * 2) STORED, belay_00000001_old text, "Belay" text);
      INSERT INTO t (a, belay_00000001_old) SELECT i, 'hidden ' || i FROM generate_series(1, 4) AS i;`;
    await between(
      server,
      before,
      "DELETE FROM t WHERE id = 2; UPDATE t SET a = a + 1; INSERT INTO t (a) VALUES (9)",
      "",
      ["t"],
    );
    await between(
      server,
      before,
      "DELETE FROM t WHERE id = 2; UPDATE t SET id = DEFAULT WHERE id = 1",
      "ALTER TABLE t DROP COLUMN belay_00000001_old",
      ["t"],
      async (bench) => {
        expect(await bench.rows("t")).toEqual(["(2,2,4,)", "(3,3,6,)", "(4,4,8,)", "(5,1,2,)"]);
        expect((await bench.conflicts()).map((line) => line.replace(/ base.*/, ""))).toEqual([
          'public.t {"id": 5}: {id} changed since',
        ]);
      },
    );
  });

  test("a type may be altered and dropped while values of it are kept", async () => {
    await using bench = await openBench(
      server,
      `${types} CREATE TABLE t (id int PRIMARY KEY, m mood, p pair); INSERT INTO t VALUES (1, 'sad', ROW(1, NULL, 'sad'));`,
    );
    const { capture } = await bench.migrate("UPDATE t SET m = NULL, p = NULL", "t");
    await bench.application.run(
      "BEGIN; ALTER TABLE t DROP COLUMN m, DROP COLUMN p; DROP TYPE pair; DROP DOMAIN moods; DROP TYPE mood; ROLLBACK",
    );
    await bench.undo(capture);
    expect(await bench.rows("t")).toEqual(['(1,sad,"(1,,sad)")']);
  });

  test("long values that a statement leaves alone are not copied", async () => {
    await using bench = await openBench(
      server,
      `CREATE TABLE t (id int PRIMARY KEY, n int, doc text); ALTER TABLE t ALTER doc SET STORAGE EXTERNAL;
       INSERT INTO t SELECT i, i, repeat(i::text, 100000) FROM generate_series(1, 20) AS i`,
    );
    const before = await bench.rows("t");
    const { capture } = await bench.migrate("UPDATE t SET n = n + 1", "t");
    const [kept] = await bench.migration.query<{ bytes: string }>(
      "SELECT pg_total_relation_size('belay_shelf_0badcafe.belay_0badcafe_rows_1') AS bytes",
    );
    expect(Number(kept?.bytes)).toBeLessThan(100_000);
    await bench.application.run("UPDATE t SET doc = 'mine' WHERE id = 1");
    await bench.undo(capture);
    expect(await bench.rows("t")).toEqual(["(1,1,mine)", ...before.slice(1)]);
  });
});
