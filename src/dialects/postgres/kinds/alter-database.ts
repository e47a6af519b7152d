// Options and place of a database. Its tablespace is changed outside of transactions, by copying it.

import type { AlterDatabaseStmt } from "@pgsql/types";
import { nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { literal, quote, shown } from "../names.ts";
import { optionsOf } from "../options.ts";

export const kind = defineKind<AlterDatabaseStmt>({
  kind: "alter-database",
  node: "AlterDatabaseStmt",
  describe: (node) => ({
    changes: [{ kind: "alter-database", object: `database ${shown(node.dbname ?? "")}` }],
    locks: [],
    transactional: !moves(node),
    rewrites: moves(node),
    ...(moves(node) ? { probe: { sql: movedSql(node) } } : {}),
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const { dbname = "", options } = node;
    const [row] = await catalog.rows<Record<string, string>>(
      `SELECT 'SET TABLESPACE ' || quote_ident(t.spcname) AS tablespace,
         'CONNECTION LIMIT ' || d.datconnlimit AS connection_limit,
         'ALLOW_CONNECTIONS ' || d.datallowconn AS allow_connections, 'IS_TEMPLATE ' || d.datistemplate AS is_template
       FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE d.datname = $1::name`,
      [dbname],
    );
    if (!row) return nothingToUndo;
    const before = [...optionsOf(options).keys()].flatMap((name) => row[name] ?? []);
    const sql = `ALTER DATABASE ${quote(dbname)} ${before.join(" ")}`;
    return { kind: "exact", sql: [{ sql, transactional: !moves(node) }] };
  },
});

function moves({ options }: AlterDatabaseStmt): boolean {
  return optionsOf(options).has("tablespace");
}

function movedSql({ dbname = "", options }: AlterDatabaseStmt): string {
  const arg = optionsOf(options).get("tablespace")?.arg;
  const target = arg && "String" in arg ? (arg.String.sval ?? "") : "";
  return `SELECT CASE WHEN EXISTS (SELECT FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace
    WHERE d.datname = ${literal(dbname)} AND t.spcname = ${literal(target)}) THEN 'done' ELSE 'not-done' END`;
}
