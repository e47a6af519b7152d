import { describedDrop, recallDrop } from "../added-constraint.ts";
import { constraintOf, tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";

export const kind = defineKind<TableCommand>({
  kind: "add-check",
  node: "AlterTableStmt/AT_AddConstraint",
  matches: ({ command }) => constraintOf(command)?.contype === "CONSTR_CHECK",
  describe: (node) => ({
    changes: [{ kind: "add-check", object: tableName(node) }],
    locks: tableLock(node),
    scans: !constraintOf(node.command)?.skip_validation,
    undo: describedDrop(node, "check"),
  }),
  recall: (node, catalog) => recallDrop(node, catalog, "c"),
});
