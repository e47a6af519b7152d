// What REFRESH brings, and a new list of publications with it, cannot be sent back.

import type { AlterSubscriptionStmt } from "@pgsql/types";
import { exactly, nothingToUndo, type Undo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { literal, quote, shown } from "../names.ts";
import { flagOf, type Subscription, subscriptionNamed } from "../objects/subscription.ts";
import { optionsOf } from "../options.ts";

export const kind = defineKind<AlterSubscriptionStmt>({
  kind: "alter-subscription",
  node: "AlterSubscriptionStmt",
  describe: (node) => ({
    changes: [{ kind: "alter-subscription", object: shown(node.subname ?? "") }],
    locks: [],
    // Twice is harmless: each says what is to be, not what is to change.
    transactional: !refreshes(node),
    undo: oneWay(node) ?? nothingToUndo,
  }),
  async recall(node, catalog) {
    const old = await subscriptionNamed(catalog, node.subname ?? "");
    if (!old) return nothingToUndo;
    return oneWay(node) ?? back(node, old);
  },
});

function refreshes({ kind: form = "ALTER_SUBSCRIPTION_OPTIONS", options }: AlterSubscriptionStmt) {
  return (
    form === "ALTER_SUBSCRIPTION_REFRESH" ||
    (form.endsWith("_PUBLICATION") && flagOf(options, "refresh"))
  );
}

function oneWay(node: AlterSubscriptionStmt): Undo | undefined {
  const name = shown(node.subname ?? "");
  if (refreshes(node)) {
    const why = `subscription ${name} begins to copy what it finds, and the copies stay`;
    return { kind: "irreversible", why };
  }
  if (node.kind === "ALTER_SUBSCRIPTION_SKIP") {
    return { kind: "irreversible", why: `subscription ${name} never applies what it skips` };
  }
  return undefined;
}

function back(node: AlterSubscriptionStmt, old: Subscription): Undo {
  const alter = (clause: string): Undo =>
    exactly(`ALTER SUBSCRIPTION ${quote(node.subname ?? "")} ${clause}`);
  switch (node.kind) {
    case "ALTER_SUBSCRIPTION_ENABLED":
      return alter(old.enabled ? "ENABLE" : "DISABLE");
    case "ALTER_SUBSCRIPTION_CONNECTION":
      if (old.connection !== null) return alter(`CONNECTION ${literal(old.connection)}`);
      return { kind: "irreversible", why: "only superusers can read the old connection" };
    case "ALTER_SUBSCRIPTION_OPTIONS": {
      const slot = old.slot === null ? "NONE" : literal(old.slot);
      const values: Record<string, string> = { ...old.option, slot_name: slot };
      const pairs = [...optionsOf(node.options).keys()].flatMap((name) =>
        values[name] === undefined ? [] : [`${name} = ${values[name]}`],
      );
      return pairs.length === 0 ? nothingToUndo : alter(`SET (${pairs.join(", ")})`);
    }
    default:
      return alter(`SET PUBLICATION ${old.publications} WITH (refresh = false)`);
  }
}
