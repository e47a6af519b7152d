import type { ColumnDef, Constraint } from "@pgsql/types";
import { exactly, type Lock, nothingToUndo } from "../../../core/plan.ts";
import { alter, columnName, onTable, tableLock } from "../alter-table.ts";
import { isVolatile } from "../functions.ts";
import { defineKind, type Lookup, type TableCommand } from "../kind.ts";
import { parts, quote, relationName } from "../names.ts";
import type { Relation } from "../relation.ts";

export const kind = defineKind<TableCommand>({
  kind: "add-column",
  node: "AlterTableStmt/AT_AddColumn",
  matches: ({ statement }) => statement.objtype !== "OBJECT_TYPE",
  describe(node) {
    const column = columnOf(node);
    const constraints = constraintsOf(column);
    return {
      changes: [{ kind: "add-column", object: columnName(node, column.colname) }],
      locks: [...tableLock(node), ...referencedLocks(constraints)],
      scans: constraints.some(({ contype }) => contype === "CONSTR_CHECK"),
      rewrites: rewrites(column, constraints),
      undo: exactly(alter(node, `DROP COLUMN ${quote(column.colname ?? "")}`)),
    };
  },
  recall: (node, catalog) =>
    onTable(node, catalog, async (table) => {
      const { colname = "" } = columnOf(node);
      const passesOver = node.command.missing_ok && (await hasColumn(catalog, table, colname));
      if (passesOver) return nothingToUndo;
      return exactly(alter(node, `DROP COLUMN ${quote(colname)}`, table));
    }),
});

async function hasColumn(catalog: Lookup, table: Relation, column: string): Promise<boolean> {
  const found = await catalog.rows(
    `SELECT FROM pg_attribute WHERE attrelid = $1::oid AND attname = $2::name
       AND NOT attisdropped`,
    [table.oid, column],
  );
  return found.length > 0;
}

function columnOf({ command }: TableCommand): ColumnDef {
  return command.def && "ColumnDef" in command.def ? command.def.ColumnDef : {};
}

function constraintsOf(column: ColumnDef): Constraint[] {
  return (column.constraints ?? []).flatMap((each) =>
    "Constraint" in each ? [each.Constraint] : [],
  );
}

function referencedLocks(constraints: readonly Constraint[]): Lock[] {
  return constraints.flatMap(({ pktable }) =>
    pktable ? [{ table: relationName(pktable), mode: "SHARE ROW EXCLUSIVE" as const }] : [],
  );
}

const serials = /^(small|big)?serial[248]?$/;

/** Whether it writes the table anew: constants and what is one value per statement go into the catalog; all else goes into every row. */
export function rewrites(column: ColumnDef, constraints: readonly Constraint[]): boolean {
  const type = parts(column.typeName?.names).at(-1) ?? "";
  return (
    serials.test(type) ||
    constraints.some(
      ({ contype, generated_kind, raw_expr }) =>
        contype === "CONSTR_IDENTITY" ||
        (contype === "CONSTR_GENERATED" && generated_kind !== "v") ||
        (contype === "CONSTR_DEFAULT" && isVolatile(raw_expr)),
    )
  );
}
