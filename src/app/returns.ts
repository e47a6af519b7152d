// Owns: what the rollback of a migration has put aside and may return when it is applied again, so
// that values which the new application had written are there once more.

import type { Plan } from "../core/plan.ts";
import { keptOf } from "../core/plan.ts";
import type { Keeping, Session } from "../dialects/dialect.ts";
import type { JournalState } from "../journal/state.ts";
import { readFinished } from "../journal/store.ts";

/** Kinds whose statements may write rows: run again, they would write over what returns. */
const writing = new Set([
  ...["insert", "update", "delete", "merge", "truncate", "copy", "create-table-as", "select-into"],
  ...["do", "call", "select", "execute", "opaque"],
]);

/** Whether anything may: then its statements are planned one by one. */
export function mayReturn(state: JournalState, version: string): boolean {
  const known = state.migrations.get(version);
  return known?.state === "rolledBack" && known.shelves.some((shelf) => state.shelves.has(shelf));
}

export async function returnsOf(
  session: Session,
  state: JournalState,
  plan: Plan,
  checksum: string,
): Promise<Keeping["returns"]> {
  const known = state.migrations.get(plan.version);
  if (!mayReturn(state, plan.version) || known?.finishedSeq === undefined) return undefined;
  const changes = plan.steps.flatMap(({ statements }) =>
    statements.flatMap((each) => each.changes),
  );
  if (known.checksum !== checksum || changes.some(({ kind }) => writing.has(kind)))
    return undefined;
  const { undo: entries, plan: back } = await readFinished(session, known.finishedSeq);
  const statements = back.steps.flatMap((step) => step.statements);
  const returns = new Map<string, { shelf: string; sql: string[] }>();
  // One entry for each statement, in their order.
  for (const [index, { sql }] of statements.entries()) {
    const undo = entries[index]?.undo;
    const shelf = undo && keptOf(undo)?.shelf;
    if (shelf === undefined || !state.shelves.has(shelf) || undo?.kind !== "shelved") continue;
    returns.set(sql, { shelf, sql: undo.sql.map((each) => each.sql) });
  }
  return returns;
}
