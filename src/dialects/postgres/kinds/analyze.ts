import type { VacuumStmt } from "@pgsql/types";
import { nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { vacuumedTables } from "../vacuumed.ts";

export const kind = defineKind<VacuumStmt>({
  kind: "analyze",
  node: "VacuumStmt",
  matches: ({ is_vacuumcmd }) => is_vacuumcmd !== true,
  describe(node) {
    const tables = vacuumedTables(node);
    return {
      changes: [{ kind: "analyze", object: tables.join(", ") }],
      locks: tables.map((table) => ({ table, mode: "SHARE UPDATE EXCLUSIVE" })),
      undo: nothingToUndo,
    };
  },
});
