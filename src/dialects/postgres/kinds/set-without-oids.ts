// SET WITHOUT OIDS: since 12 no table has any, and the server accepts it as a word of the past.

import { nothingToUndo } from "../../../core/plan.ts";
import { tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";

export const kind = defineKind<TableCommand>({
  kind: "set-without-oids",
  node: "AlterTableStmt/AT_DropOids",
  describe: (node) => ({
    changes: [{ kind: "set-without-oids", object: tableName(node) }],
    locks: tableLock(node),
    undo: nothingToUndo,
  }),
});
