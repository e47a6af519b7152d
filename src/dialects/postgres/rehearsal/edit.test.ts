import { expect, test } from "vitest";
import { createDatabase, forEachServer } from "../../../../test/support/servers.ts";
import type { EditOptions } from "../../rehearsal.ts";
import { connect } from "../session.ts";
import { edit } from "./edit.ts";
import { fill } from "./fill.ts";

async function editIn(url: string, names: string[], options: Partial<EditOptions> = {}) {
  const session = await connect({ url, applicationName: "test" });
  try {
    const tables = names.map((name) => ({ name }));
    return await edit(session, { seed: 1, updates: 2, deletes: 1, tables, ...options });
  } finally {
    await session.close();
  }
}

async function fillIn(url: string, rows = 8) {
  const session = await connect({ url, applicationName: "test" });
  try {
    await fill(session, { seed: 1, rows });
  } finally {
    await session.close();
  }
}

forEachServer("edit", (server) => {
  test("changes as many rows as asked for, and deletes others", async () => {
    await using db = await createDatabase(server);
    await db.query(`CREATE TABLE t (id serial PRIMARY KEY, s text, n numeric(10,2) NOT NULL DEFAULT 0,
        g text GENERATED ALWAYS AS (upper(s)) STORED, i int GENERATED ALWAYS AS IDENTITY, j jsonb, d timestamptz);
      CREATE TABLE "Odd ""x" ("a b" text, "c'd" numeric, v bool NOT NULL, PRIMARY KEY ("a b", "c'd"));
      CREATE TABLE by_unique (code text NOT NULL UNIQUE, label text UNIQUE)`);
    await fillIn(db.url, 20);
    for (const [name, key] of [
      ["public.t", "id"],
      ['public."Odd ""x"', `"a b", "c'd"`],
      ["public.by_unique", "code"],
    ] as const) {
      await db.query(`CREATE TABLE was AS SELECT * FROM ${name}`);
      const edited = await editIn(db.url, [name], { updates: 5, deletes: 3 });
      expect(edited).toEqual([{ table: name, updated: 5, deleted: 3 }]);
      const changed = `SELECT count(*)::int AS n FROM ${name} t JOIN was w USING (${key})
        WHERE t::text IS DISTINCT FROM w::text`;
      expect(await db.query(changed)).toEqual([{ n: 5 }]);
      expect(await db.query(`SELECT count(*)::int AS n FROM ${name}`)).toEqual([{ n: 17 }]);
      await db.query("DROP TABLE was");
    }
  });

  test("keeps checks, foreign keys and hierarchies", async () => {
    await using db = await createDatabase(server);
    await db.query(`CREATE TABLE p (id int PRIMARY KEY, kind text NOT NULL CHECK (kind IN ('a', 'b', 'c')));
      CREATE TABLE c (id int PRIMARY KEY, p int NOT NULL REFERENCES p, low int NOT NULL, high int NOT NULL,
        CHECK (low < high), slug text UNIQUE CHECK (slug ~ '^[a-z]{3}\\d+$'));
      CREATE TABLE link (id int PRIMARY KEY, p int REFERENCES p);
      CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree)`);
    await fillIn(db.url);
    await db.query("CREATE TABLE was AS SELECT * FROM link");
    const edited = await editIn(db.url, ["public.tree", "public.p", "public.c", "public.link"]);
    expect(edited).toEqual([
      { table: "public.tree", updated: 0, deleted: 1, why: expect.stringContaining("no column") },
      { table: "public.p", updated: 2, deleted: 1 },
      { table: "public.c", updated: 2, deleted: 1 },
      // It has nothing but its foreign key to change.
      { table: "public.link", updated: 2, deleted: 1 },
    ]);
  });

  test("says why it could not", async () => {
    await using db = await createDatabase(server);
    await db.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not with me'; END $$;
      CREATE TABLE keyless (a int, b int UNIQUE); CREATE TABLE empty (a int PRIMARY KEY, b int);
      CREATE TABLE refused (a int PRIMARY KEY, b int); INSERT INTO refused SELECT n, n FROM generate_series(1, 9) n;
      CREATE TRIGGER t BEFORE UPDATE OR DELETE ON refused FOR EACH ROW EXECUTE FUNCTION refuse();
      CREATE TABLE parent (a int PRIMARY KEY, b int); CREATE TABLE child (a int REFERENCES parent);
      INSERT INTO parent VALUES (1, 1), (2, 2); INSERT INTO child VALUES (1), (2)`);
    const names = ["keyless", "empty", "refused", "parent", "gone"].map((name) => `public.${name}`);
    expect(await editIn(db.url, names)).toEqual([
      { table: names[0], updated: 0, deleted: 0, why: expect.stringContaining("no key") },
      { table: names[1], updated: 0, deleted: 0, why: "it has no more rows" },
      { table: names[2], updated: 0, deleted: 0, why: expect.stringContaining("not with me") },
      // Rows that cannot be deleted are updated all the same.
      { table: names[3], updated: 2, deleted: 0, why: expect.stringContaining("foreign key") },
      { table: names[4], updated: 0, deleted: 0, why: "it is not there" },
    ]);
    expect(await editIn(db.url, ["public.parent"], { updates: 0 })).toEqual([
      {
        table: "public.parent",
        updated: 0,
        deleted: 0,
        why: expect.stringContaining("foreign key"),
      },
    ]);
  });

  test("the same seed does the same", async () => {
    const states: unknown[] = [];
    for (const seed of [1, 1, 2]) {
      await using db = await createDatabase(server);
      await db.query(
        "CREATE TABLE t (id int PRIMARY KEY, a text, b numeric, c timestamptz DEFAULT now())",
      );
      await fillIn(db.url);
      await editIn(db.url, ["public.t"], { seed });
      states.push(await db.query("SELECT * FROM t ORDER BY id"));
    }
    expect(states[0]).toEqual(states[1]);
    expect(states[0]).not.toEqual(states[2]);
  });

  test("a lost connection is thrown", async () => {
    await using db = await createDatabase(server);
    await db.query("CREATE TABLE t (a int PRIMARY KEY)");
    const session = await connect({ url: db.url, applicationName: "test" });
    session.destroy();
    const options = { seed: 1, updates: 1, deletes: 1, tables: [{ name: "public.t" }] };
    await expect(edit(session, options)).rejects.toThrow(/connection/i);
  });
});
