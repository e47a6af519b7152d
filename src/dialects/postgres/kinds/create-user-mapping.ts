import type { CreateUserMappingStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { mappingOid, mappingShown, mappingSql } from "../objects/user-mapping.ts";

export const kind = defineKind<CreateUserMappingStmt>({
  kind: "create-user-mapping",
  node: "CreateUserMappingStmt",
  describe: (node) => ({
    changes: [{ kind: "create-user-mapping", object: mappingShown(node) }],
    locks: [],
    undo: exactly(`DROP USER MAPPING ${mappingSql(node)}`),
  }),
  async recall(node, catalog) {
    const found = node.if_not_exists && (await mappingOid(catalog, node));
    return found ? nothingToUndo : exactly(`DROP USER MAPPING ${mappingSql(node)}`);
  },
});
