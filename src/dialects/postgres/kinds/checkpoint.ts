import { nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";

export const kind = defineKind<object>({
  kind: "checkpoint",
  node: "CheckPointStmt",
  describe: () => ({
    changes: [{ kind: "checkpoint", object: "server" }],
    locks: [],
    undo: nothingToUndo,
  }),
});
