// ENABLE and DISABLE RULE.

import { exactly } from "../../../core/plan.ts";
import { alter, columnName, onTable, tableLock } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";
import { recallRule } from "../trigger-state.ts";

export const kind = defineKind<TableCommand>({
  kind: "enable-rule",
  node: [
    "AlterTableStmt/AT_EnableRule",
    "AlterTableStmt/AT_EnableAlwaysRule",
    "AlterTableStmt/AT_EnableReplicaRule",
    "AlterTableStmt/AT_DisableRule",
  ],
  describe(node) {
    const verb = node.command.subtype === "AT_DisableRule" ? "ENABLE" : "DISABLE";
    return {
      changes: [{ kind: "enable-rule", object: columnName(node) }],
      locks: tableLock(node),
      undo: exactly(alter(node, `${verb} RULE ${quote(node.command.name ?? "")}`)),
    };
  },
  recall: (node, catalog) => onTable(node, catalog, (table) => recallRule(node, catalog, table)),
});
