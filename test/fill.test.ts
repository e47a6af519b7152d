// `-- belay:fill`: what rows get that are born while a dropped column is hidden, on real servers.

import { expect, test } from "vitest";
import { postgres } from "../src/dialects/postgres/dialect.ts";
import { forEachServer } from "./support/servers.ts";
import { world } from "./support/window-world.ts";

const users = `CREATE TABLE users (id int PRIMARY KEY, email text, nick text);
  INSERT INTO users VALUES (1, 'a@x', 'Ann'), (2, 'b@x', NULL);`;

forEachServer("belay:fill", (server) => {
  test("fills rows born since, and leaves older ones alone, NULL or not", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": users,
      "2_drop.up.sql": `-- belay:fill users.nick = split_part(email, '@', 1)
        ALTER TABLE users DROP COLUMN nick;`,
    });
    await using _p = project;
    await using _d = db;
    await belay.up({ to: "1" });
    const { migrations } = await belay.plan();
    expect(migrations[0]?.steps[0]?.statements).toMatchObject([
      { fills: [{ column: "nick", expression: "split_part(email, '@', 1)" }] },
    ]);
    expect(await belay.up()).toMatchObject({ applied: [{ verdict: "exact" }], verified: true });
    await db.query(`INSERT INTO users (id, email) VALUES (3, 'c@x'), (4, NULL);
      UPDATE users SET email = 'late@x' WHERE id = 2;
      INSERT INTO users VALUES (5, 'e@x', 'by place')`);
    const undone = await belay.down();
    expect(undone).toMatchObject({ outcome: "done", verified: true, conflicts: [] });
    expect(await db.query("SELECT id, nick FROM users ORDER BY id")).toEqual([
      { id: 1, nick: "Ann" },
      { id: 2, nick: null },
      { id: 3, nick: "c" },
      { id: 4, nick: null },
      { id: 5, nick: "by place" },
    ]);
    const left = await db.query(
      "SELECT FROM pg_attribute WHERE attname ~ '^belay_' AND NOT attisdropped",
    );
    expect(left).toEqual([]);
  });

  test("is there in place of a default, and before NOT NULL and a unique key come back", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE t (id int PRIMARY KEY,
          a text NOT NULL DEFAULT 'old', b int NOT NULL UNIQUE);
        INSERT INTO t VALUES (1, 'one', 1);`,
      "2_drop.up.sql": `ALTER TABLE public.t
          -- belay:fill t.a = 'row ' || id
          DROP COLUMN a,
          -- belay:fill public.t.b = id * 10
          DROP COLUMN b;`,
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("INSERT INTO t (id) VALUES (2), (3)");
    expect(await belay.down()).toMatchObject({ verified: true, conflicts: [] });
    expect(await db.query("SELECT * FROM t ORDER BY id")).toEqual([
      { id: 1, a: "one", b: 1 },
      { id: 2, a: "row 2", b: 20 },
      { id: 3, a: "row 3", b: 30 },
    ]);
    await db.query("INSERT INTO t (id, b) VALUES (4, 4)");
    expect(await db.query("SELECT a FROM t WHERE id = 4")).toEqual([{ a: "old" }]);
    await expect(db.query("INSERT INTO t VALUES (5, 'x', 4)")).rejects.toMatchObject({
      code: "23505",
    });
  });

  test("takes quoted names and names of any language", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE SCHEMA "Größe"; CREATE TABLE "Größe"."Таблица = 1" (id int PRIMARY KEY, "ник ""a"".b" text);`,
      "2_drop.up.sql": `
        -- belay:fill "Größe"."Таблица = 1"."ник ""a"".b" = 'имя = ' || id -- why not
        ALTER TABLE "Größe"."Таблица = 1" DROP COLUMN "ник ""a"".b";`,
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query(`INSERT INTO "Größe"."Таблица = 1" (id) VALUES (7)`);
    expect(await belay.down()).toMatchObject({ verified: true, conflicts: [] });
    expect(await db.query(`SELECT * FROM "Größe"."Таблица = 1"`)).toEqual([
      { id: 7, 'ник "a".b': "имя = 7" },
    ]);
  });

  test("where it fails for a row, that one stays empty and is listed; NOT NULL is told too", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE t (id int PRIMARY KEY, d int, n int NOT NULL);
        INSERT INTO t VALUES (1, 0, 1)`,
      "2_drop.up.sql": "-- belay:fill t.n = 100 / d\nALTER TABLE t DROP COLUMN n;",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("INSERT INTO t (id, d) VALUES (2, 5), (3, 0), (4, 10), (5, NULL)");
    const undone = await belay.down();
    expect(undone.error).toBeUndefined();
    expect(undone.conflicts).toMatchObject([
      { key: { id: 3 }, columns: ["n"], resolution: expect.stringContaining("by zero") },
      { key: null, resolution: expect.stringMatching(/not.null/i) },
    ]);
    expect(await db.query("SELECT id, n FROM t ORDER BY id")).toEqual([
      { id: 1, n: 1 },
      { id: 2, n: 20 },
      { id: 3, n: null },
      { id: 4, n: 10 },
      { id: 5, n: null },
    ]);
  });

  test("what it calls may be gone by then: no row is lost, each is listed", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `${users} CREATE FUNCTION f(int) RETURNS text LANGUAGE sql AS 'SELECT ''x''';`,
      "2_drop.up.sql": "-- belay:fill users.nick = f(id)\nALTER TABLE users DROP COLUMN nick;",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("INSERT INTO users (id) VALUES (3), (4); DROP FUNCTION f");
    const undone = await belay.down({ allowDrift: true });
    expect(undone.error).toBeUndefined();
    expect(undone.conflicts.map(({ key }) => key)).toEqual([{ id: 3 }, { id: 4 }]);
    expect(await db.query("SELECT count(*)::int AS n FROM users")).toEqual([{ n: 4 }]);
  });

  test("what the server would refuse then, it refuses before anything is hidden", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": users,
      "2_drop.up.sql": "-- belay:fill users.nick = mail\nALTER TABLE users DROP COLUMN nick;",
    });
    await using _p = project;
    await using _d = db;
    await belay.up({ to: "1" });
    expect((await belay.up()).error).toMatchObject({ code: "BELAY_STATEMENT" });
    expect(await db.query("SELECT nick FROM users WHERE id = 1")).toEqual([{ nick: "Ann" }]);
  });

  test("an identity column has nothing to fill, and that is said", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, a int)",
      "2_drop.up.sql": "-- belay:fill t.id = 1\nALTER TABLE t DROP COLUMN id;",
    });
    await using _p = project;
    await using _d = db;
    const { error } = await belay.up();
    expect(error).toMatchObject({ code: "BELAY_SQL_DIRECTIVE" });
    expect(await db.query("SELECT id, a FROM t")).toEqual([]);
  });

  test("reaches the rows of partitions, and a row that two deferred checks see", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE p (id int, d int, n text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
        CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
        CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON p1 DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION noted();`,
      "2_drop.up.sql": "-- belay:fill p.n = (10 / d)::text\nALTER TABLE p DROP COLUMN n;",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("INSERT INTO p (id, d) VALUES (1, 1), (2, 0), (11, 2), (12, 0)");
    const undone = await belay.down();
    expect(undone.error).toBeUndefined();
    expect(undone.conflicts.map(({ key }) => key)).toEqual([{ id: 2 }, { id: 12 }]);
    expect(await db.query("SELECT id, n FROM p WHERE n IS NOT NULL ORDER BY id")).toEqual([
      { id: 1, n: "10" },
      { id: 11, n: "5" },
    ]);
  });

  test("goes with the window: finalize leaves nothing of it", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": users,
      "2_drop.up.sql": "-- belay:fill users.nick = 'x'\nALTER TABLE users DROP COLUMN nick;",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    expect(await belay.finalize({ which: "all" })).toMatchObject({ verified: true });
    const left = await db.query(
      "SELECT FROM pg_attribute WHERE attname ~ '^belay_' AND NOT attisdropped",
    );
    expect(left).toEqual([]);
  });
});

