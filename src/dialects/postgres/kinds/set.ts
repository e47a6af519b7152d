// SET, RESET and their like: settings of the session or, with LOCAL, of the step's transaction.

import type { VariableSetStmt } from "@pgsql/types";
import { BelayError, untouched } from "../../../core/errors.ts";
import { nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";

export const kind = defineKind<VariableSetStmt>({
  kind: "set",
  node: "VariableSetStmt",
  describe({ kind, name = "all", is_local }) {
    if (kind === "VAR_SET_MULTI") {
      throw new BelayError("BELAY_SQL_TRANSACTION", `SET ${name} cannot be used in a migration`, {
        state: untouched,
        hint: "Belay makes the transactions; remove the statement.",
        details: { statement: `SET ${name}` },
      });
    }
    return {
      changes: [{ kind: "set", object: name }],
      locks: [],
      ...(is_local ? {} : { session: true }),
      undo: nothingToUndo,
    };
  },
});
