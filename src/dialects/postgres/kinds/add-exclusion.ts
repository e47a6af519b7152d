import { describedDrop, recallDrop } from "../added-constraint.ts";
import { constraintOf, tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";

export const kind = defineKind<TableCommand>({
  kind: "add-exclusion",
  node: "AlterTableStmt/AT_AddConstraint",
  matches: ({ command }) => constraintOf(command)?.contype === "CONSTR_EXCLUSION",
  describe: (node) => ({
    changes: [{ kind: "add-exclusion", object: tableName(node) }],
    locks: tableLock(node),
    scans: true,
    undo: describedDrop(node, "excl"),
  }),
  recall: (node, catalog) => recallDrop(node, catalog, "x"),
});
