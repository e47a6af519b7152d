import { describedDrop } from "../added-constraint.ts";
import { recallKeyDrop } from "../added-key.ts";
import { constraintOf, tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";

export const kind = defineKind<TableCommand>({
  kind: "add-primary-key",
  node: "AlterTableStmt/AT_AddConstraint",
  matches: ({ command }) => constraintOf(command)?.contype === "CONSTR_PRIMARY",
  describe: (node) => ({
    changes: [{ kind: "add-primary-key", object: tableName(node) }],
    locks: tableLock(node),
    // With a ready index the table is still read, to see that no key is null.
    scans: true,
    undo: describedDrop(node, "pkey"),
  }),
  recall: (node, catalog) => recallKeyDrop(node, catalog, "p"),
});
