// The locks that statements are said to take are those that the server takes.

import { expect, test } from "vitest";
import { lockModes } from "../../src/core/plan.ts";
import { classify } from "../../src/dialects/postgres/classify.ts";
import { parseStatement } from "../../src/dialects/postgres/parse.ts";
import { connect } from "../../src/dialects/postgres/session.ts";
import { createDatabase, forEachServer } from "../support/servers.ts";

const before = `CREATE TABLE t (id serial, a text); CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf(); CREATE VIEW v AS SELECT 1 AS a; CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE UNIQUE INDEX mi ON m (a);
  CREATE SEQUENCE s; CREATE POLICY p ON t; CREATE RULE r AS ON DELETE TO t DO ALSO NOTHING; CREATE STATISTICS st ON id, a FROM t; CREATE PUBLICATION pub FOR TABLE t; CREATE SCHEMA other;
  CREATE TYPE comp AS (a int); ALTER TABLE t ADD CONSTRAINT ck CHECK (id > 0); CREATE FOREIGN DATA WRAPPER f; CREATE SERVER srv FOREIGN DATA WRAPPER f; CREATE FOREIGN TABLE ft (a int) SERVER srv;`;

// Not here: DROP STATISTICS, whose table stands in the catalog only.
const statements = [
  "CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf()",
  "CREATE OR REPLACE TRIGGER tr AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf()",
  "DROP TRIGGER tr ON t",
  "ALTER TRIGGER tr ON t RENAME TO x",
  "CREATE OR REPLACE VIEW v AS SELECT 2 AS a",
  "CREATE VIEW w AS SELECT 2 AS a",
  "DROP VIEW v",
  "ALTER VIEW v RENAME TO w",
  "ALTER VIEW v SET SCHEMA other",
  "REFRESH MATERIALIZED VIEW m",
  "REFRESH MATERIALIZED VIEW CONCURRENTLY m",
  "DROP MATERIALIZED VIEW m",
  "ALTER SEQUENCE s RESTART",
  "ALTER SEQUENCE s RENAME TO x",
  "DROP SEQUENCE s",
  "CREATE POLICY x ON t",
  "ALTER POLICY p ON t USING (true)",
  "ALTER POLICY p ON t RENAME TO x",
  "DROP POLICY p ON t",
  "CREATE RULE x AS ON UPDATE TO t DO ALSO NOTHING",
  "ALTER RULE r ON t RENAME TO x",
  "DROP RULE r ON t",
  "CREATE STATISTICS x ON id, a FROM t",
  "CREATE PUBLICATION x FOR TABLE t",
  "ALTER PUBLICATION pub SET TABLE t",
  "COMMENT ON TABLE t IS 'x'",
  "COMMENT ON COLUMN t.a IS 'x'",
  "COMMENT ON CONSTRAINT ck ON t IS 'x'",
  "COMMENT ON TRIGGER tr ON t IS 'x'",
  "COMMENT ON FUNCTION tf IS 'x'",
  "COMMENT ON VIEW v IS 'x'",
  "GRANT SELECT ON t TO PUBLIC",
  "ALTER TYPE comp ADD ATTRIBUTE b int",
  "ALTER TYPE comp RENAME ATTRIBUTE a TO b",
  "DROP FOREIGN TABLE ft",
  "ALTER FOREIGN TABLE ft RENAME TO x",
  "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
];

forEachServer("locks", (server) => {
  test.each(statements)("%s", async (sql) => {
    await using database = await createDatabase(server);
    const session = await connect({ url: database.url, applicationName: "locks" });
    await session.run(before);
    // Statements on a view or sequence lock it too before they are resolved to what they are.
    const oids = await session.query<{ name: string; oid: string }>(
      "SELECT relname AS name, oid::text FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'v', 'm', 'S', 'f', 'c')",
    );
    const names = new Map(oids.map(({ name, oid }) => [oid, name]));
    await session.run("BEGIN");
    await session.run(sql);
    const held = await session.query<{ oid: string; mode: string }>(
      `SELECT relation::text AS oid, mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation >= 16384`,
    );
    await session.run("ROLLBACK");
    await session.close();
    const said = classify(await parseStatement(sql, 1)).locks.filter(({ table }) =>
      [...names.values()].includes(table),
    );
    expect(strongest(said.map(({ table, mode }) => [table, mode]))).toEqual(
      strongest(
        held.flatMap(({ oid, mode }) => {
          const name = names.get(oid);
          return name === undefined ? [] : [[name, worded(mode)]];
        }),
      ),
    );
  });
});

/** `AccessExclusiveLock` -> `ACCESS EXCLUSIVE` */
function worded(mode: string): string {
  return mode
    .replace(/Lock$/, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toUpperCase();
}

/** Per table; readers' locks and those of the statement's own sequences are not told. */
function strongest(list: string[][]): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [table = "", mode = ""] of list) {
    const rank = lockModes.indexOf(mode as (typeof lockModes)[number]);
    if (rank <= 0 || table === "t_id_seq") continue;
    if (rank > lockModes.indexOf((result[table] ?? "") as (typeof lockModes)[number])) {
      result[table] = mode;
    }
  }
  return result;
}
