import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { clientsMissing, pgDump, psql } from "../../../../test/support/clients.ts";
import { createDatabase, forEachServer } from "../../../../test/support/servers.ts";
import { inWordsOf } from "../../../../test/support/versions.ts";
import {
  type Catalog,
  describeDifference,
  differences,
  fingerprintOf,
} from "../../../core/catalog.ts";
import { connect } from "../session.ts";
import { extractCatalog } from "./extract.ts";

const everything = readFileSync(join(import.meta.dirname, "everything.sql"), "utf8");

function object(catalog: Catalog, name: string) {
  return [...catalog.values()].find((each) => each.name === name)?.facts;
}

forEachServer("extract", (server) => {
  async function openSession(url: string) {
    const session = await connect({ url, applicationName: "test" });
    return Object.assign(session, { [Symbol.asyncDispose]: () => session.close() });
  }

  test("reads everything, the same way in any session", async () => {
    await using db = await createDatabase(server);
    await db.query(inWordsOf(server, everything));
    await using session = await openSession(db.url);
    try {
      const catalog = await extractCatalog(session);
      const names = [...catalog.values()].map((each) => each.name).sort();
      expect(new Set(names).size).toBe(names.length);
      expect(names).toMatchSnapshot("names");
      const users = object(catalog, "table app.users");
      expect(users).toMatchSnapshot("table app.users");

      await session.run(`set search_path = app, public; set timezone = 'Asia/Tokyo';
        set datestyle = 'SQL, DMY'; set intervalstyle = 'iso_8601'; set bytea_output = 'escape';
        set extra_float_digits = -3; set quote_all_identifiers = on; create temp table pg_class (a int)`);
      expect(differences(catalog, await extractCatalog(session))).toEqual([]);
      const settings =
        "select current_setting('TimeZone') as zone, current_setting('search_path') as path";
      expect(await session.query(settings)).toEqual([{ zone: "Asia/Tokyo", path: "app, public" }]);

      await session.run("begin read only; set local search_path = app; set role pg_monitor");
      const asOther = await extractCatalog(session);
      expect(await session.query(settings)).toEqual([{ zone: "Asia/Tokyo", path: `"app"` }]);
      await session.run("commit; reset role");
      // Options of user mappings are shown to their owners only.
      expect(differences(catalog, asOther).map(describeDifference)).toEqual([
        "user mapping for postgres server srv: options was password, user, is gone",
      ]);
      expect(await session.query(settings)).toEqual([{ zone: "Asia/Tokyo", path: "app, public" }]);

      const some = await extractCatalog(session, catalog.keys());
      expect(differences(catalog, some)).toEqual([]);
      for (const identity of catalog.keys()) {
        const [one] = await extractCatalog(session, [identity]);
        expect(one?.[1], identity).toEqual(catalog.get(identity));
      }
    } finally {
      await session.run("rollback; reset role; drop subscription sub");
    }
  });

  test("an empty database has a schema, its language and nothing else", async () => {
    await using db = await createDatabase(server);
    await using session = await openSession(db.url);
    const names = [...(await extractCatalog(session)).values()].map((each) => each.name).sort();
    expect(names).toEqual(["database", "extension plpgsql", "schema public"]);
  });

  const changes: [string, string, string[]][] = [
    [
      "a dropped and added column",
      "alter table t drop a, add a int",
      ["table public.t: column order was a, b, is b, a"],
    ],
    [
      "storage parameters",
      "alter table t set (autovacuum_enabled = off)",
      ["table public.t: options is new, autovacuum_enabled=off"],
    ],
    [
      "renaming a table",
      "alter table t rename to u",
      ["table public.t: name was table public.t, is table public.u"],
    ],
    [
      "renaming a column",
      "alter table t rename b to c",
      [
        "table public.t: name of column b was column b, is column c",
        "table public.t: constraint t_b_check was CHECK ((b > 0)), is CHECK ((c > 0))",
        "table public.t: index t_b_idx was USING btree (b), is USING btree (c)",
      ],
    ],
    [
      "renaming an index",
      "alter index t_b_idx rename to i",
      ["table public.t: name of index t_b_idx was index t_b_idx, is index i"],
    ],
    [
      "a grant that was there",
      "revoke select on t from pg_monitor; grant select on t to pg_monitor; revoke select on t from pg_monitor",
      [],
    ],
    ["no default and a null default", "alter table t alter a set default null", []],
    ["values of a sequence", "create sequence s; select nextval('s'); drop sequence s", []],
    ["rows", "insert into t values (1, 2); truncate t; analyze t", []],
    [
      "a named NOT NULL",
      "alter table t alter a set not null",
      ["table public.t: column a was integer, is integer not null"],
    ],
  ];
  for (const [what, sql, expected] of changes) {
    test(`tells ${what}`, async () => {
      await using db = await createDatabase(server);
      await using session = await openSession(db.url);
      await session.run("create table t (a int, b int check (b > 0)); create index on t (b)");
      const before = await extractCatalog(session);
      await session.run(sql);
      expect(differences(before, await extractCatalog(session)).map(describeDifference)).toEqual(
        expected,
      );
    });
  }
});

describe.skipIf(clientsMissing !== undefined)("extract and pg_dump", () => {
  forEachServer("agree", (server) => {
    test.skipIf(server.name !== "postgres-15")("on a restored copy", async () => {
      await using db = await createDatabase(server);
      await using copy = await createDatabase(server);
      await db.query(inWordsOf(server, everything));
      const session = await connect({ url: db.url, applicationName: "test" });
      const restored = await connect({ url: copy.url, applicationName: "test" });
      try {
        await session.run("drop subscription sub; drop schema belay cascade; drop language plx");
        // A dump has neither temporary objects nor what is of the database itself.
        await session.run("alter table app.orders enable trigger all");
        await psql(copy.url, { sql: await pgDump(db.url) });
        const [a, b] = [await extractCatalog(session), await extractCatalog(restored)];
        expect(differences(a, b, "name").map(describeDifference)).toMatchSnapshot();
        expect(fingerprintOf(a)).not.toBe(fingerprintOf(b));
      } finally {
        await Promise.all([session.close(), restored.close()]);
      }
    });
  });
});
