import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { alter, columnName, onTable, tableLock } from "../alter-table.ts";
import { constraintBack } from "../constraint-back.ts";
import { recreateConstraint } from "../constraint-definition.ts";
import { columnInFamily, isOnly } from "../family.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";
import { notNullConstraint } from "../not-null.ts";

export const kind = defineKind<TableCommand>({
  kind: "drop-not-null",
  node: "AlterTableStmt/AT_DropNotNull",
  describe: (node) => ({
    changes: [{ kind: "drop-not-null", object: columnName(node) }],
    locks: tableLock(node),
    undo: exactly(alter(node, `ALTER COLUMN ${quote(node.command.name ?? "")} SET NOT NULL`)),
  }),
  recall: (node, catalog) =>
    onTable(node, catalog, async (table) => {
      const column = node.command.name ?? "";
      const members = await columnInFamily(catalog, table, column, "a.attnotnull", isOnly(node));
      const [own] = members;
      if (own?.value !== "true") return nothingToUndo;
      const constraint = await notNullConstraint(catalog, own);
      // Its name, comment and NO INHERIT are more than SET NOT NULL would bring back.
      const again = constraint
        ? await recreateConstraint(catalog, constraint.oid)
        : [alter(node, `ALTER COLUMN ${quote(column)} SET NOT NULL`, table)];
      const name = constraint?.name ?? `NOT NULL of ${column}`;
      const returning = { again, name, table: table.sql, type: "n", column };
      return { kind: "exact", sql: await constraintBack(catalog, returning) };
    }),
});
