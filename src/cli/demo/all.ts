import { droppedColumn } from "./dropped-column.ts";
import { storyOf } from "./harm.ts";
import { badConstraint, badRename, deadlocks, droppedIndex, lockQueue } from "./harms.ts";
import { laggingStandby } from "./lagging-standby.ts";
import type { Scenario } from "./scenario.ts";
import { shop } from "./shop.ts";

/** The stories of `belay demo`, the default first. */
export const scenarios: readonly Scenario[] = [
  shop,
  droppedColumn,
  ...[badRename, badConstraint, droppedIndex, lockQueue, deadlocks, laggingStandby].map(storyOf),
];
