import { exactly, nothingToUndo, type Undo } from "../../../core/plan.ts";
import { columnName, onTable, tableLock } from "../alter-table.ts";
import { findConstraint, recreateConstraint } from "../constraint-definition.ts";
import { recreateDependents } from "../dependents.ts";
import { defineKind, type TableCommand } from "../kind.ts";

export const kind = defineKind<TableCommand>({
  kind: "drop-constraint",
  node: "AlterTableStmt/AT_DropConstraint",
  describe: (node) => ({
    changes: [{ kind: "drop-constraint", object: columnName(node) }],
    locks: tableLock(node),
    // The definition is in the catalog.
    undo: nothingToUndo,
  }),
  recall: (node, catalog) =>
    onTable(node, catalog, async (table): Promise<Undo> => {
      const oid = await findConstraint(catalog, table, node.command.name ?? "");
      if (oid === undefined) return nothingToUndo;
      const again = exactly(...(await recreateConstraint(catalog, oid)));
      if (node.command.behavior !== "DROP_CASCADE") return again;
      const address = { catalog: "pg_constraint", oid };
      return recreateDependents(catalog, address, again, `constraint ${columnName(node)}`);
    }),
});
