import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { psql } from "../../../../test/support/clients.ts";
import { forEachCorpus } from "../../../../test/support/corpora.ts";
import {
  createDatabase,
  forEachServer,
  majorOf,
  servers,
} from "../../../../test/support/servers.ts";
import { inWordsOf } from "../../../../test/support/versions.ts";
import {
  type Catalog,
  describeDifference,
  differences,
  equalObjects,
} from "../../../core/catalog.ts";
import type { Session } from "../../dialect.ts";
import { connect } from "../session.ts";
import { extractCatalog } from "./extract.ts";
import { setup as hidingSetup, cases as hidings, shelf } from "./hidden.test-data.ts";
import { readWhole, setup, statements } from "./observe.test-data.ts";
import { markObservation, observe, type Seen } from "./observe.ts";

async function openSession(url: string) {
  const session = await connect({ url, applicationName: "test" });
  return Object.assign(session, { [Symbol.asyncDispose]: () => session.close() });
}

/** Facts, and what is kept beside them to find things by. */
function expectSame(kept: Catalog, actual: Catalog, what: string) {
  expect(differences(kept, actual).map(describeDifference), what).toEqual([]);
  const rest = (catalog: Catalog) =>
    new Map([...catalog].map(([identity, { parts, storage }]) => [identity, { parts, storage }]));
  expect(rest(kept), what).toEqual(rest(actual));
}

async function inTransaction(
  session: Session,
  before: Catalog,
  sql: string,
  columnGrants = true,
): Promise<Seen> {
  await session.run("begin");
  const mark = await markObservation(session);
  await session.run(sql);
  const seen = await observe(session, mark, before, { columnGrants });
  await session.run("commit");
  return seen;
}

forEachServer("observe", (server) => {
  test("keeps the catalog true through every kind of statement", async () => {
    await using db = await createDatabase(server);
    await using session = await openSession(db.url);
    await session.run(setup);
    let catalog = await extractCatalog(session);
    const full: string[] = [];
    for (const statement of statements) {
      const seen = await inTransaction(session, catalog, inWordsOf(server, statement));
      if (seen.full) full.push(statement);
      const actual = await extractCatalog(session);
      expectSame(seen.catalog, actual, statement);
      // One made anew that looks the same is told too: it has other rows.
      const differs = seen.changed.filter(
        ({ before, after }) => !before || !after || !equalObjects(before, after),
      );
      const told = new Set(differs.map((change) => (change.before ?? change.after)?.name));
      const differing = new Set(differences(catalog, actual).map((each) => each.object));
      expect(told, statement).toEqual(differing);
      catalog = seen.catalog;
    }
    // Before 15 a session cannot hand its counts over: those of one statement may be there at the next.
    const whole = majorOf(server) < 15 ? full.filter((each) => readWhole.includes(each)) : full;
    expect(whole).toEqual(readWhole);
  });

  test("keeps it true when things are hidden for an undo, and shown again", async () => {
    await using db = await createDatabase(server);
    await using session = await openSession(db.url);
    await session.run(inWordsOf(server, hidingSetup));
    let catalog = await extractCatalog(session);
    const full: string[] = [];
    const capture = `${shelf}.capture() returns trigger language plpgsql as 'begin return null; end'`;
    const statements = [
      ...hidings.flatMap(({ hide, show }) => [hide, show]),
      // Again, among what the counters take for new objects.
      ...hidings.flatMap(({ hide, show }) => [
        hide,
        `create function fresh() returns int return 1; ${show}; drop function fresh()`,
      ]),
      `create function ${capture}`,
      `create trigger capture after update on people for each row execute function ${shelf}.capture()`,
      "drop trigger capture on people",
      `create trigger capture after update on people for each row execute function ${shelf}.capture()`,
      `alter function ${shelf}.capture() set schema public`,
      `alter function capture() set schema ${shelf}`,
      `drop function ${shelf}.capture() cascade`,
      `alter table orders set schema ${shelf}; insert into ${shelf}.orders (who) values (1)`,
      `update ${shelf}.orders set who = 2`,
      `alter table ${shelf}.orders set schema public`,
    ];
    for (const statement of statements) {
      const seen = await inTransaction(session, catalog, statement);
      if (seen.full) full.push(statement);
      const actual = await extractCatalog(session);
      expectSame(seen.catalog, actual, statement);
      expect(seen.rows, statement).toEqual([]);
      catalog = seen.catalog;
    }
    const schema = /^alter schema|alter schema belay_shelf_00000000/;
    expect(full.filter((statement) => !schema.test(statement))).toEqual([]);
  });

  test("forgets what was rolled back", async () => {
    await using db = await createDatabase(server);
    await using session = await openSession(db.url);
    await session.run(setup);
    const before = await extractCatalog(session);
    await session.run("begin");
    await markObservation(session);
    await session.run(
      "create table lost (a int); drop table orders; insert into users (email) values ('a')",
    );
    await session.run("rollback");
    const seen = await inTransaction(session, before, "create table kept (a int)");
    expect(seen.changed.map((change) => change.after?.name)).toEqual(["table public.kept"]);
    expect(seen.rows).toEqual([]);
    expectSame(seen.catalog, await extractCatalog(session), "after a rollback");
  });

  test("leaves alone what other sessions do", async () => {
    await using db = await createDatabase(server);
    await using session = await openSession(db.url);
    const before = await extractCatalog(session);
    await session.run("begin; create table mine (a int)");
    const mark = await markObservation(session);
    await db.query("create table theirs (a int)");
    const seen = await observe(session, mark, before);
    expect(seen.changed.map((change) => change.after?.name)).toEqual(["table public.mine"]);
    await session.run("commit");
  });

  test("changes no setting, and works in a transaction that has set some", async () => {
    await using db = await createDatabase(server);
    await using session = await openSession(db.url);
    await session.run("create schema app; set search_path = app; set timezone = 'Asia/Tokyo'");
    const before = await extractCatalog(session);
    const settings = () =>
      session.query("select name, setting from pg_settings where source = 'session' order by 1");
    const was = await settings();
    const seen = await inTransaction(
      session,
      before,
      "set local datestyle = 'SQL'; create table t (a timestamptz default '2020-01-01 00:00+00')",
    );
    expect(seen.catalog.size).toBe(before.size + 1);
    expect(await settings()).toEqual(was);
  });
});

