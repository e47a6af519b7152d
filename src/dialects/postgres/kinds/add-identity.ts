import { exactly } from "../../../core/plan.ts";
import { alter, columnName, onTable, tableLock } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";

export const kind = defineKind<TableCommand>({
  kind: "add-identity",
  node: "AlterTableStmt/AT_AddIdentity",
  describe: (node) => ({
    changes: [{ kind: "add-identity", object: columnName(node) }],
    locks: tableLock(node),
    undo: exactly(alter(node, back(node))),
  }),
  recall: (node, catalog) =>
    onTable(node, catalog, (table) => exactly(alter(node, back(node), table))),
});

function back({ command }: TableCommand): string {
  return `ALTER COLUMN ${quote(command.name ?? "")} DROP IDENTITY`;
}
