import type { AlterFunctionStmt, Node } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { find } from "../objects/found.ts";
import { nounOf, targetOf } from "../objects/object-type.ts";
import { replacementOf } from "../objects/replace.ts";

export const kind = defineKind<AlterFunctionStmt>({
  kind: "alter-function",
  node: "AlterFunctionStmt",
  describe: (node) => ({
    changes: [{ kind: `alter-${nounOf(node.objtype)}`, object: target(node).shown }],
    locks: [],
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const old = await find(catalog, target(node));
    return old ? exactly(...(await replacementOf(catalog, old))) : nothingToUndo;
  },
});

function target({ objtype, func = {} }: AlterFunctionStmt) {
  const object: Node = { ObjectWithArgs: func };
  return targetOf(objtype, object);
}
