// Ending undo windows on real servers: shelf by shelf, so that a death in between loses nothing.

import { expect, test } from "vitest";
import { createBelay } from "../src/index.ts";
import { runBelay } from "./support/belay.ts";
import { createProject } from "./support/project.ts";
import { createDatabase, forEachServer, type TestServer } from "./support/servers.ts";

async function applied(server: TestServer, files: Record<string, string>) {
  const project = await createProject(files);
  const db = await createDatabase(server);
  const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
  expect((await belay.up()).error?.toJSON()).toBeUndefined();
  const kept = () =>
    db.query(`SELECT nspname AS name FROM pg_namespace WHERE nspname ~ '^belay_shelf'
    UNION ALL SELECT attname FROM pg_attribute WHERE attname ~ '^belay_' AND NOT attisdropped`);
  const release = async () => {
    await db[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
  };
  return { db, belay, project, kept, [Symbol.asyncDispose]: release };
}

const base = `CREATE TYPE mood AS ENUM ('sad', 'glad');
  CREATE TABLE users (id int PRIMARY KEY, name text, mood mood, nick text);
  CREATE TABLE pets (id int PRIMARY KEY, owner int REFERENCES users);
  INSERT INTO users VALUES (1, 'ada', 'glad', 'a'); INSERT INTO pets VALUES (1, 1);`;

forEachServer("finalize", (server) => {
  test("refuses while something made since depends on what is kept, and names it", async () => {
    await using world = await applied(server, {
      "1_base.up.sql": base,
      "2_nick.up.sql": "ALTER TABLE users DROP COLUMN nick",
      "3_pets.up.sql": "DROP TABLE pets",
      "4_all.up.sql": "CREATE VIEW everybody AS SELECT * FROM users",
    });
    const { belay, db, kept } = world;
    const { error, outcome, finalized } = await belay.finalize({ which: "all" });
    expect(outcome).toBe("refused");
    expect(error).toMatchObject({ code: "BELAY_SHELF_IN_USE", exit: 4 });
    expect(error?.message).toContain("view public.everybody");
    expect(error?.details.used).toEqual([
      { object: "column public.users.nick", by: ["view public.everybody"] },
    ]);
    // What nothing depends on has ended, and is told.
    expect(finalized).toMatchObject([{ version: "3", destroyed: ["table pets"] }]);
    await db.query("DROP VIEW everybody");
    expect(await belay.finalize({ which: { version: "2" }, allowDrift: true })).toMatchObject({
      finalized: [{ version: "2" }],
      verified: true,
    });
    expect(await kept()).toEqual([]);
  });

  test("ends windows that stand on each other, whichever is older", async () => {
    await using world = await applied(server, {
      "1_base.up.sql": base,
      "2_mood.up.sql": "ALTER TABLE users DROP COLUMN mood; DROP TYPE mood; DROP TABLE pets;",
      "3_users.up.sql": "UPDATE users SET name = upper(name); DROP TABLE users",
    });
    const { belay, kept } = world;
    const { error, finalized, verified } = await belay.finalize({ which: "all" });
    expect(error?.toJSON()).toBeUndefined();
    expect(verified).toBe(true);
    expect(finalized.map(({ version }) => version)).toEqual(["2", "3"]);
    expect(await kept()).toEqual([]);
  });

  test.each([
    [
      "partitioned tables",
      `CREATE TABLE log (id serial PRIMARY KEY, at date) PARTITION BY HASH (id);
        CREATE TABLE log_0 PARTITION OF log FOR VALUES WITH (MODULUS 1, REMAINDER 0) PARTITION BY LIST (id);
        CREATE TABLE log_0_0 PARTITION OF log_0 DEFAULT; INSERT INTO log VALUES (1)`,
      "DROP TABLE log",
      ["table log"],
    ],
    [
      "text search configurations, with their dictionaries",
      `CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = simple); CREATE TEXT SEARCH CONFIGURATION search (COPY = simple);
        ALTER TEXT SEARCH CONFIGURATION search ALTER MAPPING REPLACE simple WITH words;
        CREATE TABLE docs (body text); CREATE INDEX ON docs (to_tsvector('search', body))`,
      "DROP TABLE docs; DROP TEXT SEARCH CONFIGURATION search; DROP TEXT SEARCH DICTIONARY words",
      ["table docs", "text search configuration search", "text search dictionary words"],
    ],
    [
      "types and functions that stand on each other",
      `CREATE DOMAIN a AS text; CREATE DOMAIN b AS a; CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END;
        CREATE FUNCTION g(b) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT f(); END;
        CREATE TABLE uses (a a, b b, CHECK (g(b) = f()))`,
      "DROP TABLE uses; DROP FUNCTION f, g; DROP DOMAIN a, b",
      ["table uses", "function f()", "function g(b)", "type a", "type b"],
    ],
  ])("destroys %s", async (_, made, dropped, destroyed) => {
    await using world = await applied(server, { "1_base.up.sql": made, "2_drop.up.sql": dropped });
    const { belay, kept } = world;
    const listed = (await belay.status()).migrations.at(-1)?.kept;
    expect(listed?.objects.toSorted()).toEqual(destroyed.toSorted());
    expect(listed?.bytes).toBeGreaterThan(0);
    const { error, finalized } = await belay.finalize({ which: "all" });
    expect(error?.toJSON()).toBeUndefined();
    expect(finalized.map((each) => each.destroyed.toSorted())).toEqual([destroyed.toSorted()]);
    expect(await kept()).toEqual([]);
  });

  test("killed between two shelves, it is simply run again", async () => {
    await using world = await applied(server, {
      "1_base.up.sql": base,
      "2_drops.up.sql": "ALTER TABLE users DROP COLUMN nick; DROP TABLE pets; DELETE FROM users",
    });
    const { belay, db, project, kept } = world;
    const [, before] = (await belay.status()).migrations;
    const all = before?.kept.objects.length ?? 0;
    const ended = await runBelay(["finalize", "2", "--database-url", db.url], {
      cwd: project.dir,
      env: { BELAY_CRASH_AT: "step-committed:1" },
    });
    expect(ended.signal).toBe("SIGKILL");
    const [, between] = (await belay.status()).migrations;
    expect(between?.kept.objects.length).toBeLessThan(all);
    expect(between?.kept.objects.length).toBeGreaterThan(0);
    expect(between?.undo.possible).toBe(false);
    await expect
      .poll(async () => (await belay.finalize({ which: "all" })).error, { timeout: 20_000 })
      .toBeUndefined();
    expect(await kept()).toEqual([]);
    expect((await belay.verify()).verified).toBe(true);
  });
});
