// CLUSTER ON and SET WITHOUT CLUSTER.

import { exactly } from "../../../core/plan.ts";
import { alter, onTable, tableLock, tableName } from "../alter-table.ts";
import { restoreCluster } from "../cluster-mark.ts";
import { defineKind, type TableCommand } from "../kind.ts";

export const kind = defineKind<TableCommand>({
  kind: "cluster-on",
  node: ["AlterTableStmt/AT_ClusterOn", "AlterTableStmt/AT_DropCluster"],
  describe: (node) => ({
    changes: [{ kind: "cluster-on", object: tableName(node) }],
    locks: tableLock(node, "SHARE UPDATE EXCLUSIVE"),
    undo: exactly(alter(node, "SET WITHOUT CLUSTER")),
  }),
  recall: (node, catalog) => onTable(node, catalog, (table) => restoreCluster(catalog, table)),
});
