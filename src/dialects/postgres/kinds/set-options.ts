// Storage parameters of tables, indexes and views: SET (...) and RESET (...).

import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { alter, onTable, tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { optionNames, restoreOptions } from "../options.ts";

export const kind = defineKind<TableCommand>({
  kind: "set-options",
  node: ["AlterTableStmt/AT_SetRelOptions", "AlterTableStmt/AT_ResetRelOptions"],
  describe: (node) => ({
    changes: [{ kind: "set-options", object: tableName(node) }],
    locks: tableLock(node, "SHARE UPDATE EXCLUSIVE"),
    undo: exactly(
      ...restoreOptions([], optionNames(node.command.def)).map((clause) => alter(node, clause)),
    ),
  }),
  recall: (node, catalog) =>
    onTable(node, catalog, async (table) => {
      // Options of the TOAST table are set through its owner, under a prefix.
      const [found] = await catalog.rows<{ options: string[] }>(
        `SELECT coalesce(c.reloptions, '{}') || ARRAY(SELECT 'toast.' || o
           FROM pg_class t, unnest(t.reloptions) o WHERE t.oid = c.reltoastrelid) AS options
         FROM pg_class c WHERE c.oid = $1::oid`,
        [table.oid],
      );
      if (!found) return nothingToUndo;
      const clauses = restoreOptions(found.options, optionNames(node.command.def));
      return exactly(...clauses.map((clause) => alter(node, clause, table)));
    }),
});
