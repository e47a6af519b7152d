// The undo window on real servers: what a migration destroys is kept, applications go on writing,
// and the rollback brings everything back, with what they wrote.

import { expect, test } from "vitest";
import { createBelay } from "../src/index.ts";
import { forEachServer } from "./support/servers.ts";
import { base, world } from "./support/window-world.ts";

forEachServer("the undo window", (server) => {
  test("brings dropped columns and tables back, and keeps what was written since", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": base,
      "2_drop.up.sql": `ALTER TABLE users DROP COLUMN nick, ADD COLUMN nick int, DROP COLUMN org;
        DROP TABLE audit CASCADE;`,
    });
    await using _p = project;
    await using _d = db;
    await belay.up({ to: "1" });
    const before = await db.query("SELECT id, email, nick, org, age FROM users ORDER BY id");
    const audit = await db.query("SELECT * FROM audit ORDER BY id");
    const applied = await belay.up();
    expect(applied).toMatchObject({ verified: true, applied: [{ verdict: "exact" }] });
    expect(await db.query("SELECT to_regclass('audit')::text AS t")).toEqual([{ t: null }]);
    await db.query(`UPDATE users SET email = 'changed', nick = 7 WHERE id = 1; DELETE FROM users WHERE id = 2;
      INSERT INTO users (email, age, nick) VALUES ('new', 9, 3)`);
    const [, status] = (await belay.status()).migrations;
    expect(status).toMatchObject({ undo: { possible: true, verdict: "exact" } });
    expect(status?.undo.until).toMatch(/^20/);
    expect(status?.kept.objects.toSorted()).toEqual([
      "column public.users.nick",
      "column public.users.org",
      "table audit",
    ]);

    const undone = await belay.down();
    expect(undone.error).toBeUndefined();
    const [first, , ...others] = before;
    expect(await db.query("SELECT id, email, nick, org, age FROM users ORDER BY id")).toEqual([
      { ...first, email: "changed" },
      ...others,
      { id: 6, email: "new", nick: "none", org: null, age: 9 },
    ]);
    expect(await db.query("SELECT * FROM audit ORDER BY id")).toEqual(audit);
    // The row that audit points to was deleted meanwhile: the key says so, and holds for later rows.
    expect(undone.conflicts).toMatchObject([
      { target: "public.audit", resolution: expect.stringContaining("NOT VALID") },
    ]);

    // Up again: the values of the column that went with the rollback are there once more.
    expect((await belay.up()).error).toBeUndefined();
    expect(await db.query("SELECT nick FROM users WHERE id IN (1, 6) ORDER BY id")).toEqual([
      { nick: 7 },
      { nick: 3 },
    ]);
  });

  test("merges rows back cell by cell; what both sides changed is a conflict, and the newer stays", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": base,
      "2_rows.up.sql": `UPDATE users SET nick = upper(nick), age = age + 1;
        DELETE FROM users WHERE id = 5; INSERT INTO org VALUES (3);
        DO $$ BEGIN UPDATE org SET id = id + 10 WHERE id = 2; END $$;
        TRUNCATE audit;`,
    });
    await using _p = project;
    await using _d = db;
    await belay.up({ to: "1" });
    const users = await db.query("SELECT * FROM users ORDER BY id");
    const audit = await db.query("SELECT * FROM audit ORDER BY id");
    expect(await belay.up()).toMatchObject({ applied: [{ verdict: "exact" }], verified: true });
    await db.query(`UPDATE users SET nick = 'mine' WHERE id = 1; UPDATE users SET email = 'mine' WHERE id = 2;
      INSERT INTO audit (user_id, what) VALUES (1, 'since')`);
    const undone = await belay.down();
    expect(undone).toMatchObject({ outcome: "done", verified: true });
    expect(undone.conflicts).toMatchObject([
      { target: "public.users", key: { id: 1 }, columns: ["nick"], theirs: { nick: "n1" } },
    ]);
    expect(await db.query("SELECT * FROM users ORDER BY id")).toEqual([
      { ...users[0], nick: "mine" },
      { ...users[1], email: "mine" },
      ...users.slice(2),
    ]);
    expect(await db.query("SELECT * FROM audit ORDER BY id")).toEqual([
      ...audit,
      { id: 6, user_id: 1, what: "since" },
    ]);
    expect(await db.query("SELECT id FROM org ORDER BY 1")).toEqual([{ id: 1 }, { id: 2 }]);
  });

  test("tells of a conflict in numbers as they are, digit by digit", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE t (id bigint PRIMARY KEY, price numeric, doc jsonb);
        INSERT INTO t VALUES (9007199254740993, 1.10, '[1, 1.0]')`,
      "2_change.up.sql": "UPDATE t SET price = 2.00, doc = '2.50'",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    await db.query("UPDATE t SET price = 123456789012345678901.50, doc = '3'");
    const { conflicts } = await belay.down();
    expect(conflicts).toMatchObject([
      {
        key: { id: "9007199254740993" },
        base: { price: "2.00", doc: "2.50" },
        theirs: { price: "1.10", doc: [1, "1.0"] },
        ours: { price: "123456789012345678901.50", doc: 3 },
      },
    ]);
  });

  test("restores over what was written since where that is wanted, or parks it", async () => {
    const world2 = () =>
      world(server, {
        "1_base.up.sql": `CREATE TABLE t (id int PRIMARY KEY, a text, b text);
          INSERT INTO t VALUES (1, 'a1', 'b1'), (2, 'a2', 'b2'), (3, 'a3', 'b3'), (4, 'a4', 'b4')`,
        "2_rows.up.sql": `UPDATE t SET a = 'new' WHERE id < 3; DELETE FROM t WHERE id = 3;
          INSERT INTO t VALUES (9, 'a9', 'b9'); DELETE FROM t WHERE id = 4;`,
      });
    const since = `UPDATE t SET a = 'mine', b = 'mine' WHERE id = 1; DELETE FROM t WHERE id = 2;
      INSERT INTO t VALUES (3, 'mine', 'mine'); UPDATE t SET b = 'mine' WHERE id = 9`;
    const outcomes = {
      restore: {
        rows: ["1 a1 mine", "3 a3 b3", "4 a4 b4"],
        told: ["1 restored", "2 kept newer", "3 restored", "9 restored"],
      },
      park: {
        rows: ["1 mine mine", "3 mine mine", "4 a4 b4", "9 a9 mine"],
        told: ["1 parked", "2 parked", "3 parked", "9 parked"],
      },
    };
    for (const [policy, { rows, told }] of Object.entries(outcomes)) {
      const { db, belay, project } = await world2();
      await using _p = project;
      await using _d = db;
      await belay.up();
      await db.query(since);
      const undone = await belay.down({ onConflict: policy as "restore" | "park" });
      expect(undone.error).toBeUndefined();
      const lines = undone.conflicts.map(
        ({ key, resolution }) => `${(key as { id: number }).id} ${resolution}`,
      );
      expect(lines.toSorted()).toEqual(told);
      const left = await db.query("SELECT concat_ws(' ', id, a, b) AS row FROM t ORDER BY id");
      expect(left.map(({ row }) => row)).toEqual(rows);
      const [one] = undone.conflicts.filter((each) => (each.key as { id: number }).id === 1);
      expect(one).toMatchObject({ base: { a: "new" }, theirs: { a: "a1" }, ours: { a: "mine" } });
    }
  });

  test("ends with finalize, which leaves what the statements say and nothing of ours", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": base,
      "2_drop.up.sql": `ALTER TABLE users DROP COLUMN nick; DROP TABLE audit CASCADE;
        UPDATE users SET age = age + 1;`,
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    expect(await belay.finalize({ which: "expired" })).toMatchObject({ finalized: [] });
    const { finalized, verified } = await belay.finalize({ which: { version: "2" } });
    expect(verified).toBe(true);
    expect(finalized[0]?.destroyed.toSorted()).toContain("table audit");
    const left =
      await db.query(`SELECT nspname AS name FROM pg_namespace WHERE nspname ~ '^belay_shelf'
      UNION ALL SELECT attname FROM pg_attribute WHERE attname ~ '^belay_' AND NOT attisdropped`);
    expect(left).toEqual([]);
    expect((await belay.down()).error).toMatchObject({ code: "BELAY_UNDO_NONE" });
    expect((await belay.status()).migrations[1]?.undo.possible).toBe(false);
  });

  test("is gone back through last first; one that others came after is refused, and they are named", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": base,
      "2_nick.up.sql": "ALTER TABLE users DROP COLUMN nick",
      "3_audit.up.sql": "DROP TABLE audit CASCADE",
    });
    await using _p = project;
    await using _d = db;
    await belay.up();
    const { migrations } = await belay.status();
    expect(migrations.map(({ undo }) => undo.after)).toEqual([["3", "2"], ["3"], []]);
    expect((await belay.down({ target: { only: "2" } })).error).toMatchObject({
      ...{ code: "BELAY_UNDO_ORDER", exit: 4 },
      details: { version: "2", after: ["3"] },
    });
    expect((await belay.down({ target: { only: "9" } })).error?.code).toBe("BELAY_VERSION_UNKNOWN");
    expect((await belay.down({ target: { only: "3" } })).undone).toMatchObject([{ version: "3" }]);
    expect((await belay.down({ target: { only: "2" } })).undone).toMatchObject([{ version: "2" }]);
  });

  test("is not opened with verbatim, and down then says what is lost", async () => {
    const { db, project } = await world(server, {
      "1_base.up.sql": base,
      "2_drop.up.sql": "ALTER TABLE users DROP COLUMN nick",
    });
    await using _p = project;
    await using _d = db;
    const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir, verbatim: true });
    expect((await belay.up()).applied.at(-1)).toMatchObject({ verdict: "lossy" });
    expect((await belay.down()).error).toMatchObject({ code: "BELAY_UNDO_LOSS" });
  });

  test("what was dropped for good keeps nothing else from being taken back", async () => {
    const { db, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE gone (id int, a text); CREATE TABLE t (id int); CREATE SCHEMA s; CREATE TABLE s.t (id int)`,
      "2_change.up.sql": `ALTER TABLE t ADD b int; ALTER TABLE gone ADD b int, ALTER a SET NOT NULL; CREATE INDEX i ON gone (a);
        ALTER TABLE s.t RENAME id TO no; COMMENT ON TABLE gone IS 'x'; DROP TABLE gone; DROP SCHEMA s CASCADE; ALTER TABLE t ADD c int`,
    });
    await using _p = project;
    await using _d = db;
    const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir, verbatim: true });
    expect((await belay.up({ acceptLoss: true })).applied.at(-1)).toMatchObject({
      verdict: "lossy",
    });
    const { error, undone } = await belay.down({ acceptLoss: true });
    expect([error, undone]).toMatchObject([undefined, [{ version: "2" }]]);
    expect(undone[0]?.residual).toContain("table public.gone is gone");
    expect(
      await db.query(
        "SELECT attname::text AS name FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0 AND NOT attisdropped",
      ),
    ).toEqual([{ name: "id" }]);
  });

  test("nor is anything thrown away that is kept, where it cannot be put back", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE t (id int PRIMARY KEY, a int, b int); INSERT INTO t VALUES (1, 1, 1), (2, 2, 2);
        CREATE TABLE parent (id int); CREATE TABLE c (id int PRIMARY KEY) INHERITS (parent)`,
      "2_change.up.sql": `ALTER TABLE c ADD d int; DELETE FROM t WHERE id = 1; UPDATE t SET a = a + 100; DROP TABLE c`,
    });
    await using _p = project;
    await using _d = db;
    await belay.up({ acceptLoss: true });
    await db.query("ALTER TABLE t DROP COLUMN b");
    const shelves = () =>
      db.query("SELECT nspname FROM pg_namespace WHERE nspname ~ '^belay_shelf' ORDER BY 1");
    const before = await shelves();
    const { error } = await belay.down({ acceptLoss: true, allowDrift: true });
    expect(error).toMatchObject({ code: "BELAY_STATEMENT" });
    expect(await shelves()).toEqual(before);
    await db.query("ALTER TABLE t ADD COLUMN b int");
    expect((await belay.down({ acceptLoss: true, allowDrift: true })).error).toBeUndefined();
    expect(await db.query("SELECT id, a FROM t ORDER BY id")).toEqual([
      { id: 1, a: 1 },
      { id: 2, a: 2 },
    ]);
  });

  test("a type change keeps the values that the new type does not", async () => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `CREATE TABLE price (id int PRIMARY KEY, value numeric NOT NULL);
        INSERT INTO price VALUES (1, 1.25), (2, 7), (3, 9.99)`,
      "2_round.up.sql": "ALTER TABLE price ALTER COLUMN value TYPE int",
    });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).applied.at(-1)).toMatchObject({ verdict: "exact" });
    await db.query("UPDATE price SET value = 8 WHERE id = 2; INSERT INTO price VALUES (4, 4)");
    expect(await belay.down()).toMatchObject({ outcome: "done", verified: true, conflicts: [] });
    expect(await db.query("SELECT value::text FROM price ORDER BY id")).toEqual(
      ["1.25", "8", "9.99", "4"].map((value) => ({ value })),
    );
  });
});

forEachServer("a role that may not create schemas", (server) => {
  test("keeps nothing, and says so", async () => {
    const { db, project } = await world(server, {
      "1_base.up.sql": "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 1)",
      "2_drop.up.sql": "ALTER TABLE t DROP COLUMN a",
    });
    await using _p = project;
    await using _d = db;
    await db.query(`CREATE ROLE keeps_nothing LOGIN PASSWORD 'x' IN ROLE pg_read_all_stats`);
    const [name] = await db.query("SELECT current_database() AS name");
    await db.query(`GRANT CREATE ON DATABASE "${name?.name}" TO keeps_nothing;
      GRANT CREATE ON SCHEMA public TO keeps_nothing`);
    const url = new URL(db.url);
    [url.username, url.password] = ["keeps_nothing", "x"];
    const notes: string[] = [];
    const belay = createBelay({
      ...{ databaseUrl: url.href, projectDir: project.dir },
      report: (event) => event.kind === "note" && notes.push(event.message),
    });
    expect((await belay.up({ to: "1" })).error).toBeUndefined();
    await db.query(`REVOKE CREATE ON DATABASE "${name?.name}" FROM keeps_nothing`);
    expect((await belay.up({ allowDrift: true })).error).toMatchObject({ code: "BELAY_UP_LOSS" });
    const { applied, error } = await belay.up({ allowDrift: true, acceptLoss: true });
    expect(error?.toJSON()).toBeUndefined();
    expect(applied).toMatchObject([{ verdict: "lossy" }]);
    expect(notes.slice(1)).toEqual([expect.stringContaining("Nothing is kept")]);
    await db.query("DROP OWNED BY keeps_nothing CASCADE; DROP ROLE keeps_nothing");
  });
});
