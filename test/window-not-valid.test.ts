// Rows that were there before a constraint, which is NOT VALID for their sake, come back like all others.

import { expect, test } from "vitest";
import { differences } from "../src/core/catalog.ts";
import { createBelay } from "../src/index.ts";
import { catalogOf } from "./support/catalog.ts";
import { createProject } from "./support/project.ts";
import { createDatabase, forEachServer, majorOf } from "./support/servers.ts";

forEachServer("a constraint that is NOT VALID", (server) => {
  const constraints: [string, string, string?][] = [
    ["a check", "CHECK (up > 0)"],
    ["a reference to itself", "FOREIGN KEY (up) REFERENCES t DEFERRABLE"],
    ["a reference to another table", "FOREIGN KEY (up) REFERENCES p ON DELETE CASCADE"],
    ["a check of partitions", "CHECK (up > 0)", "PARTITION BY RANGE (id)"],
  ];
  if (majorOf(server) >= 18) constraints.push(["NOT NULL", "NOT NULL up"]);
  const migrations = ["DELETE FROM t", "TRUNCATE t", "UPDATE t SET up = 1, v = 'new'"];
  const cases = constraints.flatMap(([name, definition, by = ""]) =>
    migrations.map((migration) => [name, migration, definition, by] as const),
  );
  const partition = "CREATE TABLE t1 PARTITION OF t DEFAULT;";

  test.each(cases)("%s: %s", async (_, migration, definition, by) => {
    const odd = definition.startsWith("NOT NULL") ? "NULL" : "-1";
    await using db = await createDatabase(server);
    await using project = await createProject({
      "1_a.up.sql": `CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1), (9);
        CREATE TABLE t (id int PRIMARY KEY, up int, v text) ${by};`,
      "2_b.up.sql": `${by && partition} INSERT INTO t VALUES (1, 1, 'a'), (2, ${odd}, 'b'), (3, 1, 'c'), (4, ${odd}, 'd');
        ALTER TABLE t ADD CONSTRAINT "c é" ${definition} NOT VALID; COMMENT ON CONSTRAINT "c é" ON t IS 'it''s';`,
      "3_c.up.sql": `${migration.replace("'new'", "v || 'new'")};`,
    });
    const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
    expect((await belay.up({ to: "2" })).error).toBeUndefined();
    const rows = () => db.query("SELECT * FROM t ORDER BY id");
    const [before, catalog] = [await rows(), await catalogOf(db.url)];
    expect((await belay.up()).applied).toMatchObject([{ verdict: "exact" }]);
    await db.query("INSERT INTO t VALUES (9, 9, 'new')");
    const { error, conflicts, verified } = await belay.down();
    expect(error?.toJSON()).toBeUndefined();
    expect({ conflicts, verified }).toEqual({ conflicts: [], verified: true });
    expect(await rows()).toEqual([...before, { id: 9, up: 9, v: "new" }]);
    expect(differences(catalog, await catalogOf(db.url))).toEqual([]);
    await expect(db.query(`INSERT INTO t VALUES (10, ${odd}, 'x')`)).rejects.toThrow(/violates/);
  });

  test("rows that others are in the way of are told, and only those", async () => {
    await using db = await createDatabase(server);
    await using project = await createProject({
      "1_a.up.sql": `CREATE TABLE t (id int PRIMARY KEY, up int, q int CHECK (q > 0));
        INSERT INTO t VALUES (1, -1, 1), (2, -2, 1), (3, 3, 1);
        ALTER TABLE t ADD CONSTRAINT c CHECK (up > 0) NOT VALID;`,
      "2_b.up.sql": "DELETE FROM t;",
    });
    const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
    expect((await belay.up()).error).toBeUndefined();
    await db.query("INSERT INTO t VALUES (1, 5, 5); ALTER TABLE t ADD CHECK (id <> 3)");
    const { error, conflicts } = await belay.down({ allowDrift: true });
    expect(error?.toJSON()).toBeUndefined();
    expect(conflicts.map(({ key }) => (key as { id: number }).id).sort()).toEqual([1, 3]);
    expect(await db.query("SELECT id, up FROM t ORDER BY id")).toEqual([
      { id: 1, up: 5 },
      { id: 2, up: -2 },
    ]);
  });
});
