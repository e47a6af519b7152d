// Owns: giving rows that are born while a column is hidden the value that their author wants, when it
// returns. A second hidden column tells them from the rows that were there before, whose NULLs are
// theirs: it is added without a default, and gets one then, so that no row is touched.

import { inTransaction, type Question, type UndoStatement } from "../../core/plan.ts";
import { doBlock } from "./capture/shelf.ts";
import type { Lookup } from "./kind.ts";
import { literal, quote } from "./names.ts";
import type { Relation } from "./relation.ts";
import { rowKey } from "./row-key.ts";
import type { ShelfId } from "./shelf-names.ts";

export interface BornRows {
  table: Relation;
  column: string;
  number: number;
  /** SQL expression over the table's columns. */
  fill: string;
  /** Unquoted. */
  marker: string;
}

/** Trouble with locks, limits, the server or the connection; all else says something of the row. */
const isTrouble = "left(SQLSTATE, 2) IN ('08', '25', '40', '53', '54', '55', '57', '58', 'XX')";

export async function fillBorn(
  catalog: Lookup,
  id: ShelfId,
  { table, column, number, fill, marker }: BornRows,
): Promise<{ away: string[]; back: UndoStatement[] }> {
  const alter = `ALTER TABLE ${table.sql}`;
  const [name, born] = [quote(column), quote(marker)];
  const update = `UPDATE ${table.sql} SET ${name} = (${fill}) WHERE ${born} AND ${name} IS NULL`;
  const key = await rowKey(catalog, table);
  const row = "tableoid = belay_row.tableoid AND ctid = belay_row.ctid";
  const told = [id, table.sql].map(literal).join(", ");
  const failures: Question = {
    what: "violations",
    object: `fill of ${table.schema}.${table.name}.${column}`,
    sql: null,
    reads: [],
  };
  // All at once, and one by one where that fails. Deferred checks would still hold the table at its end.
  const block = `#variable_conflict use_column
DECLARE
  belay_row record;
BEGIN
  SET CONSTRAINTS ALL IMMEDIATE;
  BEGIN
    ${update};
  EXCEPTION WHEN OTHERS THEN
    IF ${isTrouble} THEN RAISE; END IF;
    FOR belay_row IN SELECT tableoid, ctid FROM ${table.sql} WHERE ${born} AND ${name} IS NULL LOOP
      BEGIN
        ${update} AND ${row};
      EXCEPTION WHEN OTHERS THEN
        IF ${isTrouble} THEN RAISE; END IF;
        INSERT INTO belay.conflict (shelf, target, key, columns, resolution, why)
          SELECT ${told}, ${key}, ARRAY[${literal(column)}], 'left empty, its fill failed: ' || SQLERRM, SQLERRM
          FROM ${table.sql} WHERE ${row};
      END;
    END LOOP;
  END;
  ${alter} DROP COLUMN ${born};
END`;
  return {
    away: [
      // What the server would refuse in the end it refuses here.
      `EXPLAIN ${update.replace(` WHERE ${born} AND`, " WHERE")}`,
      `${alter} ADD COLUMN ${born} boolean`,
      `${alter} ALTER COLUMN ${born} SET DEFAULT true`,
    ],
    back: [
      {
        ...inTransaction(doBlock(block)),
        merges: [table.sql],
        locks: [{ table: table.sql, mode: "ACCESS EXCLUSIVE" }],
        asks: [bornRows(table, { column, number, marker }), failures],
      },
    ],
  };
}

/** Rows without a value; of those that were born, where there is a marker. */
export function bornRows(
  table: Relation,
  { column, number, marker }: { column: string; number: number; marker?: string },
): Question {
  const isBorn = marker === undefined ? "" : ` AND ${quote(marker)}`;
  return {
    what: "rows",
    object: `${table.schema}.${table.name}`,
    sql: `SELECT pg_catalog.count(*) FROM asked_1 WHERE ${quote(column)} IS NULL${isBorn}`,
    reads: [
      {
        oid: table.oid,
        columns: [{ name: column, number }, ...(marker === undefined ? [] : [{ name: marker }])],
      },
    ],
  };
}
