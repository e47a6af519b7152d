// PostgreSQL 18: NOT NULL as a constraint with a name, which may be added NOT VALID.

import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { alter, columnName, constraintOf, onTable, tableLock } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { parts, quote } from "../names.ts";
import { undoNotNull } from "../not-null.ts";

export const kind = defineKind<TableCommand>({
  kind: "add-not-null",
  node: "AlterTableStmt/AT_AddConstraint",
  matches: ({ command }) => constraintOf(command)?.contype === "CONSTR_NOTNULL",
  describe: (node) => ({
    changes: [{ kind: "add-not-null", object: columnName(node, columnOf(node)) }],
    locks: tableLock(node),
    scans: !constraintOf(node.command)?.skip_validation,
    undo: exactly(alter(node, `ALTER COLUMN ${quote(columnOf(node))} DROP NOT NULL`)),
  }),
  // By column, so that a constraint without a name needs no look afterwards.
  recall: (node, catalog) =>
    onTable(node, catalog, async (table) => {
      const undo = await undoNotNull(node, catalog, table, [columnOf(node)]);
      return undo.length === 0 ? nothingToUndo : exactly(...undo);
    }),
});

function columnOf({ command }: TableCommand): string {
  return parts(constraintOf(command)?.keys)[0] ?? "";
}
