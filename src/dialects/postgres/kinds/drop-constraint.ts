import { nothingToUndo, type Undo, type UndoStatement } from "../../../core/plan.ts";
import { dropSql } from "../added-constraint.ts";
import { columnName, onTable, tableLock } from "../alter-table.ts";
import { constraintBack } from "../constraint-back.ts";
import { findConstraint, recreateConstraint } from "../constraint-definition.ts";
import { recreateDependents } from "../dependents.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";
import type { Relation } from "../relation.ts";

/**
 * A check that the migration itself has made need not hold between the two undos, where the rows may
 * not be those for which it was made; the earlier one only wants something of that name to drop.
 */
function unlessOwn(
  node: TableCommand,
  table: Relation,
  type: string,
  again: readonly UndoStatement[],
): UndoStatement[] {
  if (type !== "c") return [...again];
  const name = node.command.name ?? "";
  const madeBefore = dropSql(node, name, table);
  const sql = `ALTER TABLE ${table.sql} ADD CONSTRAINT ${quote(name)} CHECK (true) NOT VALID`;
  return again.map((each, index) => ({
    ...each,
    ownInstead: { madeBefore, ...(index === 0 && { sql }) },
  }));
}

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
      const again: Undo = { kind: "exact", sql: unlessOwn(node, table, type, back) };
      if (node.command.behavior !== "DROP_CASCADE") return again;
      const address = { catalog: "pg_constraint", oid };
      return recreateDependents(catalog, address, again, `constraint ${columnName(node)}`);
    }),
});
