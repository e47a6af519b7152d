import { droppedColumn } from "./dropped-column.ts";
import type { Scenario } from "./scenario.ts";
import { shop } from "./shop.ts";
import { badConstraint, badRename, lockQueue } from "./watched.ts";

/** The stories of `belay demo`, the default first. */
export const scenarios: readonly Scenario[] = [
  shop,
  droppedColumn,
  badRename,
  badConstraint,
  lockQueue,
];
