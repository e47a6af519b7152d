// Drops whatever a role owns and may do, here and on shared objects: only seen when it has run.

import type { DropOwnedStmt } from "@pgsql/types";
import { defineKind } from "../kind.ts";
import { roleShown } from "../objects/role.ts";

export const kind = defineKind<DropOwnedStmt>({
  kind: "drop-owned",
  node: "DropOwnedStmt",
  describe: ({ roles = [] }) => ({
    changes: roles.map((role) => ({
      kind: "drop-owned",
      object: `objects of ${roleShown(role)}`,
    })),
    locks: [],
    undo: {
      kind: "irreversible",
      why: "DROP OWNED drops whatever the role owns and takes whatever it may do",
    },
    observe: true,
  }),
});
