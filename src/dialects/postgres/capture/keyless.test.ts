// Tables in which nothing tells the rows apart: rows come back by all that is in them.

import { expect, test } from "vitest";
import { between, openBench } from "../../../../test/capture-harness.ts";
import { lookupOf } from "../../../../test/kinds-harness.ts";
import { forEachServer } from "../../../../test/support/servers.ts";
import { readTargets } from "./targets.ts";

forEachServer("captured rows without a key", (server) => {
  const setup = `CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN short AS text CHECK (length(VALUE) < 9);
    CREATE TABLE bare (a int, b text, c numeric, d jsonb, "É ""x" mood, e short, f xml, g double precision, at timestamptz);
    INSERT INTO bare SELECT i % 3, CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'x,"y' END, 1.50, '{"k": [1, null]}',
      'sad', 'sh', '<a/>', 0.1 + i % 3, timestamptz '2024-02-29 12:00+00' FROM generate_series(1, 24) AS i;
    INSERT INTO bare (c) VALUES (1.5), (1.50), (NULL);`;

  test.each([
    "UPDATE bare SET a = a + 1",
    "UPDATE bare SET b = 'same', c = 2, f = NULL, \"É \"\"x\" = 'ok' WHERE a = 1",
    "UPDATE bare SET a = 7",
    "DELETE FROM bare WHERE a < 2",
    "TRUNCATE bare",
    "INSERT INTO bare SELECT * FROM bare",
    "DO $$ BEGIN UPDATE bare SET a = a + 1; INSERT INTO bare (a, b) VALUES (1, 'born'), (1, 'born'); UPDATE bare SET b = b || '!'; DELETE FROM bare WHERE b = 'born!'; UPDATE bare SET c = c * 2 WHERE a > 1; END $$",
    "DO $$ BEGIN DELETE FROM bare; INSERT INTO bare (a) VALUES (1); TRUNCATE bare; INSERT INTO bare (a) VALUES (2), (2); END $$",
  ])("%s", async (statement) => {
    await between(server, setup, statement, "", ["bare"]);
  });

  test("what was written since stays, and is told where it is in the way", async () => {
    await between(
      server,
      "CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x'), (1, 'x'), (1, 'x'), (2, 'y'), (3, 'z');",
      "UPDATE t SET a = 10 WHERE a = 1; DELETE FROM t WHERE a = 2; INSERT INTO t VALUES (5, 'new'), (6, 'new')",
      `UPDATE t SET b = 'mine' WHERE ctid = (SELECT min(ctid) FROM t WHERE a = 10);
       INSERT INTO t VALUES (10, 'x'), (9, 'later'); UPDATE t SET b = 'mine' WHERE a = 6; DELETE FROM t WHERE a = 3`,
      ["t"],
      async (bench) => {
        // Of the three alike one was changed, and one like them came: three are changed back.
        expect(await bench.rows("t")).toEqual(
          ["(1,x)", "(1,x)", "(1,x)", "(10,mine)", "(2,y)", "(6,mine)", "(9,later)"].sort(),
        );
        expect(
          (await bench.conflicts()).map((line) => line.replace(/ (base|theirs).*/, "")),
        ).toEqual(['public.t {"a": 6, "b": "new"}:  changed since']);
      },
    );
  });

  test("with a parent that the migration inserted, and one that it deleted", async () => {
    const setupBoth = `CREATE TABLE parents (id int PRIMARY KEY); CREATE TABLE notes (parent int REFERENCES parents ON DELETE CASCADE, n int);
      INSERT INTO parents VALUES (1), (2); INSERT INTO notes VALUES (1, 1), (1, 1), (2, 2), (NULL, NULL);`;
    for (const statement of [
      "DELETE FROM parents WHERE id = 1",
      "DO $$ BEGIN INSERT INTO parents VALUES (3); UPDATE notes SET parent = 3; INSERT INTO notes VALUES (3, 9); DELETE FROM parents WHERE id = 2; END $$",
    ]) {
      await between(server, setupBoth, statement, "", ["parents", "notes"]);
    }
  });

  test("a unique value that somebody has taken since", async () => {
    await between(
      server,
      "CREATE TABLE u (a int UNIQUE, b text); INSERT INTO u VALUES (1, 'x'), (2, 'y'), (NULL, 'z');",
      "DELETE FROM u",
      "INSERT INTO u VALUES (1, 'theirs')",
      ["u"],
      async (bench) => {
        expect(await bench.rows("u")).toEqual(["(,z)", "(1,theirs)", "(2,y)"]);
        expect((await bench.conflicts()).join("\n")).toMatch(
          /^public\.u \{"a": 1, "b": "x"\}: .*duplicate key value violates unique constraint "u_a_key" theirs \{"a": 1, "b": "x"\}$/,
        );
      },
    );
  });

  test("not where rows of others point at it, nor in partitions or an inheritance tree", async () => {
    await using bench = await openBench(
      server,
      `CREATE TABLE pointed (a int UNIQUE); CREATE TABLE pointing (a int REFERENCES pointed (a));
       CREATE TABLE parts (a int) PARTITION BY LIST (a); CREATE TABLE parts_1 PARTITION OF parts DEFAULT;
       CREATE TABLE above (a int); CREATE TABLE below () INHERITS (above);`,
    );
    const tables = await bench.tables("pointed", "pointing", "parts", "parts_1", "above", "below");
    const { targets } = await readTargets(lookupOf(bench.migration), tables);
    expect(targets.map(({ shown }) => shown)).toEqual(["public.pointing"]);
  });
});
