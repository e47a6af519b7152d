// A replaced view comes back in place by its recorded definition, unless columns were added at its
// end: those the server does not take away again, so the view and all that stands on it are dropped
// and made again.

import type { ViewStmt } from "@pgsql/types";
import { exactly, type Undo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { dotted, relationName, relationSql } from "../names.ts";
import { currentSchema } from "../objects/created.ts";
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
    undo: exactly(`DROP VIEW ${relationSql(node.view ?? {})}`),
  }),
  async recall({ view = {}, replace }, catalog) {
    const schema = view.relpersistence === "t" ? "pg_temp" : view.schemaname;
    const names = [schema ?? (await currentSchema(catalog)), view.relname ?? ""];
    const given = names.filter((name) => name !== undefined);
    const old = replace
      ? await find(catalog, targetOf("OBJECT_VIEW", nameNode(...given)))
      : undefined;
    if (!old) return exactly(`DROP VIEW ${dotted(given)}`);
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
