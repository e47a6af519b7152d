// Owns: asking before something is lost. An up is asked about what it destroys for good, a down about
// all that it loses; whoever accepts that is not asked again.

import { BelayError } from "../core/errors.ts";
import { destroyedBy, isFelt, type Loss, lossesOf, type Plan } from "../core/plan.ts";
import type { CatalogChange, StepResult, UndoEntry } from "../journal/record.ts";
import { composeUndo } from "../plan/compose.ts";
import { lossList } from "../plan/plan-migration.ts";
import type { Run } from "./run.ts";
import { keepingOf } from "./step.ts";

type Judged = Pick<Plan, "version" | "name" | "direction">;

const rolledBack = "Rolled back; the database is as it was before.";
const unchanged = "Nothing of it was carried out; the database is as it was before.";

/** Throws BELAY_UP_LOSS or BELAY_UNDO_LOSS for what was done, in a transaction that is still open. */
export function refuseLosses(
  plan: Judged,
  { undo, rows }: Pick<StepResult, "undo" | "rows">,
  changed: readonly CatalogChange[] = [],
): void {
  // A rollback puts tables under the names of others by itself.
  const came = plan.direction === "up" ? changed : [];
  refuse(plan, lossesIn(plan, composeUndo(undo, rows, came)), rolledBack);
}

/** As {@link refuseLosses}, for what has not been done yet. */
export function refuseForeseen(plan: Judged, entries: readonly Foreseen[]): void {
  refuse(plan, lossesIn(plan, entries), unchanged);
}

type Foreseen = Pick<UndoEntry, "changes" | "undo">;

function lossesIn({ direction }: Judged, entries: readonly Foreseen[]): Loss[] {
  if (direction === "up") return destroyedBy(entries);
  return lossesOf(entries.map(({ undo }) => undo)).filter(isFelt);
}

function refuse({ version, name, direction }: Judged, losses: Loss[], state: string): void {
  if (losses.length === 0) return;
  const label = `${version} ${name}`.trim();
  const details = { version, losses };
  if (direction === "up") {
    const message = `Migration ${label} does what cannot be taken back: ${lossList(losses)}`;
    const hint = "Keep what matters, then give --accept-loss; down will not bring it back.";
    throw new BelayError("BELAY_UP_LOSS", message, { state, hint, details });
  }
  const message = `Taking back ${label} would destroy ${lossList(losses)}`;
  const hint = "Keep what matters, then give --accept-loss.";
  throw new BelayError("BELAY_UNDO_LOSS", message, { state, hint, details });
}

/**
 * What the catalog says, before the first statement, of what each would lose. Passed over is what
 * cannot be told yet: statements that have to run to be understood, and those behind another that
 * makes or changes the tables that they name, or how names are read. What names no tables may hang
 * together with anything, so it is only told of the first. The others are judged when they have run.
 */
export async function foresee(run: LookingAhead, plan: Plan): Promise<Foreseen[]> {
  const foreseen: Foreseen[] = [];
  const touched: string[] = [];
  const all = plan.steps.flatMap((step) => step.statements);
  for (const statement of all) {
    if (statement.session || statement.observe) break;
    const names = namesIn(statement);
    const isTold =
      statement.locks.length === 0
        ? statement === all[0]
        : !names.some((name) => touched.some((other) => overlap(name, other)));
    if (isTold) {
      const undo = await undoAhead(run, statement).catch((error: unknown) => {
        if (run.dialect.trouble(error).kind === "connection") throw error;
        return undefined;
      });
      if (undo !== undefined) foreseen.push({ changes: statement.changes, undo });
    }
    if (!statement.changes.every(({ kind }) => kind.startsWith("drop-"))) touched.push(...names);
  }
  return foreseen;
}

export type LookingAhead = Pick<
  Run,
  "session" | "dialect" | "keeps" | "onlineAboveBytes" | "environment"
>;
type Statement = Plan["steps"][number]["statements"][number];

/** What its undo would be if it were the next to run. Throws what the server does where it is not. */
export async function undoAhead({ session, dialect, ...run }: LookingAhead, statement: Statement) {
  await session.run("BEGIN READ ONLY");
  try {
    const path = statement.searchPath ?? statement.foreseenPath;
    if (path) await dialect.setSearchPath(session, path, true);
    const undoer = await dialect.undoer(statement, keepingOf(run));
    return await undoer.before(session);
  } finally {
    await session.run("ROLLBACK");
  }
}

function namesIn({ changes, locks }: Statement): string[] {
  return [...changes.map(({ object }) => object), ...locks.map(({ table }) => table)];
}

/** `users` has to do with `public.users` and with `users.email`. */
function overlap(left: string, right: string): boolean {
  const [short, long] = left.length < right.length ? [left, right] : [right, left];
  return `.${long}.`.includes(`.${short}.`);
}
