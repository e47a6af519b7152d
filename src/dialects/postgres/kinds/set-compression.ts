import { exactly } from "../../../core/plan.ts";
import { alter, columnName, tableLock } from "../alter-table.ts";
import { compressionWord } from "../column-definition.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";
import { recallColumn } from "../table-attribute.ts";

export const kind = defineKind<TableCommand>({
  kind: "set-compression",
  node: "AlterTableStmt/AT_SetCompression",
  describe: (node) => ({
    changes: [{ kind: "set-compression", object: columnName(node) }],
    locks: tableLock(node),
    undo: exactly(
      alter(node, `ALTER COLUMN ${quote(node.command.name ?? "")} SET COMPRESSION DEFAULT`),
    ),
  }),
  recall: (node, catalog) =>
    recallColumn(
      node,
      catalog,
      compressionWord("a.attcompression"),
      (word) => `SET COMPRESSION ${word}`,
    ),
});
