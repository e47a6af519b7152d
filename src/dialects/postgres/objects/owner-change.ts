// Owns: giving objects back to who owned them. A new owner takes over what the old one had and
// swallows what was granted to him before, so privileges are compared before and after too.

import { exactly, nothingToUndo } from "../../../core/plan.ts";
import type { Lookup, Unsettled } from "../kind.ts";
import { quote } from "../names.ts";
import { type Privilege, privilegesBack } from "./acl.ts";
import { type Found, sqlOf } from "./found.ts";
import { grantWords, type Holding, holdingsOf } from "./holdings.ts";

/** Call before the owners change. */
export async function ownersBack(catalog: Lookup, objects: readonly Found[]): Promise<Unsettled> {
  const before = await byKey(catalog, objects);
  return {
    undo: exactly(
      ...objects.flatMap((object) => {
        const old = before.get(keyOf(object));
        return old ? [`ALTER ${sqlOf(object)} OWNER TO ${quote(old.owner)}`] : [];
      }),
    ),
    settle: async (after) => {
      const now = await byKey(after, objects);
      const sql = objects.flatMap((object) =>
        backOf(object, before.get(keyOf(object)), now.get(keyOf(object))),
      );
      return sql.length === 0 ? nothingToUndo : exactly(...sql);
    },
  };
}

function backOf(object: Found, before: Holding | undefined, now: Holding | undefined): string[] {
  if (!before || !now || before.owner === now.owner) return [];
  const side = { on: grantWords(object), owner: before.owner, user: now.user };
  return [
    `ALTER ${sqlOf(object)} OWNER TO ${quote(before.owner)}`,
    ...privilegesBack(
      transferred(now.privileges ?? [], now.owner, before.owner),
      before.privileges ?? [],
      side,
    ),
  ];
}

/** What the server makes of privileges when the owner changes: one for the other, doubles merged. */
function transferred(list: readonly Privilege[], from: string, to: string): Privilege[] {
  const result = new Map<string, Privilege>();
  for (const each of list) {
    const grantor = each.grantor === from ? to : each.grantor;
    const grantee = each.grantee === from ? to : each.grantee;
    const key = JSON.stringify([grantor, grantee, each.privilege, each.column]);
    const grantable = each.grantable || (result.get(key)?.grantable ?? false);
    result.set(key, { ...each, grantor, grantee, grantable });
  }
  return [...result.values()];
}

async function byKey(catalog: Lookup, objects: readonly Found[]): Promise<Map<string, Holding>> {
  const holdings = await holdingsOf(catalog, objects);
  return new Map(holdings.map((each) => [keyOf(each), each]));
}

function keyOf({ catalog, oid }: { catalog: string; oid: string }): string {
  return `${catalog} ${oid}`;
}
