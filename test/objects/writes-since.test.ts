// What the application did between a statement and its undo.

import { expect, test } from "vitest";
import type { Session } from "../../src/dialects/dialect.ts";
import { parseStatement } from "../../src/dialects/postgres/parse.ts";
import { connect } from "../../src/dialects/postgres/session.ts";
import { carryOut, runUndo } from "../kinds-harness.ts";
import { createDatabase, forEachServer } from "../support/servers.ts";

forEachServer("writes since", (server) => {
  async function between(
    before: string,
    sql: string,
    since: string,
    check: (session: Session) => Promise<void>,
  ) {
    await using database = await createDatabase(server);
    const session = await connect({ url: database.url, applicationName: "since" });
    try {
      await session.run(before);
      const undo = await carryOut(session, await parseStatement(sql, 1));
      await session.run(since);
      await runUndo(session, undo, "public");
      await check(session);
    } finally {
      await session.close();
    }
  }

  const enums =
    "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id int, e e DEFAULT 'a'); INSERT INTO t VALUES (1, 'a');";

  test("rows with old values of an enum are kept", async () => {
    await between(
      enums,
      "ALTER TYPE e ADD VALUE 'c'",
      "INSERT INTO t VALUES (2, 'b')",
      async (session) => {
        const rows = await session.query("SELECT id, e::text FROM t ORDER BY id");
        expect(rows).toEqual([
          { id: 1, e: "a" },
          { id: 2, e: "b" },
        ]);
      },
    );
  });

  test("a row with the new value keeps the enum as it is, and says so", async () => {
    const going = between(
      enums,
      "ALTER TYPE e ADD VALUE 'c'",
      "INSERT INTO t VALUES (2, 'c')",
      async () => {},
    );
    await expect(going).rejects.toThrow(/invalid input value for enum .*"c"/);
  });

  const next = async (session: Session) => {
    const [row] = await session.query<{ next: string }>("SELECT nextval('s')::text AS next");
    return row?.next;
  };

  test("a sequence that was restarted further on is not set back behind numbers given since", async () => {
    await between(
      "CREATE SEQUENCE s; SELECT nextval('s')",
      "ALTER SEQUENCE s RESTART 1000",
      "SELECT nextval('s')",
      async (session) => {
        expect(await next(session)).toBe("1001");
      },
    );
  });

  test("a sequence that was restarted further back goes on where it was", async () => {
    await between(
      "CREATE SEQUENCE s; SELECT setval('s', 1000)",
      "ALTER SEQUENCE s RESTART 1",
      "SELECT nextval('s')",
      async (session) => {
        expect(await next(session)).toBe("1001");
      },
    );
  });

  test("a view that somebody built on since is not dropped unasked", async () => {
    const going = between(
      "CREATE VIEW v AS SELECT 1 AS a",
      "CREATE OR REPLACE VIEW v AS SELECT 1 AS a, 2 AS b",
      "CREATE VIEW w AS SELECT b FROM v",
      async () => {},
    );
    await expect(going).rejects.toThrow(/other objects depend on it/);
  });
});
