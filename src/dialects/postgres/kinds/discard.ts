import type { DiscardStmt } from "@pgsql/types";
import { nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";

export const kind = defineKind<DiscardStmt>({
  kind: "discard",
  node: "DiscardStmt",
  describe: ({ target }) => ({
    changes: [{ kind: "discard", object: target ?? "DISCARD_ALL" }],
    locks: [],
    transactional: target !== undefined && target !== "DISCARD_ALL",
    undo: nothingToUndo,
  }),
});
