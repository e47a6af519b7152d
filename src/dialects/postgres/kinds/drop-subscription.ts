// The publisher's slot goes with it, and with the slot its place in the stream. Only one that was
// taken off its slot before can be had again. Whether it has one, is only known at the server: so
// it always runs outside of transactions, as it has to with a slot.

import type { DropSubscriptionStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { literal, quote, shown } from "../names.ts";
import { attachmentsOf } from "../objects/satellites.ts";
import { subscriptionNamed, subscriptionProbe } from "../objects/subscription.ts";

export const kind = defineKind<DropSubscriptionStmt>({
  kind: "drop-subscription",
  node: "DropSubscriptionStmt",
  describe: ({ subname = "" }) => ({
    changes: [{ kind: "drop-subscription", object: shown(subname) }],
    locks: [],
    transactional: false,
    probe: subscriptionProbe(subname, false),
    undo: { kind: "irreversible", why: slotLost(subname) },
  }),
  async recall({ subname = "" }, catalog) {
    const old = await subscriptionNamed(catalog, subname);
    if (!old) return nothingToUndo;
    if (old.slot !== null) return { kind: "irreversible", why: slotLost(subname) };
    if (old.connection === null) {
      const why = `only superusers can read how subscription ${shown(subname)} connects`;
      return { kind: "irreversible", why };
    }
    const create = `CREATE SUBSCRIPTION ${quote(subname)} CONNECTION ${literal(old.connection)} PUBLICATION ${old.publications}`;
    const own = "connect = false, enabled = false, slot_name = NONE, ";
    return exactly(
      `${create} WITH (${own}${old.options.slice(1)}`,
      ...(await attachmentsOf(catalog, "pg_subscription", old.oid)),
    );
  },
});

function slotLost(name: string): string {
  return `the publisher's slot goes with subscription ${shown(name)}, and with it what was not received yet`;
}
