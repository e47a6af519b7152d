import { exactly } from "../../../core/plan.ts";
import { alter, tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";
import { recallTable } from "../table-attribute.ts";

/** 0 in pg_class is the database's own. */
const current = `SELECT s.spcname FROM pg_tablespace s WHERE s.oid = CASE c.reltablespace WHEN 0
  THEN (SELECT dattablespace FROM pg_database WHERE datname = current_database())
  ELSE c.reltablespace END`;

export const kind = defineKind<TableCommand>({
  kind: "set-tablespace",
  node: "AlterTableStmt/AT_SetTableSpace",
  describe: (node) => ({
    changes: [{ kind: "set-tablespace", object: tableName(node) }],
    locks: tableLock(node),
    scans: true,
    rewrites: true,
    undo: exactly(alter(node, "SET TABLESPACE pg_default")),
  }),
  recall: (node, catalog) =>
    recallTable(node, catalog, current, (value) =>
      value === null ? undefined : `SET TABLESPACE ${quote(value)}`,
    ),
});
