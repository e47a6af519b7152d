// What a rollback has to read a whole large table for runs behind all else, in a transaction of its own.

import { expect, test } from "vitest";
import { createBelay } from "../src/index.ts";
import { createProject } from "./support/project.ts";
import { createDatabase, forEachServer, majorOf, type TestServer } from "./support/servers.ts";

const base = `CREATE TABLE org (id int PRIMARY KEY);
  CREATE TABLE t (id int PRIMARY KEY, note text NOT NULL, n int NOT NULL CONSTRAINT small CHECK (n < 100),
    org int CONSTRAINT in_org REFERENCES org);
  INSERT INTO org VALUES (1); INSERT INTO t SELECT i, 'n' || i, i, 1 FROM generate_series(1, 20) i;`;

/** Every table counts as large. */
async function applied(
  server: TestServer,
  migration: string,
  { before = base, signal }: { before?: string; signal?: AbortSignal } = {},
) {
  const project = await createProject({ "1_base.up.sql": before, "2_change.up.sql": migration });
  const db = await createDatabase(server);
  const settings = { projectDir: project.dir, databaseUrl: db.url, onlineAboveBytes: 0 };
  const report = (event: { kind: string; sql?: string }) => {
    heard(event.sql ?? "");
  };
  let heard: (sql: string) => void = () => {};
  const belay = createBelay({ ...settings, report, ...(signal && { signal }) });
  expect((await belay.up()).error).toBeUndefined();
  const hear = (listener: (sql: string) => void) => {
    heard = listener;
  };
  const close = async () => {
    await db.drop();
    await project[Symbol.asyncDispose]();
  };
  return { db, belay, dir: project.dir, hear, [Symbol.asyncDispose]: close };
}

/** Of each step, how many of its statements read to see whether rows satisfy something. */
async function stepsBack(belay: ReturnType<typeof createBelay>) {
  const { migrations } = await belay.planDown();
  return migrations[0]?.steps.map(({ statements }) => ({
    all: statements.length,
    reading: statements.filter(({ sql }) => sql.includes("VALIDATE CONSTRAINT")).length,
  }));
}

const unmet = `SELECT conname::text AS name FROM pg_constraint
  WHERE conrelid = 't'::regclass AND NOT convalidated ORDER BY 1`;
const required = `SELECT attname::text AS name FROM pg_attribute
  WHERE attrelid = 't'::regclass AND attnotnull AND attnum > 0 ORDER BY 1`;
const ours = `SELECT conname FROM pg_constraint WHERE conname ~ '^belay_'`;

const cases: Record<string, { migration: string; behind: number }> = {
  "a hidden column": { migration: "ALTER TABLE t DROP COLUMN note", behind: 1 },
  "two hidden columns": {
    migration: "ALTER TABLE t DROP COLUMN note; ALTER TABLE t DROP COLUMN n",
    behind: 3,
  },
  "a check": { migration: "ALTER TABLE t DROP CONSTRAINT small", behind: 1 },
  "a foreign key": { migration: "ALTER TABLE t DROP CONSTRAINT in_org", behind: 1 },
  "NOT NULL": { migration: "ALTER TABLE t ALTER note DROP NOT NULL", behind: 1 },
  "a table that had another name then": {
    migration: `ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME note TO text;
      ALTER TABLE u ALTER text DROP NOT NULL, DROP CONSTRAINT small`,
    behind: 2,
  },
  "a key of another type": { migration: "ALTER TABLE t ALTER id TYPE bigint", behind: 2 },
};

forEachServer("validated behind", (server) => {
  test.each(Object.entries(cases))("%s", async (_, { migration, behind }) => {
    await using world = await applied(server, migration);
    const { belay, db } = world;
    const steps = (await stepsBack(belay)) ?? [];
    expect(steps).toHaveLength(1 + behind);
    expect(steps[0]?.reading).toBe(0);
    for (const { all } of steps.slice(1)) expect(all).toBe(1);
    const undone = await belay.down();
    expect(undone).toMatchObject({ verified: true, conflicts: [] });
    expect(undone.error).toBeUndefined();
    expect(await db.query(unmet)).toEqual([]);
    expect(await db.query(required)).toEqual([{ name: "id" }, { name: "n" }, { name: "note" }]);
    expect(await db.query(ours)).toEqual([]);
    await expect(db.query("INSERT INTO t VALUES (1, 'x', 1)")).rejects.toThrow(/t_pkey/);
    expect((await belay.redo()).error).toBeUndefined();
    expect((await belay.down()).verified).toBe(true);
  });

  test("rows written since that do not satisfy it are told", async () => {
    await using world = await applied(server, "ALTER TABLE t DROP COLUMN note");
    await world.db.query("INSERT INTO t (id, n) VALUES (50, 50)");
    const undone = await world.belay.down();
    expect(undone.error).toBeUndefined();
    expect(undone.conflicts).toHaveLength(1);
    expect(undone.conflicts[0]?.resolution).toMatch(/rows written since do not satisfy it/);
    expect(await world.db.query("SELECT note FROM t WHERE id = 50")).toEqual([{ note: null }]);
    expect(await world.db.query(ours)).toEqual([]);
    const isNew = majorOf(server) >= 18;
    expect(await world.db.query(unmet)).toHaveLength(isNew ? 1 : 0);
  });

  test("who wants it to end leaves nothing halfway", async () => {
    const wanted = new AbortController();
    const slow = `${base}
      CREATE FUNCTION slowly(n int) RETURNS boolean LANGUAGE sql IMMUTABLE AS
        'SELECT n < 100 AND pg_sleep(0.05) IS NOT NULL';
      ALTER TABLE t ADD CONSTRAINT slow CHECK (slowly(n))`;
    const given = { before: slow, signal: wanted.signal };
    await using world = await applied(server, "ALTER TABLE t DROP CONSTRAINT slow", given);
    world.hear((sql) => {
      if (sql.includes("VALIDATE CONSTRAINT")) setTimeout(() => wanted.abort(), 300);
    });
    const undone = await world.belay.down();
    expect(undone.undone).toHaveLength(1);
    expect(undone.conflicts.map(({ resolution }) => resolution)).toEqual([
      expect.stringMatching(/^slow is NOT VALID: its rows could not be read to the end/),
    ]);
    expect(await world.db.query(unmet)).toEqual([{ name: "slow" }]);
  });

  test("of a small table all is one transaction", async () => {
    await using world = await applied(server, "ALTER TABLE t DROP COLUMN note");
    const large = createBelay({ databaseUrl: world.db.url, projectDir: world.dir });
    const { migrations } = await large.planDown();
    expect(migrations[0]?.steps).toHaveLength(1);
  });
});