forEachServer("rows", (server) => {
  const none = { inserted: 0, updated: 0, deleted: 0, rewritten: false };
  const cases: [string, string, Partial<typeof none & { table: string }>[]][] = [
    ["nothing", "select * from users", []],
    [
      "plain statements",
      "insert into users (email) select 'm' || i from generate_series(1, 5) i; update users set bio = '' where id < 3; delete from users where id = 5",
      [{ table: "public.users", inserted: 5, updated: 2, deleted: 1 }],
    ],
    [
      "a DO block and a savepoint",
      "do $$ begin insert into users (email) values ('x'); begin insert into orders (user_id) values (1); exception when others then null; end; end $$; savepoint a; update users set bio = 'b' where id = 1; release a",
      [
        { table: "public.users", inserted: 1, updated: 1 },
        { table: "public.orders", inserted: 1 },
      ],
    ],
    [
      "a cascade",
      "insert into orders (user_id) values (2); delete from users where id = 2",
      [
        { table: "public.users", deleted: 1 },
        { table: "public.orders", inserted: 1, deleted: 1 },
      ],
    ],
    [
      "a trigger",
      "create function log() returns trigger language plpgsql as $$ begin insert into audit values (1); return new; end $$; create trigger log after insert on users for each row execute function log(); insert into users (email) values ('y')",
      [
        { table: "public.users", inserted: 1 },
        { table: "public.audit", inserted: 1 },
      ],
    ],
    ["TRUNCATE", "truncate audit", [{ table: "public.audit", rewritten: true }]],
    [
      "a rewriting ALTER TABLE",
      "alter table audit alter a type text",
      [{ table: "public.audit", rewritten: true }],
    ],
    ["an ALTER TABLE that rewrites nothing", "alter table audit add b int default 5", []],
    [
      "partitions",
      "insert into parted values (1), (11)",
      [
        { table: "public.part1", inserted: 1 },
        { table: "public.part2", inserted: 1 },
      ],
    ],
    ["a temporary table", "create temp table t (a int); insert into t values (1)", []],
    ["Belay's own tables", "insert into belay.journal values (1)", []],
    [
      "a table of the same transaction",
      "create table fresh (a int); insert into fresh values (1)",
      [{ table: "public.fresh", inserted: 1 }],
    ],
    [
      "a COPY-like bulk of rows",
      "insert into audit select 'a' from generate_series(1, 1000)",
      [{ table: "public.audit", inserted: 1000 }],
    ],
  ];
  test("are counted per transaction, whatever changed them", async () => {
    await using db = await createDatabase(server);
    await using session = await openSession(db.url);
    await session.run(
      `${setup}; create table audit (a int); create schema belay; create table belay.journal (a int)`,
    );
    let catalog = await extractCatalog(session);
    for (const [what, sql, expected] of cases) {
      const seen = await inTransaction(session, catalog, sql);
      const rows = seen.rows
        .map(({ aliases: _, identities: __, ...row }) => row)
        .sort((a, b) => (a.table < b.table ? 1 : -1));
      expect(rows, what).toEqual(
        expected
          .map((each) => ({ ...none, ...each }))
          .sort((a, b) => (a.table! < b.table! ? 1 : -1)),
      );
      catalog = seen.catalog;
    }
  });

  test("of earlier transactions do not count, observed or not", async () => {
    await using db = await createDatabase(server);
    await using session = await openSession(db.url);
    await session.run(setup);
    await session.run("insert into users (email) values ('a')");
    await session.run("begin");
    const mark = await markObservation(session);
    await session.run("insert into users (email) values ('b')");
    const seen = await observe(session, mark, new Map());
    expect(seen.rows).toMatchObject([{ ...none, table: "public.users", inserted: 1 }]);
    await session.run("commit");
  });
});

forEachCorpus("observe", (corpus) => {
  test("keeps the catalog true through all migrations", async () => {
    await using db = await createDatabase(servers[0]!);
    await using session = await openSession(db.url);
    let catalog = await extractCatalog(session);
    let fulls = 0;
    for (const [number, migration] of corpus.migrations.entries()) {
      const sql = readFileSync(migration.up, "utf8");
      if (migration.noTransaction) {
        await psql(db.url, { file: migration.up });
        catalog = await extractCatalog(session);
        continue;
      }
      const seen = await inTransaction(session, catalog, sql, /\b(grant|revoke)\b/i.test(sql));
      if (seen.full) fulls++;
      catalog = seen.catalog;
      if (number < 20 || number % 5 === 0 || number === corpus.migrations.length - 1) {
        expectSame(catalog, await extractCatalog(session), migration.base);
      }
      await session.run("reset all");
    }
    expect(fulls, "how often everything had to be read").toBeLessThan(
      corpus.migrations.length / 10 + 2,
    );
  });
});
