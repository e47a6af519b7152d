// Owns: undoing ALTER TABLE commands that change one attribute of a table: the old value is put back.

import { exactly, nothingToUndo, type Undo } from "../../core/plan.ts";
import { alter, onTable } from "./alter-table.ts";
import { columnInFamily, isOnly, restoreMembers } from "./family.ts";
import type { Lookup, TableCommand, Unsettled } from "./kind.ts";

/** `value` is an SQL expression over `c` (pg_class); `clause` says how to get back to it. */
export function recallTable(
  node: TableCommand,
  catalog: Lookup,
  value: string,
  clause: (value: string | null) => string | undefined,
): Promise<Undo | Unsettled> {
  return onTable(node, catalog, async (table) => {
    const [found] = await catalog.rows<{ value: string | null }>(
      `SELECT (${value})::text AS value FROM pg_class c WHERE c.oid = $1::oid`,
      [table.oid],
    );
    const back = found && clause(found.value);
    return back === undefined ? nothingToUndo : exactly(alter(node, back, table));
  });
}

/** The same for a column, with the children that the command reaches; see {@link columnInFamily}. */
export function recallColumn(
  node: TableCommand,
  catalog: Lookup,
  value: string,
  clause: (value: string | null) => string,
): Promise<Undo | Unsettled> {
  return onTable(node, catalog, async (table) => {
    const column = node.command.name ?? "";
    const members = await columnInFamily(catalog, table, column, value, isOnly(node));
    return restoreMembers(node, members, column, clause);
  });
}
