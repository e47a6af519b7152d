// Owns: the SQL that records a conflict: what an undo could not bring back because of later writes.
// The table is the journal's; where it does not exist, none is recorded.

import { literal } from "../names.ts";
import type { ShelfId } from "../shelf-names.ts";
import type { Column, oldCell } from "./cells.ts";
import { type Target, visible } from "./targets.ts";

/**
 * What a rollback does where a cell or row is not as the migration left it. Set for the transaction;
 * the functions of an undo ask for it when they run.
 */
export const policySetting = "pg_catalog.current_setting('belay.on_conflict', true)";

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
       WHEN ${policySetting} = 'park' THEN 'parked' ELSE ${literal(target.resolution ?? "kept newer")} END, ${select}`;
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
