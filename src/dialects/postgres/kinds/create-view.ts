// A replaced view comes back in place by its recorded definition, unless columns were added at its
// end: those the server does not take away again, so the view and all that stands on it are dropped
// and made again.

import type { ViewStmt } from "@pgsql/types";
import { exactly, nothingToUndo, type Undo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { dotted, relationName, relationSql } from "../names.ts";
import { qualified } from "../objects/created.ts";
import { find } from "../objects/found.ts";
import { nameNode, targetOf } from "../objects/object-type.ts";
import { recreationOf } from "../objects/recreate.ts";
import { replacementOf } from "../objects/replace.ts";

export const kind = defineKind<ViewStmt>({
  kind: "create-view",
  node: "ViewStmt",
  describe: (node) => ({
    changes: [{ kind: "create-view", object: relationName(node.view ?? {}) }],
    // Waits for readers only when there is one to replace.
    locks: node.replace ? [{ table: relationName(node.view ?? {}), mode: "ACCESS EXCLUSIVE" }] : [],
    undo:
      node.view?.relpersistence === "t"
        ? nothingToUndo
        : exactly(`DROP VIEW ${relationSql(node.view ?? {})}`),
  }),
  async recall({ view = {}, replace }, catalog) {
    if (view.relpersistence === "t") return nothingToUndo;
    const names = [view.schemaname, view.relname].filter((name) => name !== undefined);
    const full = await qualified(catalog, names);
    const target = targetOf("OBJECT_VIEW", nameNode(...full));
    const old = replace ? await find(catalog, target) : undefined;
    if (!old) {
      const undo = exactly(`DROP VIEW ${dotted(full)}`);
      // One that reads a temporary table is made temporary too, in another schema.
      return {
        undo,
        settle: async (after) => ((await find(after, target)) ? undo : nothingToUndo),
      };
    }
    const inPlace = exactly(...(await replacementOf(catalog, old)));
    const before = await columnsOf(catalog, old.oid);
    const { sql, drops, impossible } = await recreationOf(catalog, [old]);
    const anew: Undo = impossible
      ? { kind: "irreversible", why: `going back drops the view: ${impossible}` }
      : exactly(...drops, ...sql);
    return {
      undo: inPlace,
      settle: async (after) => ((await columnsOf(after, old.oid)) > before ? anew : inPlace),
    };
  },
});

async function columnsOf(catalog: Lookup, oid: string): Promise<number> {
  const [row] = await catalog.rows<{ columns: number }>(
    "SELECT relnatts::int AS columns FROM pg_class WHERE oid = $1::oid",
    [oid],
  );
  return row?.columns ?? 0;
}
