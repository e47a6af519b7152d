import { describedDrop, recallDrop } from "../added-constraint.ts";
import { constraintOf, tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { relationName } from "../names.ts";

export const kind = defineKind<TableCommand>({
  kind: "add-foreign-key",
  node: "AlterTableStmt/AT_AddConstraint",
  matches: ({ command }) => constraintOf(command)?.contype === "CONSTR_FOREIGN",
  describe(node) {
    const { pktable = {}, skip_validation } = constraintOf(node.command) ?? {};
    return {
      changes: [{ kind: "add-foreign-key", object: tableName(node) }],
      locks: [
        ...tableLock(node, "SHARE ROW EXCLUSIVE"),
        { table: relationName(pktable), mode: "SHARE ROW EXCLUSIVE" },
      ],
      scans: !skip_validation,
      undo: describedDrop(node, "fkey"),
    };
  },
  recall: (node, catalog) => recallDrop(node, catalog, "f"),
});
