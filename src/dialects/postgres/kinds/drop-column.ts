// A dropped column's values are gone, so the undo is lossy; its SQL puts the structure back, for
// whoever accepts the loss. The column then stands last in its table.

import { inTransaction, nothingToUndo, type Undo } from "../../../core/plan.ts";
import { columnName, onTable, tableLock } from "../alter-table.ts";
import { refusingDomain } from "../born-value.ts";
import { type ColumnFacts, columnFacts, recreateColumn } from "../column-definition.ts";
import { recreateDependents } from "../dependents.ts";
import { isOnly } from "../family.ts";
import { hideColumn } from "../hide-column.ts";
import { defineKind, type Lookup, type TableCommand } from "../kind.ts";
import type { Relation } from "../relation.ts";
import { countRows } from "../row-count.ts";
import { unlessUnfit } from "../unless-violated.ts";

export const kind = defineKind<TableCommand>({
  kind: "drop-column",
  node: "AlterTableStmt/AT_DropColumn",
  matches: ({ statement }) => statement.objtype !== "OBJECT_TYPE",
  describe(node) {
    const object = `column ${columnName(node)}`;
    return {
      changes: [{ kind: "drop-column", object: columnName(node) }],
      locks: tableLock(node),
      undo: {
        kind: "lossy",
        sql: [],
        losses: [{ object, why: "DROP COLUMN removes its values", rows: null }],
      },
    };
  },
  recall: (node, catalog) => onTable(node, catalog, (table) => recallColumn(node, catalog, table)),
});

/** Added again it stands last, and only then where it stood. */
async function isLast(catalog: Lookup, table: Relation, { number }: { number: number }) {
  const later = await catalog.rows(
    "SELECT FROM pg_attribute WHERE attrelid = $1::oid AND attnum > $2 AND NOT attisdropped",
    [table.oid, number],
  );
  return later.length === 0;
}

async function recallColumn(node: TableCommand, catalog: Lookup, table: Relation): Promise<Undo> {
  const column = node.command.name ?? "";
  const facts = await columnFacts(catalog, table, column);
  if (!facts) return nothingToUndo;
  const cascade = node.command.behavior === "DROP_CASCADE";
  const fill = catalog.fillOf?.(column);
  const id = isOnly(node) || !catalog.whole ? undefined : catalog.shelf?.();
  const hidden = id && (await hideColumn(catalog, id, table, column, { cascade, fill }));
  if (hidden) return hidden;
  const object = `column ${columnName(node)}`;
  const all = await countRows(catalog, table);
  const held = await countRows(catalog, table, column);
  const unfilled = facts.notNull && facts.expression === null && facts.identity === "";
  const unused = fill === undefined ? "" : "; it is not hidden, so belay:fill has nothing to fill";
  const loss = { object, why: whyLost(facts, unfilled && all.rows !== 0) + unused, ...held };
  const sql = await recreateColumn(catalog, table, column, all.rows === 0);
  // Computed for rows that were written since, it may fail; and a domain may refuse to be empty.
  const refuses = await refusingDomain(catalog, table, facts.number);
  const mayFail = facts.generated !== "" ? catalog.shelf !== undefined : refuses !== undefined;
  const bears = mayFail && !cascade;
  const why = `column ${column} is not there again`;
  const conflict = { shelf: "", table: table.sql, column, why };
  const back = bears ? [unlessUnfit(sql, conflict)] : sql.map(inTransaction);
  if (bears && facts.generated !== "" && (await isLast(catalog, table, facts)))
    return { kind: "exact", sql: back };
  const again: Undo = { kind: "lossy", sql: back, losses: [loss] };
  if (!cascade) return again;
  const address = { catalog: "pg_class", oid: table.oid, subid: facts.number };
  return recreateDependents(catalog, address, again, object);
}

function whyLost({ generated }: ColumnFacts, isBound: boolean): string {
  if (generated !== "") return "made again and computed anew, it stands last";
  return isBound
    ? "DROP COLUMN removes its values; rows without one keep NOT NULL from being put back"
    : "DROP COLUMN removes its values";
}
