// What a migration destroys for good is asked about before it happens.

import { expect, test } from "vitest";
import type { RunEvent } from "../src/index.ts";
import { createBelay } from "../src/index.ts";
import { createProject } from "./support/project.ts";
import { createDatabase, forEachServer, type TestServer } from "./support/servers.ts";

// A child without a key: its rows cannot be told apart, so they are not kept.
const base = `CREATE TABLE lines (line text); CREATE TABLE log () INHERITS (lines); INSERT INTO log VALUES ('a'), ('b');
  CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users VALUES (1, 'ada')`;

/** The base is applied; the migration is pending. `ran` lists the statements that were sent. */
async function pending(server: TestServer, sql: string, verbatim = false) {
  const project = await createProject({ "1_base.up.sql": base, "2_it.up.sql": sql });
  const db = await createDatabase(server);
  const ran: string[] = [];
  const belay = createBelay({
    ...{ databaseUrl: db.url, projectDir: project.dir, verbatim },
    report: (event: RunEvent) => void (event.kind === "statement" && ran.push(event.sql)),
  });
  await belay.up({ to: "1" });
  ran.length = 0;
  const release = async () => {
    await db[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
  };
  return { db, belay, ran, [Symbol.asyncDispose]: release };
}

const refused = (state: string, ...objects: string[]) => ({
  outcome: "refused",
  verified: true,
  applied: [],
  error: {
    ...{ code: "BELAY_UP_LOSS", exit: 4, state: expect.stringContaining(state) },
    details: { losses: objects.map((object) => expect.objectContaining({ object })) },
  },
});

const foreseen = "Nothing of it was carried out";

forEachServer("up, of what cannot be kept", (server) => {
  test.for([
    ["UPDATE users SET name = 'b'; UPDATE log SET line = 'c'", "rows of log"],
    ["DELETE FROM log", "rows of log"],
    ["TRUNCATE users, log", "rows of public.log"],
    ["DROP DATABASE template1", "drop-database database template1"],
    ["COPY users TO PROGRAM 'true'", "copy users"],
  ])("%s: refused before it runs", async ([sql = "", object = ""]) => {
    await using world = await pending(server, sql);
    const { belay, ran, db } = world;
    const [next] = (await belay.plan()).migrations;
    expect(next?.destroys?.map((loss) => loss.object)).toEqual([object]);
    const result = await belay.up();
    expect(result).toMatchObject(refused(foreseen, object));
    expect(result.error?.message).toContain(object);
    expect(ran).toEqual([]);
    expect(await db.query("SELECT line FROM log")).toEqual([{ line: "a" }, { line: "b" }]);
    expect((await belay.status()).pending).toBe(1);
  });

  test("goes on when that is accepted, and down tells it again", async () => {
    await using world = await pending(server, "UPDATE log SET line = 'c'");
    const { belay } = world;
    expect((await belay.up()).outcome).toBe("refused");
    expect(await belay.up({ acceptLoss: true })).toMatchObject({
      applied: [{ verdict: "lossy", losses: [{ object: "rows of log" }] }],
    });
    expect((await belay.down()).error).toMatchObject({ code: "BELAY_UNDO_LOSS" });
  });

  test("what only shows when it runs is rolled back", async () => {
    await using world = await pending(
      server,
      "DO $$ BEGIN EXECUTE 'DROP TABLE users'; UPDATE log SET line = 'c'; END $$",
    );
    const { belay, db, ran } = world;
    const result = await belay.up();
    expect(result).toMatchObject(
      refused("Rolled back", "table public.users", "rows of public.log"),
    );
    expect(ran).toHaveLength(1);
    expect(await db.query("SELECT name FROM users")).toEqual([{ name: "ada" }]);
  });

  test("what no rollback takes back does not run at all, and finished steps are taken back", async () => {
    await using world = await pending(
      server,
      "CREATE INDEX CONCURRENTLY log_line ON log (line); DROP DATABASE template1",
    );
    const { belay, db } = world;
    expect(await belay.up()).toMatchObject(
      refused("Rolled back", "drop-database database template1"),
    );
    expect(await db.query("SELECT to_regclass('log_line')::text AS index")).toEqual([
      { index: null },
    ]);
  });

  test("so is what a trigger writes over, and finished steps are taken back", async () => {
    await using world = await pending(
      server,
      `CREATE INDEX CONCURRENTLY users_name ON users (name);
       CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN UPDATE log SET line = upper(line); RETURN NULL; END $$;
       CREATE TRIGGER shout AFTER INSERT ON users EXECUTE FUNCTION shout();
       INSERT INTO users VALUES (2, 'bob')`,
    );
    const { belay, db } = world;
    expect(await belay.up()).toMatchObject(refused("Rolled back", "rows of public.log"));
    expect(
      await db.query("SELECT to_regclass('users_name')::text AS index, count(*)::int FROM users"),
    ).toEqual([{ index: null, count: 1 }]);
    expect((await belay.verify()).verified).toBe(true);
  });

  test.for([
    // Rows that are added can be told apart no more when they are to go, but nothing is destroyed.
    ["INSERT INTO log VALUES ('c')", "lossy"],
    ["COPY log FROM stdin;\nc\n\\.\n", "lossy"],
    // The migration itself makes what it takes to keep them.
    ["ALTER TABLE log ADD COLUMN id serial PRIMARY KEY; UPDATE log SET line = 'c'", "exact"],
    ["CREATE TEMP TABLE t AS SELECT * FROM log; UPDATE t SET line = 'c'; DROP TABLE t", "exact"],
    ["CREATE TABLE log2 (line text); INSERT INTO log2 VALUES ('a'); DELETE FROM log2", "exact"],
    ["ALTER TABLE users DROP COLUMN name; DROP TABLE users", "exact"],
    [
      "CREATE TYPE mood AS ENUM ('sad'); ALTER TABLE users ADD COLUMN mood mood; ALTER TABLE users DROP COLUMN mood; DROP TYPE mood",
      "exact",
    ],
  ])("%s: needs no question", async ([sql, verdict]) => {
    await using world = await pending(server, sql ?? "");
    const { applied, error } = await world.belay.up();
    expect(error?.toJSON()).toBeUndefined();
    expect(applied).toMatchObject([{ verdict }]);
  });

  test("statements run as written have been accepted as such", async () => {
    await using world = await pending(server, "DELETE FROM log; DROP TABLE users", true);
    expect(await world.belay.up()).toMatchObject({ applied: [{ verdict: "lossy" }] });
  });
});
