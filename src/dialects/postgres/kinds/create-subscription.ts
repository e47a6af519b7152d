// With a slot of its own on the publisher it runs outside of transactions. Rows that the publisher
// sends stay when it is dropped.

import type { CreateSubscriptionStmt } from "@pgsql/types";
import type { Undo, UndoStatement } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { quote, shown } from "../names.ts";
import { flagOf, subscriptionProbe } from "../objects/subscription.ts";

export const kind = defineKind<CreateSubscriptionStmt>({
  kind: "create-subscription",
  node: "CreateSubscriptionStmt",
  describe(node) {
    const name = node.subname ?? "";
    const makesSlot = flagOf(node.options, "connect") && flagOf(node.options, "create_slot");
    return {
      changes: [{ kind: "create-subscription", object: shown(name) }],
      locks: [],
      ...(makesSlot ? { transactional: false, probe: subscriptionProbe(name, true) } : {}),
      undo: undoOf(node, makesSlot),
    };
  },
});

function undoOf({ subname = "", options }: CreateSubscriptionStmt, makesSlot: boolean): Undo {
  const drop = `DROP SUBSCRIPTION ${quote(subname)}`;
  const sql: UndoStatement[] = makesSlot
    ? [{ sql: drop, transactional: false }]
    : ["DISABLE", "SET (slot_name = NONE)"]
        .map((clause) => `ALTER SUBSCRIPTION ${quote(subname)} ${clause}`)
        .concat(drop)
        .map((each) => ({ sql: each, transactional: true }));
  const receives =
    flagOf(options, "connect") && (flagOf(options, "copy_data") || flagOf(options, "enabled"));
  if (!receives) return { kind: "exact", sql };
  const object = `rows received by subscription ${shown(subname)}`;
  const losses = [
    { object, why: "they stay in the subscribed tables", rows: null, whenUndone: true },
  ];
  return { kind: "lossy", sql, losses };
}
