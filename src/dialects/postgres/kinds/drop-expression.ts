// The values stay, but a column can become generated only when it is added: the undo adds it anew,
// computed again from the same expression, and last in its table.

import { inTransaction, nothingToUndo, type Undo } from "../../../core/plan.ts";
import { alter, columnName, onTable, tableLock } from "../alter-table.ts";
import { columnFacts, recreateColumn } from "../column-definition.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";
import { countRows } from "../row-count.ts";

const why = "values written since are replaced by computed ones, and the column moves to the end";

export const kind = defineKind<TableCommand>({
  kind: "drop-expression",
  node: "AlterTableStmt/AT_DropExpression",
  describe: (node) => ({
    changes: [{ kind: "drop-expression", object: columnName(node) }],
    locks: tableLock(node),
    undo: {
      kind: "lossy",
      sql: [],
      losses: [{ object: `column ${columnName(node)}`, why, rows: null, whenUndone: true }],
    },
  }),
  recall: (node, catalog) =>
    onTable(node, catalog, async (table): Promise<Undo> => {
      const column = node.command.name ?? "";
      const facts = await columnFacts(catalog, table, column);
      if (!facts || facts.generated === "") return nothingToUndo;
      const again = await recreateColumn(catalog, table, column, false);
      return {
        kind: "lossy",
        sql: [alter(node, `DROP COLUMN ${quote(column)}`, table), ...again].map(inTransaction),
        losses: [
          {
            object: `column ${columnName(node)}`,
            why,
            ...(await countRows(catalog, table)),
            whenUndone: true,
          },
        ],
      };
    }),
});
