// Tables whose rows hang together: foreign keys, triggers, partitions, inheritance; and tables whose
// rows cannot be captured.

import { expect, test } from "vitest";
import { between, id, leftovers, openBench } from "../../../../test/capture-harness.ts";
import { lookupOf, role } from "../../../../test/kinds-harness.ts";
import { forEachServer } from "../../../../test/support/servers.ts";
import { captureRows } from "./capture.ts";
import { readTargets } from "./targets.ts";
import { writtenWith } from "./written-with.ts";

forEachServer("captured families", (server) => {
  const family = `CREATE TABLE parents (id int PRIMARY KEY, name text);
    CREATE TABLE children (id int PRIMARY KEY, parent int REFERENCES parents ON DELETE CASCADE ON UPDATE CASCADE);
    CREATE TABLE pets (id int PRIMARY KEY, child int REFERENCES children ON DELETE SET NULL);
    CREATE TABLE toys (id int PRIMARY KEY, pet int DEFAULT 1 REFERENCES pets ON DELETE SET DEFAULT);
    INSERT INTO parents SELECT i, 'p' FROM generate_series(1, 4) AS i;
    INSERT INTO children SELECT i, 1 + i % 4 FROM generate_series(1, 12) AS i;
    INSERT INTO pets SELECT i, i FROM generate_series(1, 12) AS i;
    INSERT INTO toys SELECT i, i FROM generate_series(1, 12) AS i;`;
  const all = ["parents", "children", "pets", "toys"];

  test.each([
    "DELETE FROM parents WHERE id > 2",
    "UPDATE parents SET id = id + 100, name = 'q'",
    "DELETE FROM pets WHERE id > 1",
    "DO $$ BEGIN UPDATE parents SET id = id + 100; UPDATE parents SET name = 'q'; END $$",
    "DO $$ BEGIN DELETE FROM parents WHERE id = 1; INSERT INTO parents VALUES (1, 'one'); INSERT INTO children VALUES (50, 1); END $$",
    "DO $$ BEGIN INSERT INTO parents VALUES (9, 'nine'); UPDATE children SET parent = 9; DELETE FROM parents WHERE id < 9; END $$",
  ])("%s", async (statement) => {
    await between(server, family, statement, "", all);
  });

  test("a child of the application's follows a key that goes back, an orphan is refused", async () => {
    await between(
      server,
      family,
      "UPDATE parents SET id = id + 100; DELETE FROM children WHERE parent = 102",
      "INSERT INTO children VALUES (20, 101); DELETE FROM parents WHERE id = 102",
      all,
      async (bench) => {
        expect(await bench.rows("parents")).toEqual(["(1,p)", "(3,p)", "(4,p)"]);
        expect((await bench.rows("children")).filter((row) => row.startsWith("(20"))).toEqual([
          "(20,1)",
        ]);
        const conflicts = (await bench.conflicts()).map((line) =>
          line.replace(/ (base|theirs).*/, ""),
        );
        expect(conflicts.filter((line) => !line.startsWith("public.pets"))).toEqual([
          ...[1, 5, 9].map(
            (key) =>
              `public.children {"id": ${key}}:  insert or update on table "children" violates foreign key constraint "children_parent_fkey"`,
          ),
          'public.parents {"id": 102}: {id} deleted since',
        ]);
      },
    );
  });

  test("a tree of its own rows, inserted, deleted and merged", async () => {
    const tree = `CREATE TABLE nodes (id int PRIMARY KEY, up int REFERENCES nodes ON DELETE CASCADE);
      INSERT INTO nodes VALUES (1, NULL), (2, 1), (3, 2), (4, 1);`;
    for (const statement of [
      "INSERT INTO nodes VALUES (10, 2), (11, 10), (12, 11)",
      "DELETE FROM nodes WHERE id = 2",
      "DO $$ BEGIN INSERT INTO nodes VALUES (5, 1); UPDATE nodes SET up = 5 WHERE up = 2; DELETE FROM nodes WHERE id = 2; END $$",
    ]) {
      await between(server, tree, statement, "", ["nodes"]);
    }
    await between(
      server,
      tree,
      "INSERT INTO nodes VALUES (10, 2), (11, 10), (12, 11), (13, 10)",
      "INSERT INTO nodes VALUES (100, 11)",
      ["nodes"],
      async (bench) => {
        expect(await bench.rows("nodes")).toEqual([
          ...["(1,)", "(10,2)", "(100,11)", "(11,10)", "(2,1)", "(3,2)", "(4,1)"],
        ]);
        expect(await bench.conflicts()).toHaveLength(2);
      },
    );
  });

  test("tables that refer to each other", async () => {
    await between(
      server,
      `CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a DEFERRABLE);
       ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b DEFERRABLE INITIALLY DEFERRED;
       BEGIN; INSERT INTO a VALUES (1, 1), (2, 2); INSERT INTO b VALUES (1, 1), (2, 2); COMMIT`,
      "SET CONSTRAINTS ALL DEFERRED; DELETE FROM a; DELETE FROM b",
      "",
      ["a", "b"],
    );
  });

  test("deferred checks that are still to be run leave the triggers for sweep", async () => {
    await using bench = await openBench(
      server,
      `CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY,
         a int REFERENCES a DEFERRABLE INITIALLY DEFERRED)`,
    );
    const { migration } = bench;
    await migration.run("BEGIN; INSERT INTO b VALUES (1, 1)");
    const { capture } = await captureRows(lookupOf(migration), id, await bench.tables("b"));
    for (const sql of capture?.start ?? []) await migration.run(sql);
    await migration.run("INSERT INTO b VALUES (2, 1)");
    for (const sql of capture?.stop ?? []) await migration.run(sql);
    await migration.run("INSERT INTO b VALUES (3, 1); INSERT INTO a VALUES (1)");
    for (const sql of capture?.sweep ?? []) await migration.run(sql);
    await migration.run("COMMIT");
    expect((await leftovers(migration)).filter((name) => name.includes("capture"))).toEqual([]);
    await bench.undo(capture!);
    expect(await bench.rows("b")).toEqual(["(1,1)", "(3,1)"]);
  });

  const audited = `CREATE TABLE items (id int PRIMARY KEY, name text, touched int DEFAULT 0);
    CREATE TABLE audit (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, line text);
    CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN NEW.touched := NEW.touched + 1; RETURN NEW; END $$;
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
      $$ BEGIN INSERT INTO public.audit (line) VALUES (TG_OP); RETURN NULL; END $$;
    CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF pg_trigger_depth() = 1 THEN UPDATE items SET name = name || '!' WHERE id = NEW.id; END IF;
      RETURN NULL; END $$;
    CREATE FUNCTION back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO items VALUES (OLD.id, 'back'); RETURN NULL; END $$;
    INSERT INTO items SELECT i, 'n' || i FROM generate_series(1, 5) AS i;
    CREATE TRIGGER stamp BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION stamp();
    CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON items FOR EACH ROW EXECUTE FUNCTION note();
    ALTER TABLE items ENABLE ALWAYS TRIGGER note;`;

  test.each([
    ["a table", ")"],
    ["a partition", ") PARTITION BY RANGE (id); CREATE TABLE few PARTITION OF items DEFAULT"],
  ])(
    "users' triggers of %s are captured with, do not fire in the undo, and are as they were",
    async (_, end) => {
      await between(
        server,
        audited.replace("touched int DEFAULT 0)", `touched int DEFAULT 0${end}`),
        "UPDATE items SET name = upper(name); DELETE FROM items WHERE id = 1; INSERT INTO items VALUES (9)",
        "",
        ["items", "audit"],
      );
    },
  );

  test.each([
    "AFTER INSERT OR UPDATE ON items FOR EACH ROW EXECUTE FUNCTION again()",
    "AFTER DELETE ON items FOR EACH ROW EXECUTE FUNCTION back()",
  ])("a trigger that changes the same rows again: %s", async (trigger) => {
    await between(
      server,
      `${audited} CREATE TRIGGER again ${trigger};`,
      "DO $$ BEGIN UPDATE items SET name = upper(name); INSERT INTO items VALUES (9, 'x'); DELETE FROM items WHERE id < 3; END $$",
      "",
      ["items", "audit"],
    );
  });

  const measures = `CREATE TABLE measures (id int, region text, value int, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
    CREATE TABLE north (value int, region text NOT NULL, gone int, id int NOT NULL); ALTER TABLE north DROP COLUMN gone;
    ALTER TABLE measures ATTACH PARTITION north FOR VALUES IN ('n');
    CREATE TABLE rest PARTITION OF measures DEFAULT PARTITION BY RANGE (id);
    CREATE TABLE rest_low PARTITION OF rest FOR VALUES FROM (0) TO (100);
    CREATE TABLE rest_high PARTITION OF rest DEFAULT;
    INSERT INTO measures SELECT i, CASE WHEN i % 2 = 0 THEN 'n' ELSE 's' END, i FROM generate_series(1, 200) AS i;`;

  test.each([
    "UPDATE measures SET value = value + 1",
    "UPDATE measures SET region = 's' WHERE region = 'n'",
    "DELETE FROM measures WHERE id % 3 = 0",
    "UPDATE north SET value = 0; UPDATE measures SET value = value + 1; DELETE FROM rest WHERE id > 150",
    "INSERT INTO measures VALUES (500, 'n', 1), (501, 'x', 2); INSERT INTO rest_high VALUES (502, 'y', 3)",
    "TRUNCATE rest",
  ])("partitions: %s", async (statement) => {
    await between(server, measures, `DO $$ BEGIN ${statement}; END $$`, "", ["measures"]);
  });

  test("rows that the application moved to another partition since", async () => {
    await between(
      server,
      measures,
      "UPDATE measures SET value = -1 WHERE id < 4; INSERT INTO measures VALUES (1000, 'n', 0)",
      "UPDATE measures SET value = 7 WHERE id = 2; DELETE FROM measures WHERE id = 3",
      ["measures"],
      async (bench) => {
        expect((await bench.rows("measures")).slice(0, 2)).toContain("(1,s,1)");
        expect((await bench.conflicts()).map((line) => line.replace(/ base.*/, ""))).toEqual([
          'public.measures {"id": 2, "region": "n"}: {value} changed since',
          'public.measures {"id": 3, "region": "s"}: {value} deleted since',
        ]);
      },
    );
  });

  const animals = `CREATE TABLE animals (id int PRIMARY KEY, name text);
    CREATE TABLE birds (wings int, PRIMARY KEY (id)) INHERITS (animals);
    INSERT INTO animals VALUES (1, 'cat'), (2, 'dog'); INSERT INTO birds VALUES (1, 'owl', 2), (3, 'kiwi', 0);`;

  test.each([
    "UPDATE animals SET name = upper(name)",
    "DELETE FROM animals",
    "DO $$ BEGIN UPDATE animals SET id = id + 10; UPDATE birds SET wings = 4; DELETE FROM ONLY animals; TRUNCATE birds; END $$",
    "INSERT INTO birds VALUES (4, 'emu', 2)",
  ])("inheritance: %s", async (statement) => {
    await between(server, animals, statement, "", ["animals", "birds"]);
  });

  test("an ordinary role that owns the tables, also where functions of others write to them", async () => {
    await using bench = await openBench(
      server,
      `${role("capture_owner")} ${role("capture_other")}
       GRANT CREATE, USAGE ON SCHEMA public TO capture_owner, capture_other; GRANT USAGE ON SCHEMA belay TO capture_owner;
       GRANT INSERT ON belay.conflict TO capture_owner;
       DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO capture_owner', current_database()); END $$;
       CREATE TABLE foreign_to_it (id int PRIMARY KEY);
       SET ROLE capture_owner; ${family} CREATE TABLE secret (id int PRIMARY KEY, n int);
       ALTER TABLE secret ENABLE ROW LEVEL SECURITY; INSERT INTO secret VALUES (1, 1), (2, 2);
       GRANT ALL ON parents, secret TO capture_other;
       CREATE POLICY p ON secret TO capture_other USING (true);
       SET ROLE capture_other; CREATE FUNCTION theirs() RETURNS void LANGUAGE sql SECURITY DEFINER AS
         'UPDATE public.secret SET n = n + 1; DELETE FROM public.parents WHERE id = 1';
       SET ROLE capture_owner`,
    );
    const tables = [...all, "secret"];
    const read = () => Promise.all(tables.map((table) => bench.rows(table)));
    const before = await read();
    const { capture } = await bench.migrate("SELECT theirs(); UPDATE secret SET n = 0", ...tables);
    expect(await read()).not.toEqual(before);
    await bench.undo(capture);
    expect(await read()).toEqual(before);
    expect(
      await readTargets(lookupOf(bench.migration), await bench.tables("foreign_to_it")),
    ).toEqual({
      targets: [],
      uncaptured: [{ table: "public.foreign_to_it", why: "owned by another role" }],
    });
    await bench.migration.run("RESET ROLE; DROP OWNED BY capture_owner, capture_other CASCADE");
  });

  test("a replica's session, whose ordinary triggers are off", async () => {
    await between(
      server,
      `${audited} SET session_replication_role = replica`,
      "UPDATE items SET name = 'x'; DELETE FROM items WHERE id = 2",
      "",
      ["items", "audit"],
    );
  });

  test("a migration that sets a replica's role inside of its statement", async () => {
    await between(
      server,
      audited,
      "DO $$ BEGIN SET LOCAL session_replication_role = replica; DELETE FROM items; END $$",
      "",
      ["items", "audit"],
    );
  });

  test("references that ON UPDATE SET NULL would lose hold the key where it is", async () => {
    await between(
      server,
      `CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a ON UPDATE SET NULL);
       INSERT INTO a VALUES (1, 1), (2, 2)`,
      "UPDATE a SET id = id + 10, n = 0",
      "INSERT INTO b VALUES (1, 11)",
      ["a"],
      async (bench) => {
        expect(await bench.rows("a")).toEqual(["(11,1)", "(2,2)"]);
        expect(await bench.rows("b")).toEqual(["(1,11)"]);
        expect((await bench.conflicts()).map((line) => line.replace(/ base.*/, ""))).toEqual([
          'public.a {"id": 11}: {id} changed since',
        ]);
      },
    );
  });

  test("writers wait for an undo, readers do not", async () => {
    await using bench = await openBench(server, family);
    const { capture } = await bench.migrate("INSERT INTO parents VALUES (9, 'x')", "parents");
    await bench.migration.run("BEGIN");
    for (const sql of capture.undo) {
      if (!sql.startsWith("DROP")) await bench.migration.run(sql);
    }
    await bench.application.run("SET lock_timeout = '100ms'; SELECT * FROM parents, children");
    // A row that refers to the one that goes would go with it.
    await expect(bench.application.run("INSERT INTO children VALUES (99, 9)")).rejects.toThrow(
      /lock timeout/,
    );
    await bench.migration.run("ROLLBACK");
  });

  test("why tables are not captured", async () => {
    await using bench = await openBench(
      server,
      `CREATE TABLE bare (a int); CREATE TABLE nullable (a int UNIQUE);
       CREATE TABLE partial (a int NOT NULL); CREATE UNIQUE INDEX ON partial (a) WHERE a > 0;
       CREATE TABLE late (a int PRIMARY KEY DEFERRABLE);
       CREATE TABLE good (a int NOT NULL UNIQUE);
       CREATE TABLE forced (a int PRIMARY KEY); ALTER TABLE forced FORCE ROW LEVEL SECURITY;
       CREATE TABLE ruled (a int PRIMARY KEY); CREATE RULE r AS ON UPDATE TO ruled DO INSTEAD NOTHING;
       CREATE VIEW seen AS SELECT 1 AS a;
       CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE far (a int) SERVER s;
       CREATE TABLE mixed (a int PRIMARY KEY) PARTITION BY LIST (a); CREATE TABLE mixed_1 PARTITION OF mixed FOR VALUES IN (1);`,
    );
    const names = [
      "bare",
      "nullable",
      "partial",
      "late",
      "good",
      "forced",
      "ruled",
      "seen",
      "far",
      "mixed",
    ];
    const { targets, uncaptured } = await readTargets(
      lookupOf(bench.migration),
      await bench.tables(...names),
    );
    expect(targets.map(({ shown, key }) => [shown, key.length])).toEqual([
      ...["bare", "nullable", "partial", "late"].map((name) => [`public.${name}`, 0]),
      ...["good", "mixed"].map((name) => [`public.${name}`, 1]),
    ]);
    expect(Object.fromEntries(uncaptured.map(({ table, why }) => [table, why]))).toEqual({
      "public.forced": "row-level security is forced upon its owner",
      "public.ruled": "a rule rewrites what is written to it",
      "public.seen": "not a table",
      "public.far": "a foreign table",
    });
  });

  test("what is written with a table", async () => {
    await using bench = await openBench(server, `${family} ${audited} ${measures} ${animals}`);
    const written = async (name: string) => {
      const [row] = await bench.migration.query<{ oid: string }>(
        "SELECT $1::regclass::oid::text AS oid",
        [name],
      );
      const { tables, hasUserTriggers } = await writtenWith(lookupOf(bench.migration), [row!]);
      return [tables.map((table) => table.name).join(" "), hasUserTriggers];
    };
    expect(await written("parents")).toEqual(["parents children pets toys", false]);
    expect(await written("toys")).toEqual(["toys", false]);
    expect(await written("measures")).toEqual(["measures north rest rest_low rest_high", false]);
    expect(await written("animals")).toEqual(["animals birds", false]);
    expect(await written("items")).toEqual(["items", true]);
  });
});
