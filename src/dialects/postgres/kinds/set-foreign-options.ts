// OPTIONS (ADD ..., SET ..., DROP ...) of a foreign table or of one of its columns.

import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { alter, columnName, onTable, tableLock, tableName } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { literal, quote } from "../names.ts";
import { optionsOf } from "../options.ts";

export const kind = defineKind<TableCommand>({
  kind: "set-foreign-options",
  node: ["AlterTableStmt/AT_GenericOptions", "AlterTableStmt/AT_AlterColumnGenericOptions"],
  describe: (node) => ({
    changes: [
      {
        kind: "set-foreign-options",
        object: node.command.name ? columnName(node) : tableName(node),
      },
    ],
    locks: tableLock(node),
    undo: nothingToUndo,
  }),
  recall: (node, catalog) =>
    onTable(node, catalog, async (table) => {
      const { name = null } = node.command;
      const found = await catalog.rows<{ name: string; value: string }>(
        `SELECT o.option_name AS name, o.option_value AS value
         FROM pg_options_to_table(CASE WHEN $2::name IS NULL
           THEN (SELECT ftoptions FROM pg_foreign_table WHERE ftrelid = $1::oid)
           ELSE (SELECT attfdwoptions FROM pg_attribute
                   WHERE attrelid = $1::oid AND attname = $2::name) END) o`,
        [table.oid, name],
      );
      const before = new Map(found.map((each) => [each.name, each.value]));
      const back = optionsSql(node, before);
      if (back.length === 0) return nothingToUndo;
      const where = name === null ? "" : `ALTER COLUMN ${quote(name)} `;
      return exactly(alter(node, `${where}OPTIONS (${back.join(", ")})`, table));
    }),
});

function optionsSql({ command }: TableCommand, before: Map<string, string>): string[] {
  const list = command.def && "List" in command.def ? command.def.List.items : [];
  return [...optionsOf(list)].flatMap(([name, { defaction }]) => {
    const old = before.get(name);
    if (old === undefined) return [`DROP ${quote(name)}`];
    return [`${defaction === "DEFELEM_DROP" ? "ADD" : "SET"} ${quote(name)} ${literal(old)}`];
  });
}
