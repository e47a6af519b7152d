// Kinds that cannot be carried out and undone here: a label needs a provider in the server, and
// what DROP OWNED does is only observed.

import { expect, test } from "vitest";
import { classify, recall } from "../../src/dialects/postgres/classify.ts";
import { parseStatement } from "../../src/dialects/postgres/parse.ts";
import { connect } from "../../src/dialects/postgres/session.ts";
import { lookupOf } from "../kinds-harness.ts";
import { createDatabase, forEachServer } from "../support/servers.ts";

forEachServer("security-label", (server) => {
  test("the old label comes back, and goes along with what is dropped", async () => {
    await using database = await createDatabase(server);
    const session = await connect({ url: database.url, applicationName: "labels" });
    await session.run(
      `CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; SET allow_system_table_mods = on;
       INSERT INTO pg_seclabel VALUES ('f'::regproc, 'pg_proc'::regclass, 0, 'dummy', 'it''s secret');`,
    );
    const undoOf = async (sql: string) => {
      const { undo } = await recall(await parseStatement(sql, 1), lookupOf(session));
      return undo.kind === "exact" ? undo.sql.map((each) => each.sql) : [];
    };
    const label = `SECURITY LABEL FOR "dummy" ON FUNCTION public.f(integer) IS 'it''s secret'`;
    expect(await undoOf("SECURITY LABEL FOR dummy ON FUNCTION f(int) IS 'new'")).toEqual([label]);
    expect(await undoOf("SECURITY LABEL FOR dummy ON TABLE nope IS 'new'")).toEqual([]);
    expect(await undoOf("DROP FUNCTION f(int)")).toContain(label);
    await session.close();
  });
});

test("security-label is told", async () => {
  const { changes, undo } = classify(
    await parseStatement(`SECURITY LABEL ON COLUMN "t é".a IS 'x'`, 1),
  );
  expect(changes).toEqual([{ kind: "security-label", object: `column "t é".a` }]);
  expect(undo).toMatchObject({ sql: [{ sql: `SECURITY LABEL ON COLUMN "t é"."a" IS NULL` }] });
});

test("drop-owned is observed", async () => {
  const described = classify(await parseStatement("DROP OWNED BY app, CURRENT_USER CASCADE", 1));
  expect(described.changes[0]).toEqual({ kind: "drop-owned", object: "objects of app" });
  expect(described.undo.kind).toBe("irreversible");
  expect(described.observe).toBe(true);
});
