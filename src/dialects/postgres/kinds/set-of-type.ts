// OF type and NOT OF.

import { exactly } from "../../../core/plan.ts";
import { alter, tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { recallTable } from "../table-attribute.ts";

export const kind = defineKind<TableCommand>({
  kind: "set-of-type",
  node: ["AlterTableStmt/AT_AddOf", "AlterTableStmt/AT_DropOf"],
  describe: (node) => ({
    changes: [{ kind: "set-of-type", object: tableName(node) }],
    locks: tableLock(node),
    undo: exactly(alter(node, "NOT OF")),
  }),
  recall: (node, catalog) =>
    recallTable(
      node,
      catalog,
      "CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END",
      (value) => (value === null ? "NOT OF" : `OF ${value}`),
    ),
});
