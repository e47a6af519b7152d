// Owns: learning what an opaque statement (DO, CALL, SELECT f()) did, by comparing the catalog
// before and after it. Rows that it changed are seen by the engine, which counts them.

import { messageOf } from "../../core/errors.ts";
import type { PlannedStatement, Undo } from "../../core/plan.ts";
import type { Undoer } from "../dialect.ts";
import type { Facts } from "./catalog/derive.ts";

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
      const after = await extractFacts(session, before);
      try {
        const { sql, destroys } = await deriveUndo(before, after);
        if (destroys.length === 0) return { kind: "exact", sql };
        const why = "dropped by an opaque statement of this migration";
        const losses = destroys.map((object) => ({ object, why, rows: null }));
        return { kind: "lossy", sql, losses };
      } catch (error) {
        // The statement has run and is no worse for it; only its undo is not to be had.
        return { kind: "irreversible", why: `no inverse was found: ${messageOf(error)}` };
      }
    },
  };
}