test.each([
  ["users.nik = 'x'", /no DROP COLUMN of this file/, /users\.nick/],
  ["people.nick = 'x'", /no DROP COLUMN of this file/, /users\.nick/],
  ["other.users.nick = 'x'", /no DROP COLUMN of this file/, /users\.nick/],
  ["nick = 'x'", /table\.column = expression/, /users\.nick/],
  ["users.nick", /table\.column = expression/, /users\.nick/],
  ["users.nick =", /cannot be read/, /expression/],
  ["users.nick = lower(", /cannot be read/, /expression/],
  ["users.nick = 1) FROM pg_class; DROP TABLE users; --", /cannot be read/, /expression/],
  ["users.nick = 1), (2", /cannot be read/, /expression/],
  ["users.nick = 1) WHERE (true", /cannot be read/, /expression/],
])(
  "`%s` is refused before anything runs, and the hint says what to write",
  async (value, message, hint) => {
    const sql = `\n-- belay:fill ${value}\nALTER TABLE users DROP COLUMN nick;`;
    const script = { path: "a.sql", sql, line: 1, transaction: "auto" as const };
    await expect(postgres.toSteps(script, { keeping: true })).rejects.toMatchObject({
      ...{ code: "BELAY_SQL_DIRECTIVE", at: "a.sql:2" },
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  },
);

test("one that names a column twice, or stands behind all statements, is not passed over", async () => {
  const steps = (sql: string) =>
    postgres.toSteps({ path: "a.sql", sql, line: 1, transaction: "auto" }, { keeping: true });
  const drop = "ALTER TABLE users DROP COLUMN nick";
  const [step] = await steps(`${drop};\n-- belay:fill USERS.Nick = 'x'\n`);
  expect(step?.statements[0]?.fills).toEqual([{ column: "nick", expression: "'x'" }]);
  await expect(
    steps(`-- belay:fill users.nick = 1\n-- belay:fill users.nick = 2\n${drop}`),
  ).rejects.toMatchObject({ code: "BELAY_SQL_DIRECTIVE", at: "a.sql:2" });
  await expect(steps("SELECT 1;\n-- belay:fill users.nick = 1")).rejects.toMatchObject({
    hint: expect.stringContaining("ALTER TABLE ... DROP COLUMN"),
  });
});
