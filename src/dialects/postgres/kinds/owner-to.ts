// Tables and everything else that ALTER TABLE's grammar takes: views, sequences, indexes.

import type { RoleSpec } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { alter, onTable, tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";

interface Found extends Record<string, unknown> {
  /** Quoted. */
  owner: string;
  /** Granted to the new owner before: becoming owner swallows it. */
  grants: { privilege: string; grantable: boolean }[] | null;
}

export const kind = defineKind<TableCommand>({
  kind: "owner-to",
  node: "AlterTableStmt/AT_ChangeOwner",
  matches: ({ statement }) => statement.objtype !== "OBJECT_TYPE",
  describe: (node) => ({
    changes: [{ kind: "owner-to", object: tableName(node) }],
    locks: tableLock(node),
    undo: exactly(alter(node, "OWNER TO CURRENT_USER")),
  }),
  recall: (node, catalog) =>
    onTable(node, catalog, async (table) => {
      const role = roleSql(node.command.newowner);
      const [found] = await catalog.rows<Found>(
        `SELECT quote_ident(pg_get_userbyid(c.relowner)) AS owner,
           (SELECT json_agg(json_build_object('privilege', x.privilege_type,
                'grantable', x.is_grantable))
              FROM aclexplode(c.relacl) x JOIN pg_roles r ON r.oid = x.grantee
              WHERE r.rolname = $2 AND x.grantee <> c.relowner) AS grants
         FROM pg_class c WHERE c.oid = $1::oid`,
        [table.oid, node.command.newowner?.rolename ?? ""],
      );
      if (!found) return nothingToUndo;
      const kindOfObject = table.kind === "S" ? "SEQUENCE " : "";
      return exactly(
        alter(node, `OWNER TO ${found.owner}`, table),
        ...(found.grants ?? []).map(
          ({ privilege, grantable }) =>
            `GRANT ${privilege} ON ${kindOfObject}${table.sql} TO ${role}${grantable ? " WITH GRANT OPTION" : ""}`,
        ),
      );
    }),
});

function roleSql(role: RoleSpec | undefined): string {
  return role?.rolename === undefined ? "CURRENT_USER" : quote(role.rolename);
}
