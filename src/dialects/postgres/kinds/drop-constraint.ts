import { exactly, nothingToUndo, type Undo } from "../../../core/plan.ts";
import { columnName, onTable, tableLock } from "../alter-table.ts";
import { constraintBack } from "../constraint-back.ts";
import { findConstraint, recreateConstraint } from "../constraint-definition.ts";
import { recreateDependents } from "../dependents.ts";
import { defineKind, type Lookup, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";

/** Whether this very transaction has made it. */
async function isOwn(catalog: Lookup, oid: string): Promise<boolean> {
  // What a constraint depends on is written once, with it.
  const found = await catalog.rows(
    `SELECT FROM pg_depend WHERE classid = 'pg_constraint'::regclass AND objid = $1::oid
       AND xmin = pg_current_xact_id_if_assigned()::xid`,
    [oid],
  );
  return found.length > 0;
}

/**
 * Nothing has to hold in between, where the rows may not be those for which it was made; the undo of
 * the statement that made it only wants something of that name to drop.
 */
const standIn = (table: string, name: string) =>
  exactly(`ALTER TABLE ${table} ADD CONSTRAINT ${quote(name)} CHECK (true) NOT VALID`);

export const kind = defineKind<TableCommand>({
  kind: "drop-constraint",
  node: "AlterTableStmt/AT_DropConstraint",
  describe: (node) => ({
    changes: [{ kind: "drop-constraint", object: columnName(node) }],
    locks: tableLock(node),
    // The definition is in the catalog.
    undo: nothingToUndo,
  }),
  recall: (node, catalog) =>
    onTable(node, catalog, async (table): Promise<Undo> => {
      const name = node.command.name ?? "";
      const found = await findConstraint(catalog, table, name);
      if (found === undefined) return nothingToUndo;
      const { oid, type } = found;
      if (type === "c" && (await isOwn(catalog, oid))) return standIn(table.sql, name);
      const returning = {
        again: await recreateConstraint(catalog, oid),
        name,
        table: table.sql,
        type,
      };
      const again: Undo = { kind: "exact", sql: await constraintBack(catalog, returning) };
      if (node.command.behavior !== "DROP_CASCADE") return again;
      const address = { catalog: "pg_constraint", oid };
      return recreateDependents(catalog, address, again, `constraint ${columnName(node)}`);
    }),
});
