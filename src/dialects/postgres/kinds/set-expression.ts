// PostgreSQL 17: another expression for a generated column; its values are computed, never lost.

import { nothingToUndo } from "../../../core/plan.ts";
import { columnName, tableLock } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { recallColumn } from "../table-attribute.ts";

export const kind = defineKind<TableCommand>({
  kind: "set-expression",
  node: "AlterTableStmt/AT_SetExpression",
  describe: (node) => ({
    changes: [{ kind: "set-expression", object: columnName(node) }],
    locks: tableLock(node),
    scans: true,
    // A virtual column (18) has no values to write; only the catalog tells it from a stored one.
    rewrites: true,
    // The old expression is in the catalog.
    undo: nothingToUndo,
  }),
  recall: (node, catalog) =>
    recallColumn(
      node,
      catalog,
      "pg_get_expr(d.adbin, d.adrelid)",
      (expression) => `SET EXPRESSION AS (${expression})`,
    ),
});
