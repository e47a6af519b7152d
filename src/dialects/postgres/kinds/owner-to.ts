// Tables and everything else that ALTER TABLE's grammar takes: views, sequences, indexes.

import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { alter, onTable, tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";
import { type Privilege, privilegesBack, privilegesJson } from "../objects/acl.ts";

interface Found extends Record<string, unknown> {
  owner: string;
  /** The new owner's name; null for one that does not exist. */
  next: string | null;
  user: string;
  privileges: Privilege[];
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
      const [found] = await catalog.rows<Found>(
        `SELECT pg_get_userbyid(c.relowner) AS owner, current_user::text AS user,
           coalesce($2, current_user::text) AS next,
           ${privilegesJson("c.relacl")} || coalesce((SELECT jsonb_agg(e) FROM pg_attribute a,
             jsonb_array_elements(${privilegesJson("a.attacl", "a.attname")}) e
             WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL), '[]') AS privileges
         FROM pg_class c WHERE c.oid = $1::oid`,
        [table.oid, node.command.newowner?.rolename ?? null],
      );
      if (!found) return nothingToUndo;
      const on = `${table.kind === "S" ? "SEQUENCE" : "TABLE"} ${table.sql}`;
      return exactly(
        alter(node, `OWNER TO ${quote(found.owner)}`, table),
        ...privilegesBack(merged(found), found.privileges, { on, ...found }),
      );
    }),
});

/** Becoming owner swallows the rights that the new owner had, and going back does not part them. */
function merged({ owner, next, privileges }: Found): Privilege[] {
  const now = new Map<string, Privilege>();
  for (const each of privileges) {
    const grantor = each.grantor === next ? owner : each.grantor;
    const grantee = each.grantee === next ? owner : each.grantee;
    const key = JSON.stringify([grantor, grantee, each.privilege, each.column]);
    const grantable = each.grantable || (now.get(key)?.grantable ?? false);
    now.set(key, { ...each, grantor, grantee, grantable });
  }
  return [...now.values()];
}
