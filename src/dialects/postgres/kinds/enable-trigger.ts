// ENABLE and DISABLE TRIGGER, of one, ALL or USER.

import { exactly } from "../../../core/plan.ts";
import { alter, columnName, onTable, tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";
import { recallTriggers } from "../trigger-state.ts";

export const kind = defineKind<TableCommand>({
  kind: "enable-trigger",
  node: [
    "AlterTableStmt/AT_EnableTrig",
    "AlterTableStmt/AT_EnableAlwaysTrig",
    "AlterTableStmt/AT_EnableReplicaTrig",
    "AlterTableStmt/AT_DisableTrig",
    "AlterTableStmt/AT_EnableTrigAll",
    "AlterTableStmt/AT_DisableTrigAll",
    "AlterTableStmt/AT_EnableTrigUser",
    "AlterTableStmt/AT_DisableTrigUser",
  ],
  describe: (node) => ({
    changes: [
      { kind: "enable-trigger", object: node.command.name ? columnName(node) : tableName(node) },
    ],
    locks: tableLock(node, "SHARE ROW EXCLUSIVE"),
    undo: exactly(alter(node, opposite(node))),
  }),
  recall: (node, catalog) =>
    onTable(node, catalog, (table) => recallTriggers(node, catalog, table)),
});

function opposite({ command }: TableCommand): string {
  const verb = command.subtype?.startsWith("AT_Disable") ? "ENABLE" : "DISABLE";
  const all = command.subtype?.endsWith("TrigAll") ? "ALL" : "USER";
  return `${verb} TRIGGER ${command.name === undefined ? all : quote(command.name)}`;
}
