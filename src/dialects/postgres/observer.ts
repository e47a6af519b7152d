// Owns: learning what an opaque statement (DO, CALL, SELECT f()) did, by comparing the catalog
// before and after it. Rows that it changes are captured, as far as a dry run tells where they are;
// the engine counts those of all tables, and so sees others.

import { messageOf } from "../../core/errors.ts";
import type { PlannedStatement, Undo } from "../../core/plan.ts";
import type { Session, Undoer } from "../dialect.ts";
import { capturing } from "./capturing.ts";
import type { Facts } from "./catalog/derive.ts";
import { composeUndos } from "./compose.ts";
import { writtenBy } from "./dry-run.ts";
import type { Lookup } from "./kind.ts";

export function observer(
  statement: PlannedStatement,
  lookup: (session: Session) => Lookup,
): Undoer {
  let before: Facts;
  let captured: Undo | undefined;
  return {
    async before(session) {
      const { extractFacts } = await import("./catalog/derive.ts");
      before = await extractFacts(session);
      captured = await captureOf(session, statement, lookup(session));
      return captured ?? statement.undo;
    },
    async after(session) {
      const derived = await derivedUndo(session, before);
      // Its rows go back first, into the tables that it left.
      return captured === undefined ? derived : composeUndos([derived, captured]);
    },
  };
}

async function captureOf(session: Session, statement: PlannedStatement, catalog: Lookup) {
  if (catalog.shelf === undefined || !statement.transactional) return undefined;
  const written = await writtenBy(session, statement);
  const tables = written.map((oid) => ({ oid }));
  return capturing(catalog, tables);
}

async function derivedUndo(session: Session, before: Facts): Promise<Undo> {
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
}
