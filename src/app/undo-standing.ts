// Owns: what stands against taking a migration back, asked of the database as it is now. Looks only.

import { keptOf, type Lock } from "../core/plan.ts";
import type { Answer, Dialect, Session } from "../dialects/dialect.ts";
import type { JournalState } from "../journal/state.ts";
import { readFinished } from "../journal/store.ts";
import { undoStatements } from "../plan/reverse.ts";
import type { Settings } from "./settings.ts";

interface Asking extends Pick<Settings, "environment"> {
  session: Session;
  dialect: Dialect;
}

export interface UndoStanding {
  /** Why nothing was asked: what would be found is not what `down` will find. Null: it was asked. */
  unasked: string | null;
  /** The strongest that `down` takes on each table. */
  locks: Lock[];
  /** That `down` goes over; null: unknown. */
  rows: number | null;
  /** What `down` would complain of now, and what it may; a count that is null is unknown. */
  against: Answer[];
  /** Milliseconds, an estimate; null: unknown. */
  aboutMs: number | null;
}

/** Milliseconds for one question. */
const timeoutMs = 5000;

/**
 * Null where Belay has no way back to ask about: it is not applied, or its undo window has ended, or
 * something is interrupted. `after`: what has to be taken back first, last first. Throws what the
 * session throws when the connection is lost; a question that fails is unknown.
 */
export async function undoStanding(
  { session, dialect, environment }: Asking,
  state: JournalState,
  version: string,
  { after, hasDown }: { after: readonly string[]; hasDown: boolean },
): Promise<UndoStanding | null> {
  const known = state.migrations.get(version);
  const isOver = known?.shelves.some((shelf) => !state.shelves.has(shelf)) ?? false;
  if (known?.state !== "applied" || known.finishedSeq === undefined) return null;
  if (known.verdict === "irreversible" || isOver || state.open !== undefined) return null;
  const [first] = after.toReversed();
  if (first !== undefined) return { unasked: `known after ${first} is taken back`, ...unknown };
  if (known.verdict === "lossy" && hasDown) {
    return { unasked: "unknown: down runs what its author wrote", ...unknown };
  }
  const finished = await readFinished(session, known.finishedSeq);
  if (finished.undo.some(({ undo }) => keptOf(undo)?.carries !== undefined)) {
    return { unasked: "unknown: rows of a table made anew come over first", ...unknown };
  }
  const began = environment.now();
  const statements = undoStatements(finished.undo);
  const { locks, answers } = await dialect.standing(session, statements, { timeoutMs });
  const readMs = environment.now() - began;
  const rows = sum(answers.filter(({ what }) => what === "rows"));
  const against = answers.filter(({ what, count }) => what !== "rows" && count !== 0);
  // Checking a constraint takes what counting took; rows take as long as they took on the way there.
  const aboutMs = rows === null ? null : Math.round(readMs + (rows > 0 ? finished.ms : 0));
  return { unasked: null, locks, rows, against, aboutMs };
}

const unknown = { locks: [], rows: null, against: [], aboutMs: null };

function sum(answers: readonly Answer[]): number | null {
  return answers.reduce<number | null>(
    (all, { count }) => (all === null || count === null ? null : all + count),
    0,
  );
}
