// `status --undo` on real servers: what it counts beforehand is what `down` then complains of.

import { expect, test } from "vitest";
import { type Belay, createBelay } from "../src/index.ts";
import { forEachServer, majorOf, type TestServer } from "./support/servers.ts";
import { world } from "./support/window-world.ts";

/** Of the last migration. */
async function standing(belay: Belay) {
  const { migrations } = await belay.status({ undo: true });
  const found = migrations.at(-1)?.undo.standing;
  if (!found) throw new Error("nothing was asked");
  return found;
}

/** `what object: count`, sorted. */
async function against(belay: Belay): Promise<string[]> {
  const lines = (await standing(belay)).against.map(
    ({ what, object, count }) => `${what} ${object}: ${count ?? "unknown"}`,
  );
  return lines.toSorted();
}

/** Migrates, writes since, asks, and takes back. */
async function throughWindow(
  server: TestServer,
  { before, migration, since }: { before: string; migration: string; since: string },
) {
  const { db, belay, project } = await world(server, {
    "1_base.up.sql": before,
    "2_change.up.sql": migration,
  });
  await using _p = project;
  await using _d = db;
  expect((await belay.up()).error).toBeUndefined();
  expect((await standing(belay)).against.filter(({ count }) => count !== null)).toEqual([]);
  await db.query(since);
  const asked = await standing(belay);
  const lines = await against(belay);
  const undone = await belay.down({ acceptLoss: true });
  expect(undone.error).toBeUndefined();
  return { asked, lines, conflicts: undone.conflicts };
}

const users = `CREATE TABLE org (id int PRIMARY KEY);
  CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL, age int CHECK (age > 0),
    org int REFERENCES org, nick text);
  INSERT INTO org VALUES (1), (2);
  INSERT INTO users SELECT i, 'u' || i, i, 1, 'n' || i FROM generate_series(1, 9) i;`;

