// Without FAMILY, the server makes a family of the same name when there is none; the class goes
// with its family.

import type { CreateOpClassStmt } from "@pgsql/types";
import { exactly } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { parts } from "../names.ts";
import { exists, qualified } from "../objects/created.ts";
import { nameNode, targetOf, wordsOf } from "../objects/object-type.ts";

export const kind = defineKind<CreateOpClassStmt>({
  kind: "create-operator-class",
  node: "CreateOpClassStmt",
  describe: (node) => ({
    changes: [
      {
        kind: "create-operator-class",
        object: targetOf("OBJECT_OPCLASS", object(node, parts(node.opclassname))).shown,
      },
    ],
    locks: [],
    undo: exactly(drop("OBJECT_OPCLASS", node, parts(node.opclassname))),
  }),
  async recall(node, catalog) {
    const names = await qualified(catalog, parts(node.opclassname));
    const hasFamily =
      node.opfamilyname !== undefined ||
      (await exists(catalog, "OBJECT_OPFAMILY", object(node, names)));
    return exactly(drop(hasFamily ? "OBJECT_OPCLASS" : "OBJECT_OPFAMILY", node, names));
  },
});

function object({ amname }: CreateOpClassStmt, names: readonly string[]) {
  return nameNode(amname, ...names);
}

function drop(
  type: "OBJECT_OPCLASS" | "OBJECT_OPFAMILY",
  node: CreateOpClassStmt,
  names: readonly string[],
): string {
  return `DROP ${wordsOf(type)} ${targetOf(type, object(node, names)).sql}`;
}
