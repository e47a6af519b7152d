// ENABLE, DISABLE, FORCE and NO FORCE ROW LEVEL SECURITY.

import type { AlterTableType } from "@pgsql/types";
import { exactly } from "../../../core/plan.ts";
import { alter, tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { recallTable } from "../table-attribute.ts";

const enabling: readonly (AlterTableType | undefined)[] = [
  "AT_EnableRowSecurity",
  "AT_DisableRowSecurity",
];

export const kind = defineKind<TableCommand>({
  kind: "row-security",
  node: [
    "AlterTableStmt/AT_EnableRowSecurity",
    "AlterTableStmt/AT_DisableRowSecurity",
    "AlterTableStmt/AT_ForceRowSecurity",
    "AlterTableStmt/AT_NoForceRowSecurity",
  ],
  describe: (node) => ({
    changes: [{ kind: "row-security", object: tableName(node) }],
    locks: tableLock(node),
    undo: exactly(alter(node, clause(node, "false"))),
  }),
  recall: (node, catalog) =>
    recallTable(
      node,
      catalog,
      enabling.includes(node.command.subtype) ? "c.relrowsecurity" : "c.relforcerowsecurity",
      (value) => clause(node, value),
    ),
});

function clause({ command }: TableCommand, value: string | null): string {
  const on = value === "true";
  const word = enabling.includes(command.subtype)
    ? on
      ? "ENABLE"
      : "DISABLE"
    : on
      ? "FORCE"
      : "NO FORCE";
  return `${word} ROW LEVEL SECURITY`;
}
