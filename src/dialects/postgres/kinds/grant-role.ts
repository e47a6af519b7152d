// Membership in roles, which holds for the whole cluster.

import type { GrantRoleStmt, Node } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { shown } from "../names.ts";
import { membershipsBack, membershipsOf } from "../objects/memberships.ts";

export const kind = defineKind<GrantRoleStmt>({
  kind: "grant-role",
  node: "GrantRoleStmt",
  describe: (node) => ({
    changes: granted(node).map((role) => ({
      kind: node.is_grant ? "grant-role" : "revoke-role",
      object: `role ${shown(role)} (whole cluster)`,
    })),
    locks: [],
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const before = await membershipsOf(catalog, granted(node));
    return {
      undo: nothingToUndo,
      settle: async (after) =>
        exactly(...membershipsBack(await membershipsOf(after, granted(node)), before)),
    };
  },
});

function granted({ granted_roles = [] }: GrantRoleStmt): string[] {
  return granted_roles.map(nameOf);
}

function nameOf(node: Node): string {
  return "AccessPriv" in node ? (node.AccessPriv.priv_name ?? "") : "";
}
