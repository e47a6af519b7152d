// Owns: the table of conflicts, what an undo could not bring back because of later writes, and the
// SQL that records one.

import { literal } from "../names.ts";
import type { ShelfId } from "../shelf-names.ts";
import type { Column, oldCell } from "./cells.ts";
import { type Target, visible } from "./targets.ts";

/** In the journal's schema; conflicts are not recorded where it does not exist. */
export const conflictTable = `CREATE TABLE IF NOT EXISTS belay.conflict (
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Eight hexadecimal digits: the statement whose rows were captured.
  shelf text NOT NULL,
  -- The table, for people.
  target text NOT NULL,
  -- By column; the row's key now, or that of the row that could not come back.
  key jsonb NOT NULL,
  -- The cells in question; null: the whole row.
  columns text[],
  -- By column: as the migration left them, as they were before it, as they are now. Null: no row.
  base jsonb,
  theirs jsonb,
  ours jsonb,
  -- What was done about it: kept newer | restored | parked.
  resolution text NOT NULL,
  -- changed since | deleted since | key taken | unique value taken | referenced | the server's error.
  why text NOT NULL
)`;

/**
 * What a rollback does where a cell or row is not as the migration left it. Set for the transaction;
 * the functions of an undo ask for it when they run.
 */
const policySetting = "pg_catalog.current_setting('belay.on_conflict', true)";

/** True where what was there before the migration is to return over what was written since. */
export const restores = `coalesce(${policySetting} = 'restore', false)`;

/**
 * INSERT of conflicts; `select` gives key, columns, base, theirs, ours and why, and its FROM.
 * `restored`: a condition under which the older value returns where the policy wants it.
 */
export function conflictInsert(
  id: ShelfId,
  target: Target,
  select: string,
  restored = "false",
): string {
  return `INSERT INTO belay.conflict
     (shelf, target, resolution, key, columns, base, theirs, ours, why)
   SELECT ${literal(id)}, ${literal(target.shown)},
     CASE WHEN ${restores} AND (${restored}) THEN 'restored'
       WHEN ${policySetting} = 'park' THEN 'parked' ELSE 'kept newer' END, ${select}`;
}

export interface CellsOf {
  column: Column;
  at: number;
}

/** A row as jsonb, from images (`o`, `n`) or from the table. */
export function rowJson(target: Target, value: (cell: CellsOf) => string): string {
  const cells = visible(target).map(
    (cell) => `(${literal(cell.column.name)}, pg_catalog.to_jsonb(${value(cell)}))`,
  );
  return `(SELECT pg_catalog.jsonb_object_agg(c.name, c.value) FROM (VALUES ${cells.join(", ")}) AS c(name, value))`;
}

export function keyJson(target: Target, image: string, which: typeof oldCell): string {
  const cells = target.key.map(
    ({ at, column }) => `(${literal(column.name)}, pg_catalog.to_jsonb(${image}.${which(at)}))`,
  );
  return `(SELECT pg_catalog.jsonb_object_agg(c.name, c.value) FROM (VALUES ${cells.join(", ")}) AS c(name, value))`;
}
