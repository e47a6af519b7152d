import type { LockStmt } from "@pgsql/types";
import { type LockMode, lockModes, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { relationName } from "../names.ts";

export const kind = defineKind<LockStmt>({
  kind: "lock-table",
  node: "LockStmt",
  describe({ relations, mode }) {
    const tables = (relations ?? []).flatMap((each) =>
      "RangeVar" in each ? [relationName(each.RangeVar)] : [],
    );
    // The server numbers the modes from 1, weakest first.
    const lock: LockMode = lockModes[(mode ?? 8) - 1] ?? "ACCESS EXCLUSIVE";
    return {
      changes: [{ kind: "lock-table", object: tables.join(", ") }],
      locks: tables.map((table) => ({ table, mode: lock })),
      undo: nothingToUndo,
    };
  },
});
