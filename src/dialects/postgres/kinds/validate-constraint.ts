// A valid constraint cannot be made NOT VALID again; it is dropped and added as it was.

import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { dropSql } from "../added-constraint.ts";
import { alter, columnName, onTable, tableLock } from "../alter-table.ts";
import { recreateConstraint } from "../constraint-definition.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";

export const kind = defineKind<TableCommand>({
  kind: "validate-constraint",
  node: "AlterTableStmt/AT_ValidateConstraint",
  describe: (node) => ({
    changes: [{ kind: "validate-constraint", object: columnName(node) }],
    locks: tableLock(node, "SHARE UPDATE EXCLUSIVE"),
    scans: true,
    undo: exactly(alter(node, `DROP CONSTRAINT ${quote(node.command.name ?? "")}`)),
  }),
  recall: (node, catalog) =>
    onTable(node, catalog, async (table) => {
      const name = node.command.name ?? "";
      const [found] = await catalog.rows<{ oid: string }>(
        `SELECT oid::text FROM pg_constraint
         WHERE conrelid = $1::oid AND conname = $2::name AND NOT convalidated`,
        [table.oid, name],
      );
      if (!found) return nothingToUndo;
      const again = await recreateConstraint(catalog, found.oid);
      return exactly(dropSql(node, name, table), ...again);
    }),
});
