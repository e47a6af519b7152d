import { exactly } from "../../../core/plan.ts";
import { alter, columnName, tableLock } from "../alter-table.ts";
import { storageWord } from "../column-definition.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";
import { recallColumn } from "../table-attribute.ts";

export const kind = defineKind<TableCommand>({
  kind: "set-storage",
  node: "AlterTableStmt/AT_SetStorage",
  describe: (node) => ({
    changes: [{ kind: "set-storage", object: columnName(node) }],
    locks: tableLock(node),
    undo: exactly(
      alter(node, `ALTER COLUMN ${quote(node.command.name ?? "")} SET STORAGE EXTENDED`),
    ),
  }),
  recall: (node, catalog) =>
    recallColumn(node, catalog, storageWord("a.attstorage"), (word) => `SET STORAGE ${word}`),
});
