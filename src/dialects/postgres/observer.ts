// Owns: learning what an opaque statement (DO, CALL, SELECT f()) did, by comparing the catalog
// before and after it.

import type { PlannedStatement, Undo } from "../../core/plan.ts";
import type { Undoer } from "../dialect.ts";
import type { Facts } from "./catalog/derive.ts";

/** Rows that it changed are seen by the engine, which counts them per transaction. */
export function observer(statement: PlannedStatement): Undoer {
  let before: Facts;
  return {
    async before(session) {
      const { extractFacts } = await import("./catalog/derive.ts");
      before = await extractFacts(session);
      return statement.undo;
    },
    async after(session): Promise<Undo> {
      const { deriveUndo, extractFacts } = await import("./catalog/derive.ts");
      const { sql, destroys } = await deriveUndo(before, await extractFacts(session));
      if (destroys.length === 0) return { kind: "exact", sql };
      const losses = destroys.map((object) => ({
        object,
        why: "dropped by an opaque statement of this migration",
        rows: null,
      }));
      return { kind: "lossy", sql, losses };
    },
  };
}
