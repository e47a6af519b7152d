import { describeDefault, recallDefault } from "../column-default.ts";
import { defineKind, type TableCommand } from "../kind.ts";

export const kind = defineKind<TableCommand>({
  kind: "set-default",
  node: "AlterTableStmt/AT_ColumnDefault",
  matches: ({ command }) => command.def !== undefined,
  describe: (node) => describeDefault(node, "set-default"),
  recall: recallDefault,
});
