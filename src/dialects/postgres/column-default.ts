// Owns: undoing a change of a column's default: the one that was there is put back.

import { exactly, nothingToUndo, type Undo } from "../../core/plan.ts";
import { alter, columnName, onTable, tableLock } from "./alter-table.ts";
import { columnInFamily, isOnly, restoreMembers } from "./family.ts";
import type { Description, Lookup, TableCommand, Unsettled } from "./kind.ts";
import { quote } from "./names.ts";

export function describeDefault(node: TableCommand, kind: string): Description {
  const column = quote(node.command.name ?? "");
  return {
    changes: [{ kind, object: columnName(node) }],
    locks: tableLock(node),
    // Right for a column that had none; the catalog knows better.
    undo: exactly(alter(node, `ALTER COLUMN ${column} DROP DEFAULT`)),
  };
}

export function recallDefault(node: TableCommand, catalog: Lookup): Promise<Undo | Unsettled> {
  return onTable(node, catalog, async (table) => {
    const column = node.command.name ?? "";
    // A type change in the same statement puts the default back itself, behind the type.
    if (changesType(node, column)) return nothingToUndo;
    const expression = "pg_get_expr(d.adbin, d.adrelid)";
    const members = await columnInFamily(catalog, table, column, expression, isOnly(node));
    return restoreMembers(node, members, column, defaultClause);
  });
}

export function defaultClause(expression: string | null): string {
  return expression === null ? "DROP DEFAULT" : `SET DEFAULT ${expression}`;
}

function changesType({ statement }: TableCommand, column: string): boolean {
  return (statement.cmds ?? []).some(
    (each) =>
      "AlterTableCmd" in each &&
      each.AlterTableCmd.subtype === "AT_AlterColumnType" &&
      each.AlterTableCmd.name === column,
  );
}
