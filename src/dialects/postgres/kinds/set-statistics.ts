// Of a column, or of an index column by its number.

import { exactly } from "../../../core/plan.ts";
import { alter, columnName, onTable, tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";
import { recallColumn } from "../table-attribute.ts";

const value = "CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END";
const clause = (target: string | null): string => `SET STATISTICS ${target ?? -1}`;

export const kind = defineKind<TableCommand>({
  kind: "set-statistics",
  node: "AlterTableStmt/AT_SetStatistics",
  describe: (node) => ({
    changes: [
      { kind: "set-statistics", object: node.command.name ? columnName(node) : tableName(node) },
    ],
    locks: tableLock(node, "SHARE UPDATE EXCLUSIVE"),
    undo: exactly(alter(node, `ALTER COLUMN ${columnSql(node)} ${clause(null)}`)),
  }),
  recall(node, catalog) {
    if (node.command.name !== undefined) return recallColumn(node, catalog, value, clause);
    return onTable(node, catalog, async (index) => {
      const [found] = await catalog.rows<{ target: string | null }>(
        `SELECT (${value})::text AS target FROM pg_attribute a
         WHERE a.attrelid = $1::oid AND a.attnum = $2`,
        [index.oid, node.command.num],
      );
      const back = `ALTER COLUMN ${columnSql(node)} ${clause(found?.target ?? null)}`;
      return exactly(alter(node, back, index));
    });
  },
});

function columnSql({ command }: TableCommand): string {
  return command.name === undefined ? String(command.num) : quote(command.name);
}
