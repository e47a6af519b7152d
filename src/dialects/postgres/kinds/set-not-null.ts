import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { alter, columnName, onTable, tableLock } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";
import { undoNotNull } from "../not-null.ts";

export const kind = defineKind<TableCommand>({
  kind: "set-not-null",
  node: "AlterTableStmt/AT_SetNotNull",
  describe: (node) => ({
    changes: [{ kind: "set-not-null", object: columnName(node) }],
    locks: tableLock(node),
    scans: true,
    undo: exactly(alter(node, `ALTER COLUMN ${quote(node.command.name ?? "")} DROP NOT NULL`)),
  }),
  recall: (node, catalog) =>
    onTable(node, catalog, async (table) => {
      const undo = await undoNotNull(node, catalog, table, [node.command.name ?? ""]);
      return undo.length === 0 ? nothingToUndo : exactly(...undo);
    }),
});
