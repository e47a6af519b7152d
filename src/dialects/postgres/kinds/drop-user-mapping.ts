import type { DropUserMappingStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { userMapping } from "../objects/foreign-recipes.ts";
import { mappingOid, mappingShown } from "../objects/user-mapping.ts";

export const kind = defineKind<DropUserMappingStmt>({
  kind: "drop-user-mapping",
  node: "DropUserMappingStmt",
  describe: (node) => ({
    changes: [{ kind: "drop-user-mapping", object: mappingShown(node) }],
    locks: [],
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const oid = await mappingOid(catalog, node);
    if (oid === undefined) return nothingToUndo;
    const made = await userMapping(catalog, [oid]);
    return exactly(...(made.get(oid)?.create ?? []));
  },
});
