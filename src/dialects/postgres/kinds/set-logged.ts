// SET LOGGED and SET UNLOGGED.

import { exactly } from "../../../core/plan.ts";
import { alter, tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { recallTable } from "../table-attribute.ts";

const words: Record<string, string> = { p: "SET LOGGED", u: "SET UNLOGGED" };

export const kind = defineKind<TableCommand>({
  kind: "set-logged",
  node: ["AlterTableStmt/AT_SetLogged", "AlterTableStmt/AT_SetUnLogged"],
  describe: (node) => ({
    changes: [{ kind: "set-logged", object: tableName(node) }],
    locks: tableLock(node),
    scans: true,
    rewrites: true,
    undo: exactly(
      alter(node, node.command.subtype === "AT_SetLogged" ? "SET UNLOGGED" : "SET LOGGED"),
    ),
  }),
  recall: (node, catalog) =>
    recallTable(node, catalog, "c.relpersistence", (value) => words[value ?? ""]),
});
