// Statements that change neither catalog nor rows.

import { nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";

export const kind = defineKind<object>({
  kind: "read",
  node: [
    "VariableShowStmt",
    "ConstraintsSetStmt",
    "DeclareCursorStmt",
    "FetchStmt",
    "ClosePortalStmt",
    "PrepareStmt",
    "DeallocateStmt",
    "LoadStmt",
  ],
  describe: () => ({
    changes: [{ kind: "read", object: "session" }],
    locks: [],
    undo: nothingToUndo,
  }),
});
