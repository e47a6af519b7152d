import type { VacuumStmt } from "@pgsql/types";
import { nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { optionsOf } from "../options.ts";
import { vacuumedTables } from "../vacuumed.ts";

export const kind = defineKind<VacuumStmt>({
  kind: "vacuum",
  node: "VacuumStmt",
  matches: ({ is_vacuumcmd }) => is_vacuumcmd === true,
  describe(node) {
    const full = optionsOf(node.options).has("full");
    const tables = vacuumedTables(node);
    return {
      changes: [{ kind: "vacuum", object: tables.join(", ") }],
      locks: tables.map((table) => ({
        table,
        mode: full ? "ACCESS EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE",
      })),
      scans: true,
      rewrites: full,
      transactional: false,
      undo: nothingToUndo,
    };
  },
});
