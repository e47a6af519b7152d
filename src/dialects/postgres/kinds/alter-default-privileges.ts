import type { AlterDefaultPrivilegesStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { defaultsBack, defaultsOf } from "../objects/default-privileges.ts";
import { nounOf } from "../objects/object-type.ts";

export const kind = defineKind<AlterDefaultPrivilegesStmt>({
  kind: "alter-default-privileges",
  node: "AlterDefaultPrivilegesStmt",
  describe: ({ action }) => ({
    changes: [{ kind: "alter-default-privileges", object: `every new ${nounOf(action?.objtype)}` }],
    locks: [],
    undo: nothingToUndo,
  }),
  async recall(_, catalog) {
    const before = await defaultsOf(catalog);
    return {
      undo: nothingToUndo,
      settle: async (after) => exactly(...defaultsBack(await defaultsOf(after), before)),
    };
  },
});
