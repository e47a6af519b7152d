import { nothingToUndo, type Undo } from "../../../core/plan.ts";
import { dropSql } from "../added-constraint.ts";
import { columnName, onTable, tableLock } from "../alter-table.ts";
import { constraintBack } from "../constraint-back.ts";
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
      const name = node.command.name ?? "";
      const found = await findConstraint(catalog, table, name);
      if (found === undefined) return nothingToUndo;
      const { oid, type } = found;
      const returning = {
        again: await recreateConstraint(catalog, oid),
        name,
        table: table.sql,
        type,
      };
      const back = await constraintBack(catalog, returning);
      // Between the two undos the rows may not be those for which it was made.
      const unlessMadeBy = dropSql(node, name, table, catalog.shelf !== undefined);
      const again: Undo = { kind: "exact", sql: back.map((each) => ({ ...each, unlessMadeBy })) };
      if (node.command.behavior !== "DROP_CASCADE") return again;
      const address = { catalog: "pg_constraint", oid };
      return recreateDependents(catalog, address, again, `constraint ${columnName(node)}`);
    }),
});
