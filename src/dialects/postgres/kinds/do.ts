import type { DoStmt } from "@pgsql/types";
import { defineKind } from "../kind.ts";

export const kind = defineKind<DoStmt>({
  kind: "do",
  node: "DoStmt",
  describe: () => ({
    changes: [{ kind: "do", object: "block" }],
    locks: [],
    undo: { kind: "irreversible", why: "what a DO block does is only seen when it runs" },
    observe: true,
  }),
});
