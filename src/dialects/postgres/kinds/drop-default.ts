import { describeDefault, recallDefault } from "../column-default.ts";
import { defineKind, type TableCommand } from "../kind.ts";

export const kind = defineKind<TableCommand>({
  kind: "drop-default",
  node: "AlterTableStmt/AT_ColumnDefault",
  matches: ({ command }) => command.def === undefined,
  describe: (node) => describeDefault(node, "drop-default"),
  recall: recallDefault,
});
