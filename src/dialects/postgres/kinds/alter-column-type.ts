import type { ColumnDef } from "@pgsql/types";
import { columnName, tableLock } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { parts } from "../names.ts";
import { recallTypeChange } from "../type-change-undo.ts";
import { usingOf } from "../type-using.ts";

export const kind = defineKind<TableCommand>({
  kind: "alter-column-type",
  node: "AlterTableStmt/AT_AlterColumnType",
  matches: ({ statement }) => statement.objtype !== "OBJECT_TYPE",
  describe: (node) => ({
    changes: [{ kind: "alter-column-type", object: columnName(node) }],
    locks: tableLock(node),
    // Some changes only touch the catalog; which, depends on the type that is there.
    scans: true,
    rewrites: true,
    undo: mayWiden(node)
      ? { kind: "exact", sql: [] }
      : { kind: "lossy", sql: [], losses: [lossOf(node)] },
  }),
  recall: (node, catalog) => recallTypeChange(node, catalog, lossOf(node)),
});

/** What one changes to without loss from most types. */
const wide = ["text", "int8", "numeric", "varchar", "timestamptz"];

function mayWiden({ command }: TableCommand): boolean {
  const definition: ColumnDef =
    command.def && "ColumnDef" in command.def ? command.def.ColumnDef : {};
  const type = parts(definition.typeName?.names).at(-1) ?? "";
  return wide.includes(type) && usingOf(definition, command.name ?? "").form !== "other";
}

function lossOf(node: TableCommand) {
  return {
    object: `column ${columnName(node)}`,
    why: "the new type does not keep every value of the old one",
    rows: null,
  };
}
