import type { ExecuteStmt } from "@pgsql/types";
import { defineKind } from "../kind.ts";

export const kind = defineKind<ExecuteStmt>({
  kind: "execute",
  node: "ExecuteStmt",
  describe: () => ({
    changes: [{ kind: "execute", object: "prepared statement" }],
    locks: [],
    undo: { kind: "irreversible", why: "what a EXECUTE does is only seen when it runs" },
    observe: true,
  }),
});
