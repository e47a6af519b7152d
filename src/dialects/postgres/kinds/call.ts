import type { CallStmt } from "@pgsql/types";
import { defineKind } from "../kind.ts";

export const kind = defineKind<CallStmt>({
  kind: "call",
  node: "CallStmt",
  describe: () => ({
    changes: [{ kind: "call", object: "procedure" }],
    locks: [],
    undo: { kind: "irreversible", why: "what a CALL does is only seen when it runs" },
    observe: true,
  }),
});