forEachServer("status --undo", (server) => {
  test("counts captured rows that both sides changed as down finds them", async () => {
    const { asked, lines, conflicts } = await throughWindow(server, {
      before: users,
      migration: "UPDATE users SET nick = upper(nick), age = age + 1 WHERE id < 8",
      since: `UPDATE users SET nick = 'mine' WHERE id IN (1, 2); DELETE FROM users WHERE id = 3;
        UPDATE users SET nick = 'n4' WHERE id = 4; UPDATE users SET email = 'mine' WHERE id = 5;
        UPDATE users SET nick = 'mine' WHERE id = 9`,
    });
    expect(asked).toMatchObject({ unasked: null, rows: 7 });
    expect(asked.locks).toEqual([{ table: "public.users", mode: "SHARE ROW EXCLUSIVE" }]);
    expect(asked.aboutMs).toBeGreaterThanOrEqual(0);
    expect(conflicts).toHaveLength(3);
    expect(lines).toEqual([`conflicts public.users: ${conflicts.length}`]);
  });

  test("counts deleted rows whose key is taken, and inserted ones that are changed or referred to", async () => {
    const deleted = await throughWindow(server, {
      before: users,
      migration: "DELETE FROM users WHERE id > 5",
      since: `INSERT INTO users VALUES (6, 'mine', 1, 1, 'x'), (7, 'u7', 7, 1, 'n7')`,
    });
    expect(deleted.conflicts).toHaveLength(1);
    expect(deleted.lines).toEqual(["conflicts public.users: 1"]);
    const inserted = await throughWindow(server, {
      before: users,
      migration: "INSERT INTO org VALUES (3), (4), (5), (6)",
      since: `UPDATE users SET org = 3 WHERE id = 1; UPDATE users SET org = 4 WHERE id IN (2, 3);
        DELETE FROM org WHERE id = 5`,
    });
    expect(inserted.conflicts).toHaveLength(2);
    expect(inserted.lines).toEqual(["conflicts public.org: 2"]);
  });

  test("counts rows of a table without a key", async () => {
    const { asked, lines, conflicts } = await throughWindow(server, {
      before:
        "CREATE TABLE t (a int, b text); INSERT INTO t SELECT i % 3, 'x' FROM generate_series(1, 9) i",
      migration: "UPDATE t SET b = 'y' WHERE a < 2",
      since:
        "UPDATE t SET b = 'mine' WHERE a = 0; DELETE FROM t WHERE ctid IN (SELECT max(ctid) FROM t WHERE a = 1)",
    });
    expect(asked.rows).toBe(6);
    expect(conflicts).toHaveLength(4);
    expect(lines).toEqual(["conflicts public.t: 4"]);
  });

  test("counts the values that the old type of a column cannot hold, live", async () => {
    const { db, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE t (id int PRIMARY KEY, "Größe" int NOT NULL);
        INSERT INTO t SELECT i, i FROM generate_series(1, 50) i;`,
      "2_change.up.sql": `ALTER TABLE t ALTER COLUMN "Größe" TYPE bigint`,
    });
    await using _p = project;
    await using _d = db;
    const given = { databaseUrl: db.url, projectDir: project.dir, onlineAboveBytes: 0 };
    const online = createBelay(given);
    expect((await online.up()).error).toBeUndefined();
    expect(await against(online)).toEqual([]);
    await db.query(`UPDATE t SET "Größe" = 5000000000 WHERE id < 4`);
    expect(await against(online)).toEqual(["misfits public.t.Größe: 3"]);
    await db.query(`UPDATE t SET "Größe" = 7 WHERE id = 1`);
    const asked = await standing(online);
    expect(asked.against).toMatchObject([{ what: "misfits", count: 2 }]);
    expect(asked.locks).toEqual([{ table: "public.t", mode: "ACCESS EXCLUSIVE" }]);
    const undone = await online.down();
    expect(undone.error).toBeUndefined();
    expect(undone.conflicts.filter(({ key }) => key !== null)).toHaveLength(2);
  });

  test("counts rows against constraints that come back with a hidden column", async () => {
    const { asked, lines, conflicts } = await throughWindow(server, {
      before: `CREATE TABLE t (id int PRIMARY KEY, "a b" int NOT NULL, c int);
        ALTER TABLE t ADD CONSTRAINT "is so" CHECK ("a b" > c);
        INSERT INTO t VALUES (1, 5, 2)`,
      migration: `ALTER TABLE t DROP COLUMN "a b"`,
      since: "INSERT INTO t (id, c) VALUES (2, 1), (3, NULL); UPDATE t SET c = 9 WHERE id = 1",
    });
    expect(asked.locks).toEqual([{ table: "public.t", mode: "ACCESS EXCLUSIVE" }]);
    expect(asked.rows).toBe(0);
    expect(conflicts).toHaveLength(2);
    expect(
      lines.map((line) => line.replace(/violations .* of public/, "of public")).toSorted(),
    ).toEqual(["of public.t: 1", "of public.t: 2"]);
  });

  test("counts rows against each kind of constraint that is dropped", async () => {
    const { lines, conflicts } = await throughWindow(server, {
      before: `${users} ALTER TABLE users ADD CONSTRAINT one UNIQUE (nick, org);
        CREATE TABLE log (user_id int CONSTRAINT own REFERENCES users, at int CONSTRAINT late NOT NULL);`,
      migration: `ALTER TABLE users DROP CONSTRAINT users_age_check, DROP CONSTRAINT one,
          DROP CONSTRAINT users_org_fkey, ALTER COLUMN email DROP NOT NULL;
        ALTER TABLE log DROP CONSTRAINT own;`,
      since: `UPDATE users SET age = -1 WHERE id < 3; UPDATE users SET nick = 'same' WHERE id < 5;
        UPDATE users SET org = 77 WHERE id = 9; UPDATE users SET nick = NULL, age = NULL WHERE id > 7;
        UPDATE users SET email = NULL WHERE id IN (5, 6, 7); INSERT INTO log VALUES (1, 1), (10, 1), (11, 1), (NULL, 1)`,
    });
    expect(conflicts).toHaveLength(5);
    expect(
      lines
        .map((line) => line.replace(/(users_email_not_null|NOT NULL of email) of/, "email of"))
        .toSorted(),
    ).toEqual([
      "violations email of public.users: 3",
      "violations one of public.users: 3",
      "violations own of public.log: 2",
      "violations users_age_check of public.users: 2",
      "violations users_org_fkey of public.users: 1",
    ]);
  });

  test("finds tables and columns whatever they are called since", async () => {
    const { lines, conflicts } = await throughWindow(server, {
      before: users,
      migration: `UPDATE users SET nick = 'new' WHERE id < 7; ALTER TABLE users DROP CONSTRAINT users_age_check;
        ALTER TABLE users RENAME COLUMN age TO years; ALTER TABLE users RENAME nick TO "Name";
        ALTER TABLE users RENAME TO people;`,
      since: `UPDATE people SET "Name" = 'mine' WHERE id < 3; UPDATE people SET years = 0 WHERE id = 7`,
    });
    expect(conflicts).toHaveLength(3);
    expect(lines).toEqual([
      "conflicts public.users: 2",
      "violations users_age_check of public.users: 1",
    ]);
  });

  test("does not count where rows of a table made anew come over first", async () => {
    const { asked } = await throughWindow(server, {
      before: users,
      migration: `ALTER TABLE users DROP CONSTRAINT users_age_check; ALTER TABLE users RENAME TO people;
        CREATE TABLE users (id int CONSTRAINT fresh PRIMARY KEY, email text, age int, org int, nick text);
        INSERT INTO users SELECT * FROM people`,
      since: "UPDATE users SET age = -1 WHERE id = 1",
    });
    expect(asked).toMatchObject({ unasked: expect.stringContaining("unknown"), rows: null });
  });

  test("finds a dropped table's orphans where the table is", async () => {
    const { lines, conflicts } = await throughWindow(server, {
      before: `${users} CREATE TABLE audit (id int PRIMARY KEY, by int REFERENCES users ON DELETE CASCADE);
        CREATE TABLE note (of int CONSTRAINT noted REFERENCES audit);
        INSERT INTO audit SELECT i, i FROM generate_series(1, 9) i; INSERT INTO note VALUES (1)`,
      migration: "DROP TABLE audit CASCADE",
      since: "DELETE FROM users WHERE id IN (1, 2); INSERT INTO note VALUES (77), (9), (NULL)",
    });
    expect(conflicts).toHaveLength(2);
    expect(lines).toEqual([
      "violations audit_by_fkey of public.audit: 2",
      "violations noted of public.note: 1",
    ]);
  });

  test("counts texts that became too long, where the server can tell", async () => {
    const { asked, lines, conflicts } = await throughWindow(server, {
      before:
        "CREATE TABLE t (id int PRIMARY KEY, a varchar(3)); INSERT INTO t VALUES (1, 'abc'), (2, 'ab')",
      migration: "ALTER TABLE t ALTER COLUMN a TYPE text",
      since:
        "UPDATE t SET a = 'abcd' WHERE id = 1; INSERT INTO t VALUES (3, 'abc  '), (4, 'long one')",
    });
    expect(asked.rows).toBe(4);
    expect(conflicts).toHaveLength(1);
    const known = majorOf(server) < 16 ? "unknown" : 2;
    expect(lines).toEqual([`misfits public.t.a: ${known}`]);
  });

  test("never says none where it does not know", async () => {
    const twice = await throughWindow(server, {
      before: users,
      migration: "UPDATE users SET age = 10; UPDATE users SET age = 20 WHERE id = 1;",
      since: "UPDATE users SET age = 30 WHERE id < 3",
    });
    expect(twice.conflicts.length).toBeGreaterThan(0);
    expect(twice.lines).toEqual(["conflicts public.users: 1", "conflicts public.users: unknown"]);
    const filled = await throughWindow(server, {
      before: "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL)",
      migration: "-- belay:fill t.a = 10 / id\nALTER TABLE t DROP COLUMN a",
      since: "INSERT INTO t VALUES (0), (1), (2)",
    });
    expect(filled.asked.rows).toBe(3);
    expect(filled.conflicts).toHaveLength(2);
    expect(filled.lines).toHaveLength(2);
    for (const line of filled.lines) expect(line).toContain("unknown");
  });

  test("does not guess about a check of the whole row", async () => {
    const { lines } = await throughWindow(server, {
      before: `${users} ALTER TABLE users ADD CONSTRAINT whole CHECK (users IS NOT NULL OR id > 0)`,
      migration: "ALTER TABLE users DROP CONSTRAINT whole",
      since: "INSERT INTO users VALUES (-1, 'x', 1, 1, 'n')",
    });
    expect(lines).toEqual([expect.stringMatching(/^violations .*whole.*: unknown$/)]);
  });

  test("asks only about the last one; of those below it is said what comes first", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": users,
      "2_rows.up.sql": "UPDATE users SET age = 10",
      "3_more.up.sql": "UPDATE users SET age = 20",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("UPDATE users SET age = 30 WHERE id < 3");
    const { migrations } = await belay.status({ undo: true });
    expect(migrations[1]?.undo.standing).toEqual({
      ...{ unasked: "known after 3 is taken back", locks: [], rows: null },
      ...{ against: [], aboutMs: null },
    });
    expect(await against(belay)).toEqual(["conflicts public.users: 2"]);
    expect((await belay.status()).migrations[2]?.undo).not.toHaveProperty("standing");
    await belay.finalize({ which: { version: "3" } });
    expect((await belay.status({ undo: true })).migrations[2]?.undo.standing).toBeNull();
  });

  test("waits for nobody for long: a table that is locked is unknown, and nothing is changed", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": users,
      "2_change.up.sql": "ALTER TABLE users ALTER COLUMN email DROP NOT NULL",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("UPDATE users SET email = NULL WHERE id = 1");
    await db.query("BEGIN; LOCK TABLE users");
    const [answer] = (await standing(belay)).against;
    expect(answer).toMatchObject({ count: null, why: expect.stringContaining("timeout") });
    await db.query("ROLLBACK");
    expect((await standing(belay)).against).toMatchObject([{ count: 1 }]);
  });
});
