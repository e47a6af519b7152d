// Roles are the whole cluster's. What others are granted with it goes with the role.

import type { CreateRoleStmt } from "@pgsql/types";
import { exactly } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { quote, shown } from "../names.ts";

export const kind = defineKind<CreateRoleStmt>({
  kind: "create-role",
  node: "CreateRoleStmt",
  describe: ({ role = "" }) => ({
    changes: [{ kind: "create-role", object: `role ${shown(role)} (whole cluster)` }],
    locks: [],
    undo: exactly(`DROP ROLE ${quote(role)}`),
  }),
});
