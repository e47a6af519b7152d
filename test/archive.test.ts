// What finalize destroys, written first and read again: every value as it was.

import { appendFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createBelay } from "../src/index.ts";
import { runBelay } from "./support/belay.ts";
import { createProject } from "./support/project.ts";
import { createDatabase, forEachServer, type TestServer } from "./support/servers.ts";

const base = `CREATE TYPE mood AS ENUM ('sad', 'so ''so''', 'glad');
  CREATE TYPE gone AS ENUM ('x', 'y z');
  CREATE TYPE pair AS (a int, b text);
  CREATE DOMAIN even AS int CHECK (VALUE % 2 = 0);
  CREATE SCHEMA "Étrange";
  CREATE TABLE "Étrange"."Tab ""le" (
    id bigint PRIMARY KEY, "quo""ted\\col" text, bytes bytea, num numeric(20,4), amount numeric,
    real_ float4, double_ float8, list text[], grid int[][], pair pair, pairs pair[], mood mood, gone gone,
    even even, doc json, docb jsonb, at timestamptz, day date, span interval, fixed char(5), bits varbit,
    net inet, range int8range, u uuid, money money, "select" bool,
    twice bigint GENERATED ALWAYS AS (id * 2) STORED);
  INSERT INTO "Étrange"."Tab ""le" VALUES
    (1, 'tab' || chr(9) || 'line' || chr(10) || 'cr' || chr(13) || '\\N \\. back\\slash', '\\x00ff0a5c', 1.5000, 'NaN',
     'Infinity', '-0', ARRAY['a,b', NULL, 'NULL', '', '{"}', '\\'], '[2:3][0:1]={{1,2},{3,4}}',
     ROW(1, 'x,"y"'), ARRAY[ROW(1, NULL)::pair, NULL], 'so ''so''', 'y z', 4, '{"b" : 1,  "a":[1.0, null]}', '{"a": 1e2}',
     'infinity', '-infinity', '1 mon -2 days +03:04:05.6', 'ab', B'101', '::1/64', '[1,)',
     '00000000-0000-0000-0000-000000000001', 12.34, true),
    (2, '', '', NULL, 'Infinity', 'NaN', 1e-300, '{}', '{}', ROW(NULL, ''), '{}', 'sad', 'x', 2, 'null', 'null',
     '0044-03-15 00:00:00 BC', '5874897-12-31', '0', '', B'', '10.0.0.0/8', 'empty', NULL, NULL, false),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (4, 'žluťoučký 🐎 \\u0041', '\\xdeadbeef', -0.0001, 1e30, 1.1, 0.1, '{x}', '{{1}}', ROW(-1, 'ü'), '{}', 'glad', 'x', 0,
     '[]', '[]', 'epoch', 'epoch', '-1 year', 'x', B'1', '1.2.3.4', '(,)', NULL, -1, NULL);
  CREATE TABLE keyed (a int, b text, v numeric, PRIMARY KEY (b, a));
  INSERT INTO keyed VALUES (1, 'x', 'NaN'), (1, 'y', NULL), (2, 'x', 0.10);
  CREATE TABLE keyless (a int, v text);
  INSERT INTO keyless VALUES (1, ''), (1, NULL), (NULL, 'z');
  CREATE TABLE sums (id int PRIMARY KEY, n int); INSERT INTO sums VALUES (1, 1), (2, 2);
  CREATE VIEW seen AS SELECT id FROM "Étrange"."Tab ""le";`;

const drops = `DROP TABLE "Étrange"."Tab ""le" CASCADE; DROP TYPE gone;
  ALTER TABLE keyed DROP COLUMN v; ALTER TABLE keyless DROP COLUMN v; UPDATE sums SET n = n + 1;`;

