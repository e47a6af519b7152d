// Owns: the judgement about the catalog after a rollback. Pure.

import { type Catalog, columnOrder, type Difference, differences } from "../core/catalog.ts";
import type { Loss } from "../core/plan.ts";

/** By name: what was dropped and made again has another identity, and applications go by names. */
export function residualOf(before: Catalog, back: Catalog): Difference[] {
  return differences(before, back, "name");
}

/** A table whose columns stand in another order serves every query but those that count on it. */
export function isColumnOrder({ fact }: Difference): boolean {
  return fact === columnOrder;
}

export function columnOrderLoss({ object }: Difference): Loss {
  const why = "SELECT * and INSERT without a column list see another order after the rollback";
  return { object: `column order of ${object}`, why, rows: null };
}
