import { exactly } from "../../../core/plan.ts";
import { alter, tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { recallTable } from "../table-attribute.ts";

const current = `CASE c.relreplident WHEN 'd' THEN 'DEFAULT' WHEN 'f' THEN 'FULL'
  WHEN 'n' THEN 'NOTHING' ELSE coalesce((SELECT 'USING INDEX ' || quote_ident(i.relname)
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
    WHERE x.indrelid = c.oid AND x.indisreplident), 'DEFAULT') END`;

export const kind = defineKind<TableCommand>({
  kind: "replica-identity",
  node: "AlterTableStmt/AT_ReplicaIdentity",
  describe: (node) => ({
    changes: [{ kind: "replica-identity", object: tableName(node) }],
    locks: tableLock(node),
    undo: exactly(alter(node, "REPLICA IDENTITY DEFAULT")),
  }),
  recall: (node, catalog) =>
    recallTable(node, catalog, current, (value) => `REPLICA IDENTITY ${value}`),
});
