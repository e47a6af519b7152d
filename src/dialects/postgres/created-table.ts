// Owns: undoing the creation of a table, however it is written.

import type { RangeVar } from "@pgsql/types";
import { exactly, nothingToUndo, type Undo } from "../../core/plan.ts";
import type { Lookup } from "./kind.ts";
import { creationOf } from "./relation.ts";

/** A temporary table is gone with the session that made it. */
export async function recallCreation(
  table: RangeVar | undefined,
  unlessTaken: boolean,
  catalog: Lookup,
): Promise<Undo> {
  if (table?.relpersistence === "t") return nothingToUndo;
  const creation = await creationOf(catalog, table);
  if (!creation || (creation.taken && unlessTaken)) return nothingToUndo;
  return exactly(`DROP TABLE ${creation.sql}`);
}
