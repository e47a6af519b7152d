import type { ExplainStmt } from "@pgsql/types";
import { nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { optionsOf } from "../options.ts";
import { describeQuery } from "../query.ts";

export const kind = defineKind<ExplainStmt>({
  kind: "explain",
  node: "ExplainStmt",
  describe({ query, options }) {
    // ANALYZE runs the query.
    if (query && optionsOf(options).has("analyze")) return describeQuery(query);
    return {
      changes: [{ kind: "explain", object: "query" }],
      locks: [],
      undo: nothingToUndo,
    };
  },
});
