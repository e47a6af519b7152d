// A role that owns its schema and is no superuser can run and undo all of it.

import { expect, test } from "vitest";
import { describeDifference, differences } from "../../src/core/catalog.ts";
import { extractCatalog } from "../../src/dialects/postgres/catalog/extract.ts";
import { parseStatement } from "../../src/dialects/postgres/parse.ts";
import { connect } from "../../src/dialects/postgres/session.ts";
import { carryOut, role, runUndo } from "../kinds-harness.ts";
import { createDatabase, forEachServer } from "../support/servers.ts";

const before = `CREATE TABLE t (id serial PRIMARY KEY, a text); CREATE SEQUENCE s; CREATE TYPE e AS ENUM ('a'); CREATE TABLE u (e e); INSERT INTO u VALUES ('a');
  CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf();
  CREATE VIEW v AS SELECT f(id) AS x FROM t; CREATE MATERIALIZED VIEW m AS SELECT x FROM v; COMMENT ON VIEW v IS 'v'; GRANT SELECT ON v TO PUBLIC; CREATE DOMAIN d AS int CHECK (value > 0); CREATE POLICY p ON t; CREATE STATISTICS st ON id, a FROM t;`;

const statements = [
  "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'",
  "CREATE OR REPLACE FUNCTION f(n int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 2'",
  "DROP FUNCTION f(int) CASCADE",
  "DROP TRIGGER tr ON t",
  "CREATE OR REPLACE VIEW v AS SELECT f(id) AS x, 1 AS y FROM t",
  "DROP VIEW v CASCADE",
  "ALTER SEQUENCE s RESTART 9 INCREMENT 2",
  "DROP SEQUENCE t_id_seq CASCADE",
  "ALTER TYPE e ADD VALUE 'b'",
  "ALTER DOMAIN d SET NOT NULL",
  "DROP DOMAIN d",
  "COMMENT ON TABLE t IS 'x'",
  "GRANT ALL ON t TO PUBLIC",
  "REVOKE SELECT ON v FROM PUBLIC",
  "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
  "DROP POLICY p ON t",
  "DROP STATISTICS st",
  "CREATE SCHEMA mine",
  "ALTER FUNCTION f(int) RENAME TO g",
  "REFRESH MATERIALIZED VIEW m WITH NO DATA",
  "ALTER ROLE CURRENT_USER SET work_mem = '5MB'",
];

forEachServer("an ordinary role", (server) => {
  test("runs and undoes", async () => {
    await using database = await createDatabase(server);
    await database.query(
      `${role("ordinary")} ALTER ROLE ordinary LOGIN; GRANT ALL ON DATABASE ${database.name} TO ordinary; GRANT ALL ON SCHEMA public TO ordinary`,
    );
    const url = new URL(database.url);
    url.username = "ordinary";
    const reader = await connect({ url: database.url, applicationName: "reader" });
    const session = await connect({ url: url.href, applicationName: "ordinary" });
    await session.run(before);
    const first = await extractCatalog(reader);
    for (const sql of statements) {
      const undo = await carryOut(session, await parseStatement(sql, 1));
      expect(undo.kind, sql).toBe("exact");
      await runUndo(session, undo, "public");
      const told = differences(first, await extractCatalog(reader), "name");
      expect(told.map(describeDifference), sql).toEqual([]);
    }
    const password = await carryOut(
      session,
      await parseStatement("ALTER ROLE CURRENT_USER PASSWORD 'x'", 1),
    );
    expect(password).toMatchObject({
      kind: "lossy",
      losses: [{ object: "password of role ordinary" }],
    });
    await session.close();
    await reader.close();
  });
});
