// ALTER ... OWNER TO of everything that ALTER TABLE's grammar does not take.

import type { AlterOwnerStmt } from "@pgsql/types";
import { nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { find } from "../objects/found.ts";
import { nounOf, relationNode, targetOf } from "../objects/object-type.ts";
import { ownersBack } from "../objects/owner-change.ts";

export const kind = defineKind<AlterOwnerStmt>({
  kind: "object-owner-to",
  node: "AlterOwnerStmt",
  describe: (node) => ({
    changes: [{ kind: `${nounOf(node.objectType)}-owner-to`, object: target(node).shown }],
    locks: [],
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const found = await find(catalog, target(node));
    return found ? ownersBack(catalog, [found]) : nothingToUndo;
  },
});

function target({ objectType, relation, object }: AlterOwnerStmt) {
  return targetOf(objectType, relation ? relationNode(relation) : object);
}
