// Owns: captured rows: while a migration's statement runs, both images of every row that it changes
// in the given tables are kept in a shelf, in the same transaction; an undo merges them back so that
// no later write of the application is lost.
// Leaves to the caller: which tables a statement may change, transactions, timeouts, the journal.

import type { Question } from "../../../core/plan.ts";
import type { Lookup } from "../kind.ts";
import { quote } from "../names.ts";
import { type ShelfId, shelfSchema } from "../shelf-names.ts";
import { conformImages } from "./conform.ts";
import { questionsOf } from "./questions.ts";
import { type BareWrite, returningWrite } from "./returning.ts";
import { doBlock, inShelf } from "./shelf.ts";
import { type CapturedTable, readTargets, type Uncaptured } from "./targets.ts";
import { dropLeft, startCapture, stopCapture, sweepCapture } from "./triggers.ts";
import { dropMerge, undoCapture } from "./undo.ts";

export interface Capture {
  /** Run before the statement, in its transaction and under its role. */
  start: string[];
  /** Run in place of the statement; absent: it runs as it is. */
  instead?: string[];
  /**
   * Run right after the statement. Takes ACCESS EXCLUSIVE on the tables (DROP TRIGGER) unless there is
   * an `instead`. Where deferred checks are still to be run on them, the triggers stay, without effect,
   * for `sweep`.
   */
  stop: string[];
  /** Run just before COMMIT, after the last statement of the transaction. */
  sweep: string[];
  /** Merges what is kept back and drops it; one transaction, READ COMMITTED. */
  undo: string[];
  /** What stands against the undo. */
  asks: Question[];
  /** Instead of the undo, at the end of the undo window: drops what is kept. */
  finalize: string[];
}

/**
 * `tables`: all whose rows the statement may change (see `writtenWith`). Asks the session in which
 * the statement will run. `capture` is undefined when none of them can be captured. `bare`: the
 * statement, where it writes to the first of them and does nothing more.
 */
export async function captureRows(
  catalog: Lookup,
  id: ShelfId,
  tables: readonly CapturedTable[],
  { bare }: { bare?: BareWrite | undefined } = {},
): Promise<{ capture: Capture | undefined; uncaptured: Uncaptured[] }> {
  const { targets, uncaptured } = await readTargets(catalog, tables);
  if (targets.length === 0) return { capture: undefined, uncaptured };
  const changed = tables.length;
  const returning = bare && (await returningWrite(catalog, id, targets, { bare, changed }));
  const [session] = await catalog.rows<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  // Triggers that `stop` had to leave go first: the undo's own writes would fire them.
  const disarm = dropLeft(id, targets);
  const drop = [
    ...targets.map(({ number }) => `DROP TABLE ${inShelf(id, "rows", number)} CASCADE`),
    dropSchema(id),
  ];
  return {
    capture: {
      start: startCapture(id, targets, session?.pid ?? 0),
      stop: stopCapture(id, targets),
      sweep: sweepCapture(id, targets),
      ...returning,
      undo: [
        disarm,
        ...conformImages(id, targets),
        ...undoCapture(id, targets),
        ...dropMerge(id, targets),
        ...drop,
      ],
      asks: await questionsOf(catalog, id, targets),
      finalize: [disarm, ...drop],
    },
    uncaptured,
  };
}

/** Dropped tables of the user's may lie in it too; then whoever put them there drops it. */
function dropSchema(id: ShelfId): string {
  return doBlock(`BEGIN
  DROP SCHEMA ${quote(shelfSchema(id))};
EXCEPTION WHEN dependent_objects_still_exist THEN NULL;
END`);
}
