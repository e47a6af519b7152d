import { exactly } from "../../../core/plan.ts";
import { alter, tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";
import { recallTable } from "../table-attribute.ts";

export const kind = defineKind<TableCommand>({
  kind: "set-access-method",
  node: "AlterTableStmt/AT_SetAccessMethod",
  describe: (node) => ({
    changes: [{ kind: "set-access-method", object: tableName(node) }],
    locks: tableLock(node),
    scans: true,
    rewrites: true,
    undo: exactly(alter(node, "SET ACCESS METHOD heap")),
  }),
  recall: (node, catalog) =>
    recallTable(node, catalog, "SELECT amname FROM pg_am WHERE oid = c.relam", (value) =>
      // A partitioned table may have none of its own.
      value === null ? "SET ACCESS METHOD DEFAULT" : `SET ACCESS METHOD ${quote(value)}`,
    ),
});
