// After NO INHERIT the columns count as the child's own, and INHERIT does not change that back.

import { exactly, nothingToUndo, type Undo } from "../../../core/plan.ts";
import { alter, onTable, tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { relationName, relationSql } from "../names.ts";
import { findRelation } from "../relation.ts";

export const kind = defineKind<TableCommand>({
  kind: "drop-inherit",
  node: "AlterTableStmt/AT_DropInherit",
  describe: (node) => ({
    changes: [{ kind: "drop-inherit", object: tableName(node) }],
    locks: [
      ...tableLock(node),
      { table: relationName(parentOf(node)), mode: "SHARE UPDATE EXCLUSIVE" },
    ],
    undo: exactly(alter(node, `INHERIT ${relationSql(parentOf(node))}`)),
  }),
  recall: (node, catalog) =>
    onTable(node, catalog, async (table): Promise<Undo> => {
      const parent = await findRelation(catalog, parentOf(node));
      if (!parent) return nothingToUndo;
      const back = exactly(alter(node, `INHERIT ${parent.sql}`, table));
      const inherited = await catalog.rows(
        `SELECT FROM pg_attribute WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped
           AND NOT attislocal AND attinhcount = 1`,
        [table.oid],
      );
      if (inherited.length === 0 || back.kind !== "exact") return back;
      const loss = {
        object: `inheritance of ${table.shown}`,
        why: "its columns stay when they are dropped from the parent, which they would not have",
        rows: null,
        whenUndone: true,
      };
      return { kind: "lossy", sql: back.sql, losses: [loss] };
    }),
});

function parentOf({ command }: TableCommand) {
  return command.def && "RangeVar" in command.def ? command.def.RangeVar : {};
}
