// One statement of each kind under capture, what the application wrote since, and the undo.

import { expect, test } from "vitest";
import { between, id, leftovers, openBench } from "../../../../test/capture-harness.ts";
import { lookupOf } from "../../../../test/kinds-harness.ts";
import { forEachServer, majorOf } from "../../../../test/support/servers.ts";
import { type Capture, captureRows } from "./capture.ts";

forEachServer("captured rows", (server) => {
  const users = `CREATE TABLE users (id int PRIMARY KEY, name text, age int, note text);
    INSERT INTO users SELECT n, 'name ' || n, n * 10, 'note' FROM generate_series(1, 6) AS n;`;

  for (const [what, statement] of Object.entries({
    UPDATE: "UPDATE users SET name = upper(name), age = age + 1",
    "UPDATE of some": "UPDATE users SET age = NULL WHERE id > 3",
    "UPDATE that changes nothing": "UPDATE users SET age = age",
    "UPDATE of the key": "UPDATE users SET id = id + 100",
    "UPDATE of the key by one": "UPDATE users SET id = -id; UPDATE users SET id = 1 - id",
    INSERT: "INSERT INTO users VALUES (7, 'seven'), (8, 'eight')",
    DELETE: "DELETE FROM users WHERE id % 2 = 0",
    TRUNCATE: "DO $$ BEGIN TRUNCATE users; END $$",
    "DELETE and INSERT":
      "DELETE FROM users; INSERT INTO users SELECT n, 'new', 0 FROM generate_series(4, 9) AS n",
    "ON CONFLICT":
      "INSERT INTO users VALUES (1, 'x'), (9, 'y') ON CONFLICT (id) DO UPDATE SET name = excluded.name",
    CTEs: "WITH gone AS (DELETE FROM users WHERE id < 3 RETURNING *) INSERT INTO users SELECT id, 'again', age, note FROM gone",
    "DO with many": `DO $$ BEGIN
      UPDATE users SET age = 1 WHERE id = 1; UPDATE users SET age = 2, name = 'b' WHERE id = 1;
      INSERT INTO users VALUES (50, 'x'); UPDATE users SET age = 3 WHERE id = 50; UPDATE users SET id = 51 WHERE id = 50;
      DELETE FROM users WHERE id = 2; INSERT INTO users VALUES (2, 'two'); UPDATE users SET age = 5 WHERE id = 2;
      INSERT INTO users VALUES (60, 'y'); DELETE FROM users WHERE id = 60;
      UPDATE users SET age = 4 WHERE id = 3; DELETE FROM users WHERE id = 3;
      UPDATE users SET id = 40 WHERE id = 4; UPDATE users SET name = 'forty' WHERE id = 40; END $$`,
  })) {
    test(`${what}, nothing written since`, async () => {
      await between(server, users, statement, "", ["users"]);
    });
  }

  test.skipIf(majorOf(server) < 15)("MERGE, which is there from 15 on", async () => {
    await between(
      server,
      users,
      `MERGE INTO users USING (VALUES (1), (2), (9)) AS v(id) ON users.id = v.id
        WHEN MATCHED AND users.id = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET age = 0
        WHEN NOT MATCHED THEN INSERT VALUES (v.id, 'nine')`,
      "",
      ["users"],
    );
  });

  test("cells written since stay, and are conflicts where the migration changed them", async () => {
    await between(
      server,
      users,
      "UPDATE users SET name = upper(name), age = age + 1",
      `UPDATE users SET note = 'mine' WHERE id = 1;
       UPDATE users SET age = 99 WHERE id = 2;
       UPDATE users SET name = 'name 3' WHERE id = 3;
       DELETE FROM users WHERE id = 4;
       INSERT INTO users VALUES (7, 'seven');`,
      ["users"],
      async (bench) => {
        expect(await bench.rows("users")).toEqual([
          '(1,"name 1",10,mine)',
          '(2,"name 2",99,note)',
          '(3,"name 3",30,note)',
          '(5,"name 5",50,note)',
          '(6,"name 6",60,note)',
          "(7,seven,,)",
        ]);
        expect(await bench.conflicts()).toEqual([
          'public.users {"id": 2}: {age} changed since base {"age": 21} theirs {"age": 20} ours {"age": 99}',
          'public.users {"id": 4}: {age,name} deleted since base {"age": 41, "name": "NAME 4"} theirs {"age": 40, "name": "name 4"}',
        ]);
      },
    );
  });

  test("inserted rows that somebody changed or refers to stay", async () => {
    await between(
      server,
      `${users} CREATE TABLE posts (id int PRIMARY KEY, author int REFERENCES users ON DELETE CASCADE);`,
      "INSERT INTO users VALUES (11), (12), (13), (14)",
      `INSERT INTO posts VALUES (1, 12); UPDATE users SET note = 'mine' WHERE id = 13;
       DELETE FROM users WHERE id = 14`,
      ["users"],
      async (bench) => {
        expect((await bench.rows("users")).slice(1, 3)).toEqual(["(12,,,)", "(13,,,mine)"]);
        expect(await bench.rows("posts")).toEqual(["(1,12)"]);
        expect(await bench.conflicts()).toEqual([
          'public.users {"id": 12}:  referenced, or written since base {"id": 12, "age": null, "name": null, "note": null} ours {"id": 12, "age": null, "name": null, "note": null}',
          'public.users {"id": 13}:  changed since base {"id": 13, "age": null, "name": null, "note": null} ours {"id": 13, "age": null, "name": null, "note": "mine"}',
        ]);
      },
    );
  });

  test("deleted rows come back where their keys are free", async () => {
    await between(
      server,
      `${users} ALTER TABLE users ADD UNIQUE (name)`,
      "DELETE FROM users WHERE id > 2",
      `INSERT INTO users VALUES (3, 'new', NULL, NULL), (30, 'name 4', NULL, NULL), (5, 'name 5', 50, 'note')`,
      ["users"],
      async (bench) => {
        expect(await bench.rows("users")).toEqual([
          '(1,"name 1",10,note)',
          '(2,"name 2",20,note)',
          "(3,new,,)",
          '(30,"name 4",,)',
          '(5,"name 5",50,note)',
          '(6,"name 6",60,note)',
        ]);
        expect(await bench.conflicts()).toEqual([
          'public.users {"id": 3}:  key taken theirs {"id": 3, "age": 30, "name": "name 3", "note": "note"} ours {"id": 3, "age": null, "name": "new", "note": null}',
          'public.users {"id": 4}:  unique value taken theirs {"id": 4, "age": 40, "name": "name 4", "note": "note"}',
        ]);
      },
    );
  });

  test("a value that the migration passed through is the application's own", async () => {
    await between(
      server,
      users,
      "DO $$ BEGIN UPDATE users SET age = 2; UPDATE users SET age = 3; END $$",
      "UPDATE users SET age = 2 WHERE id = 1",
      ["users"],
      async (bench) => {
        expect((await bench.rows("users")).slice(0, 2)).toEqual([
          '(1,"name 1",2,note)',
          '(2,"name 2",20,note)',
        ]);
        expect(await bench.conflicts()).toEqual([
          'public.users {"id": 1}: {age} changed since base {"age": 3} theirs {"age": 10} ours {"age": 2}',
        ]);
      },
    );
  });

  test("a row whose key changed is found under its new one", async () => {
    await between(
      server,
      users,
      "UPDATE users SET id = id + 1, age = 0 WHERE id = 6; UPDATE users SET id = id + 100 WHERE id < 3",
      `UPDATE users SET note = 'mine' WHERE id IN (7, 101); UPDATE users SET age = 5 WHERE id = 7;
       INSERT INTO users VALUES (1, 'one')`,
      ["users"],
      async (bench) => {
        expect(await bench.rows("users")).toEqual([
          "(1,one,,)",
          '(101,"name 1",10,mine)',
          '(2,"name 2",20,note)',
          '(3,"name 3",30,note)',
          '(4,"name 4",40,note)',
          '(5,"name 5",50,note)',
          '(6,"name 6",5,mine)',
        ]);
        const conflicts = await bench.conflicts();
        expect(conflicts.map((line) => line.replace(/ (base|theirs).*/, ""))).toEqual([
          'public.users {"id": 101}: {id} duplicate key value violates unique constraint "users_pkey"',
          'public.users {"id": 7}: {age} changed since',
        ]);
      },
    );
  });

  test("a value that somebody else has taken is refused for that cell alone", async () => {
    await between(
      server,
      `CREATE TABLE t (id int PRIMARY KEY, code text UNIQUE, n int CHECK (n < 100));
       INSERT INTO t SELECT i, 'c' || i, i FROM generate_series(1, 50) AS i`,
      "UPDATE t SET code = 'd' || id, n = -n",
      `INSERT INTO t VALUES (100, 'c7', 0); ALTER TABLE t DROP CONSTRAINT t_n_check;
       ALTER TABLE t ADD CHECK (n <> 9)`,
      ["t"],
      async (bench) => {
        const rows = await bench.rows("t");
        expect(rows.filter((row) => row.includes("d"))).toEqual(["(7,d7,7)"]);
        expect(rows).toContain("(9,c9,-9)");
        expect(rows).toHaveLength(51);
        const conflicts = await bench.conflicts();
        expect(conflicts.map((line) => line.replace(/ base.*/, ""))).toEqual([
          'public.t {"id": 7}: {code} duplicate key value violates unique constraint "t_code_key"',
          'public.t {"id": 9}: {n} new row for relation "t" violates check constraint "t_n_check"',
        ]);
      },
    );
  });

  test.each([
    "UPDATE t SET p = p + 1000; UPDATE t SET p = p - 999",
    "UPDATE t SET p = p + 1000; UPDATE t SET p = p - 1001",
  ])("values that move along a unique column: %s", async (statement) => {
    await between(
      server,
      "CREATE TABLE t (id int PRIMARY KEY, p int UNIQUE); INSERT INTO t SELECT i, i FROM generate_series(1, 300) AS i",
      `DO $$ BEGIN ${statement}; END $$`,
      "",
      ["t"],
    );
  });

  test("values exchanged through a third one cannot both go back first: conflicts", async () => {
    await between(
      server,
      "CREATE TABLE t (id int PRIMARY KEY, p int NOT NULL UNIQUE); INSERT INTO t VALUES (1, 1), (2, 2)",
      `DO $$ BEGIN UPDATE t SET p = -1 WHERE id = 1; UPDATE t SET p = 1 WHERE id = 2;
        UPDATE t SET p = 2 WHERE id = 1; END $$`,
      "SELECT 1",
      ["t"],
      async (bench) => {
        expect(await bench.rows("t")).toEqual(["(1,2)", "(2,1)"]);
        expect(await bench.conflicts()).toHaveLength(2);
      },
    );
  });

  test("COPY", async () => {
    await using bench = await openBench(server, users);
    const { capture } = (await captureRows(
      lookupOf(bench.migration),
      id,
      await bench.tables("users"),
    )) as {
      capture: Capture;
    };
    await bench.migration.run("BEGIN");
    for (const sql of capture.start) await bench.migration.run(sql);
    await bench.migration.copyIn("COPY users FROM stdin", "20\ttwenty\t1\t\\N\n21\tx\t2\ty\n");
    for (const sql of capture.stop) await bench.migration.run(sql);
    await bench.migration.run("COMMIT");
    expect(await bench.rows("users")).toHaveLength(8);
    await bench.undo(capture);
    expect(await bench.rows("users")).toHaveLength(6);
  });

  test("finalize drops what is kept and leaves the rows", async () => {
    await using bench = await openBench(server, users);
    const { capture } = await bench.migrate("UPDATE users SET age = 0", "users");
    const before = await bench.rows("users");
    for (const sql of capture.finalize) await bench.migration.run(sql);
    expect(await bench.rows("users")).toEqual(before);
    expect(await leftovers(bench.migration)).toEqual([]);
  });

  test("what is kept is of our session's writes only, and only until it stops", async () => {
    await using bench = await openBench(server, users);
    const { capture } = await bench.migrate("UPDATE users SET age = 0 WHERE id = 1", "users");
    await bench.migration.run("UPDATE users SET age = 1");
    const [kept] = await bench.migration.query(
      `SELECT count(*)::int AS n FROM belay_shelf_${id}.belay_${id}_rows_1`,
    );
    expect(kept).toEqual({ n: 1 });
    await bench.undo(capture);
  });
});
