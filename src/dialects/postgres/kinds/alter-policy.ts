// A condition that was added cannot be taken away again, so the policy is made anew.

import type { AlterPolicyStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { relationName } from "../names.ts";
import { find } from "../objects/found.ts";
import { relationNode, targetOf } from "../objects/object-type.ts";
import { recreationOf } from "../objects/recreate.ts";

export const kind = defineKind<AlterPolicyStmt>({
  kind: "alter-policy",
  node: "AlterPolicyStmt",
  describe: (node) => ({
    changes: [{ kind: "alter-policy", object: target(node).shown }],
    locks: [{ table: relationName(node.table ?? {}), mode: "ACCESS EXCLUSIVE" }],
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const policy = await find(catalog, target(node));
    if (!policy) return nothingToUndo;
    const { sql, drops } = await recreationOf(catalog, [policy]);
    return exactly(...drops, ...sql);
  },
});

function target({ table = {}, policy_name = "" }: AlterPolicyStmt) {
  return targetOf("OBJECT_POLICY", relationNode(table, policy_name));
}
