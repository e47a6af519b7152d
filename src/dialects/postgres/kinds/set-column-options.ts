// ALTER COLUMN ... SET (n_distinct = ...) and RESET.

import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { alter, columnName, onTable, tableLock } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";
import { optionNames, restoreOptions, setByPeople } from "../options.ts";

export const kind = defineKind<TableCommand>({
  kind: "set-column-options",
  node: ["AlterTableStmt/AT_SetOptions", "AlterTableStmt/AT_ResetOptions"],
  describe: (node) => ({
    changes: [{ kind: "set-column-options", object: columnName(node) }],
    locks: tableLock(node, "SHARE UPDATE EXCLUSIVE"),
    undo: exactly(
      ...restoreOptions([], optionNames(node.command.def)).map((clause) =>
        alter(node, `ALTER COLUMN ${quote(node.command.name ?? "")} ${clause}`),
      ),
    ),
  }),
  recall: (node, catalog) =>
    onTable(node, catalog, async (table) => {
      const column = node.command.name ?? "";
      const [found] = await catalog.rows<{ options: string[] | null }>(
        `SELECT ${setByPeople("attoptions")} AS options FROM pg_attribute
         WHERE attrelid = $1::oid AND attname = $2::name`,
        [table.oid, column],
      );
      if (!found) return nothingToUndo;
      const clauses = restoreOptions(found.options ?? [], optionNames(node.command.def));
      return exactly(
        ...clauses.map((clause) => alter(node, `ALTER COLUMN ${quote(column)} ${clause}`, table)),
      );
    }),
});
