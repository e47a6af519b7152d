import { exactly } from "../../../core/plan.ts";
import { alter, onTable, tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { relationName, relationSql } from "../names.ts";

export const kind = defineKind<TableCommand>({
  kind: "add-inherit",
  node: "AlterTableStmt/AT_AddInherit",
  describe(node) {
    return {
      changes: [{ kind: "add-inherit", object: tableName(node) }],
      locks: [
        ...tableLock(node),
        { table: relationName(parentOf(node)), mode: "SHARE UPDATE EXCLUSIVE" },
      ],
      undo: exactly(alter(node, `NO INHERIT ${relationSql(parentOf(node))}`)),
    };
  },
  recall: (node, catalog) =>
    onTable(node, catalog, (table) =>
      exactly(alter(node, `NO INHERIT ${relationSql(parentOf(node))}`, table)),
    ),
});

function parentOf({ command }: TableCommand) {
  return command.def && "RangeVar" in command.def ? command.def.RangeVar : {};
}
