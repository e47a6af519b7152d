import { describedDrop } from "../added-constraint.ts";
import { recallKeyDrop } from "../added-key.ts";
import { constraintOf, tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";

export const kind = defineKind<TableCommand>({
  kind: "add-unique",
  node: "AlterTableStmt/AT_AddConstraint",
  matches: ({ command }) => constraintOf(command)?.contype === "CONSTR_UNIQUE",
  describe: (node) => ({
    changes: [{ kind: "add-unique", object: tableName(node) }],
    locks: tableLock(node),
    scans: constraintOf(node.command)?.indexname === undefined,
    undo: describedDrop(node, "key"),
  }),
  recall: (node, catalog) => recallKeyDrop(node, catalog, "u"),
});