async function applied(server: TestServer) {
  const project = await createProject({ "1_base.up.sql": base, "2_drops.up.sql": drops });
  const db = await createDatabase(server);
  const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
  await belay.up({ to: "1" });
  // Text alone tells -0 from 0 and 1.50 from 1.5.
  const read = async (table: string) =>
    (await db.query(`SELECT t::text AS row FROM ${table} t ORDER BY 1`)).map(({ row }) => row);
  const before = {
    odd: await read(`"Étrange"."Tab ""le"`),
    keyed: await read("(SELECT a, b, v FROM keyed)"),
    keyless: await read("(SELECT a, v FROM keyless)"),
  };
  expect((await belay.up()).error?.toJSON()).toBeUndefined();
  const release = async () => {
    await db[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
  };
  return { db, belay, project, read, before, [Symbol.asyncDispose]: release };
}

forEachServer("an archive", (server) => {
  test("holds what finalize destroys, and every value comes back as it was", async () => {
    await using world = await applied(server);
    const { belay, db, read, before, project } = world;
    await db.query(
      `ALTER DATABASE "${new URL(db.url).pathname.slice(1)}" SET datestyle = 'German'`,
    );
    const { finalized, error } = await belay.finalize({
      ...{ which: "all", archive: "old", allowDrift: true },
    });
    expect(error?.toJSON()).toBeUndefined();
    expect(finalized).toMatchObject([{ version: "2" }]);
    const folders = await readdir(join(project.dir, "old"));
    expect(folders.map((each) => join(project.dir, "old", each))).toEqual(
      finalized[0]?.archives.toSorted(),
    );
    const checked = await belay.checkArchives("old");
    expect(checked.whole).toBe(true);
    const { loaded, verified, ...rest } = await belay.loadArchives("old");
    expect(rest.error?.toJSON()).toBeUndefined();
    expect(verified).toBe(true);
    const tables = loaded.map(({ table, asText }) => ({ table, asText }));
    expect(tables).toContainEqual({ table: `"archive_2"."Tab ""le"`, asText: ["gone"] });
    expect(await read(`"archive_2"."Tab ""le"`)).toEqual(before.odd);
    expect(await read(`"archive_2".keyed_v`)).toEqual(before.keyed);
    expect(await read(`"archive_2".keyless_v`)).toEqual(before.keyless);
    expect(checked.archives.reduce((sum, { rows }) => sum + rows, 0)).toBe(
      loaded.reduce((sum, { rows }) => sum + rows, 0),
    );
    // The load is Belay's own doing, so the next run sees no drift. And nothing is overwritten.
    expect((await belay.loadArchives("old")).error).toMatchObject({ code: "BELAY_ARCHIVE" });
    const ours = await belay.loadArchives("old", { schema: "belay" });
    expect(ours.error).toMatchObject({ code: "BELAY_SQL_RESERVED" });
    expect((await belay.verify()).verified).toBe(true);
  });

  test("says which columns tell rows apart, and what makes the objects without rows", async () => {
    await using world = await applied(server);
    const { finalized } = await world.belay.finalize({ which: "all", archive: "old" });
    const manifests = await Promise.all(
      (finalized[0]?.archives ?? []).map(async (dir) =>
        JSON.parse(await readFile(join(dir, "manifest.json"), "utf8")),
      ),
    );
    const tables = manifests.flatMap((each) => each.tables);
    expect(tables.find((each) => each.object === "column public.keyed.v")).toMatchObject({
      ...{ name: "keyed_v", key: ["a", "b"], rows: 3 },
      columns: [
        { name: "a", type: "integer" },
        { name: "b", type: "text" },
        { name: "v", type: "numeric" },
      ],
    });
    expect(tables.find((each) => each.object === "column public.keyless.v").key).toBeNull();
    const objects = manifests.flatMap((each) => each.objects);
    const type = objects.find((each) => each.object === "type gone");
    expect(type.sql.join()).toContain("'y z'");
  });

  test("is found damaged where a byte, a file or a row is not as it was; then nothing is loaded", async () => {
    await using world = await applied(server);
    const { belay, db } = world;
    const { finalized } = await belay.finalize({ which: "all", archive: "old" });
    const [dir = ""] = finalized[0]?.archives ?? [];
    const file = join(dir, "1.copy.gz");
    const whole = await readFile(file);
    await appendFile(file, "x");
    expect((await belay.checkArchives(dir)).archives[0]?.damage).toHaveLength(1);
    await writeFile(file, whole.with(whole.length >> 1, (whole[whole.length >> 1] ?? 0) ^ 1));
    expect((await belay.checkArchives(dir)).whole).toBe(false);
    await rm(file);
    expect((await belay.checkArchives(dir)).archives[0]?.damage[0]).toContain("ENOENT");
    expect((await belay.loadArchives("old")).error).toMatchObject({ code: "BELAY_ARCHIVE" });
    expect(await db.query("SELECT FROM pg_namespace WHERE nspname = 'archive_2'")).toEqual([]);
    await expect(belay.checkArchives("nowhere")).rejects.toMatchObject({ code: "BELAY_ARCHIVE" });
  });

  test("cannot be written: nothing is destroyed", async () => {
    await using world = await applied(server);
    const { belay, project } = world;
    await writeFile(join(project.dir, "old"), "a file");
    const { error, finalized } = await belay.finalize({ which: "all", archive: "old" });
    expect(error).toMatchObject({ code: "BELAY_ARCHIVE", exit: 2 });
    expect(finalized).toEqual([]);
    expect(await belay.down()).toMatchObject({ outcome: "done", verified: true, conflicts: [] });
  });

  test.for(["archive-written", "archive-sealed"])(
    "killed at %s, finalize is run again",
    async (at) => {
      await using world = await applied(server);
      const { belay, db, project, read, before } = world;
      const words = ["finalize", "--all", "--archive", "old", "--database-url", db.url];
      const ended = await runBelay(words, { cwd: project.dir, env: { BELAY_CRASH_AT: at } });
      expect(ended.signal).toBe("SIGKILL");
      // Without its name it is no archive; with it, it is whole, and what it holds is still there too.
      const sealed = (await readdir(join(project.dir, "old"))).filter(
        (each) => !each.startsWith("."),
      );
      expect(sealed).toHaveLength(at === "archive-sealed" ? 1 : 0);
      await expect
        .poll(async () => (await belay.finalize({ which: "all", archive: "old" })).error, {
          timeout: 20_000,
        })
        .toBeUndefined();
      const loaded = await runBelay(
        ["archive", "load", "old", "--schema", "Back", "--database-url", db.url],
        { cwd: project.dir },
      );
      expect(loaded.stderr).toBe("");
      expect(loaded.status).toBe(0);
      expect(await read(`"Back"."Tab ""le"`)).toEqual(before.odd);
    },
  );
});
