// ALTER ROLE and ALTER DATABASE ... SET and RESET: what new sessions start with.

import type { AlterDatabaseSetStmt, AlterRoleSetStmt } from "@pgsql/types";
import { exactly } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { literal, quote, shown } from "../names.ts";
import { roleOid, roleShown, roleSql } from "../objects/role.ts";
import { settingName, settingSql } from "../objects/role-definition.ts";

type Statement = AlterRoleSetStmt & AlterDatabaseSetStmt;

export const kind = defineKind<Statement>({
  kind: "alter-settings",
  node: ["AlterRoleSetStmt", "AlterDatabaseSetStmt"],
  describe: (node) => ({
    changes: [
      {
        kind: node.dbname === undefined ? "alter-role-settings" : "alter-database-settings",
        object: `${subject(node)} (whole cluster)`,
      },
    ],
    locks: [],
    undo: exactly(),
  }),
  async recall(node, catalog) {
    const { dbname, database, role, setstmt } = node;
    const db = dbname ?? database;
    const [row] = await catalog.rows<{ settings: string[] }>(
      `SELECT coalesce(max(s.setconfig), '{}') AS settings FROM pg_db_role_setting s
       WHERE s.setdatabase = ${db === undefined ? "0" : `(SELECT oid FROM pg_database WHERE datname = ${literal(db)})`}
         AND s.setrole = ${role === undefined ? "0" : roleOid(role)}`,
    );
    const before = row?.settings ?? [];
    const head = headOf(node);
    if (setstmt?.kind === "VAR_RESET_ALL") {
      return exactly(...before.map((setting) => `${head} ${settingSql(setting)}`));
    }
    const name = setstmt?.name ?? "";
    const old = before.find((setting) => setting.startsWith(`${name}=`));
    return exactly(`${head} ${old === undefined ? `RESET ${settingName(name)}` : settingSql(old)}`);
  },
});

function subject({ dbname, database, role }: Statement): string {
  if (dbname !== undefined) return `database ${shown(dbname)}`;
  const who = role === undefined ? "every role" : `role ${shown(roleShown(role))}`;
  return database === undefined ? who : `${who} in database ${shown(database)}`;
}

function headOf({ dbname, database, role }: Statement): string {
  if (dbname !== undefined) return `ALTER DATABASE ${quote(dbname)}`;
  const who = role === undefined ? "ALL" : roleSql(role);
  return `ALTER ROLE ${who}${database === undefined ? "" : ` IN DATABASE ${quote(database)}`}`;
}
