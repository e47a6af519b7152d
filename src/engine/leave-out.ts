// Owns: statements of a rollback that may be left out, since what they put back holds no rows: what they
// are about is gone for good, or it does not fit a type that values written since have made to stay.

import type { Conflict, PlannedStatement } from "../core/plan.ts";
import type { Trouble } from "../dialects/dialect.ts";
import { deviates, isKnownAway, noteConflict } from "../journal/store.ts";
import type { Run } from "./run.ts";
import { StatementFailed } from "./statement-failed.ts";

/** Whether the database is otherwise than it was: a rollback has told it, or this transaction may have. */
export type Deviation = "told" | "perhaps" | undefined;

/** The work's result; undefined where the server refuses the statement and that may be left out. */
export async function orLeaveOut<T>(
  run: Run,
  statement: PlannedStatement,
  deviation: Deviation,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const { session } = run;
  if (!statement.mayBeGone && !(statement.mayNotFit && deviation)) return await work();
  await session.run("SAVEPOINT belay_left_out");
  try {
    const result = await work();
    await session.run("RELEASE SAVEPOINT belay_left_out");
    return result;
  } catch (error) {
    if (!(error instanceof StatementFailed)) throw error;
    await session.run("ROLLBACK TO SAVEPOINT belay_left_out");
    await session.run("RELEASE SAVEPOINT belay_left_out");
    const isTold = deviation === "told" || (deviation && (await deviates(session)));
    if (!isLeftOut(statement, error.trouble, isTold)) throw error;
    if (!isGone(statement, error.trouble) && !(await isAway(run, statement, error.trouble)))
      throw error;
    await noteLeftOut(run, statement, error.trouble);
    run.searchPath = undefined;
    return undefined;
  }
}

/** One that could not come back needs not be dropped again; any other has to be there. */
async function isAway({ session }: Run, { changes }: PlannedStatement, { isMissing }: Trouble) {
  for (const { object } of changes.filter(({ kind }) => kind === "drop-column")) {
    const [column = "", table = ""] = object.replaceAll('"', "").split(".").toReversed();
    if (!isMissing || !(await isKnownAway(session, table, column))) return false;
  }
  return true;
}

export function isLeftOut(
  statement: PlannedStatement,
  trouble: Trouble,
  deviates = false,
): boolean {
  const doesNotFit = trouble.isMisfit || trouble.isMissing;
  return isGone(statement, trouble) || Boolean(statement.mayNotFit && deviates && doesNotFit);
}

/** For good, by the migration itself. */
const isGone = ({ mayBeGone }: PlannedStatement, { isMissing }: Trouble) =>
  Boolean(mayBeGone && isMissing);

/**
 * A conflict where something does not come back. Of what the migration itself has dropped for good
 * that is no surprise; nor of what is about something (its owner, its comment) that has been told.
 */
export async function noteLeftOut(
  run: Run,
  { sql, changes, mayBeGone }: PlannedStatement,
  { message, isMissing }: Trouble,
): Promise<Conflict[]> {
  const bringsBack = changes.some(({ kind }) =>
    /^(add|attach|create)-|^set-(default|not-null)$/.test(kind),
  );
  if (isMissing && (mayBeGone || !bringsBack)) {
    run.report({ kind: "note", message: `Passed over, for it is gone: ${sql}` });
    return [];
  }
  const [text, target = ""] = [sql.replace(/\s+/g, " "), changes[0]?.object];
  const short = text.length > 200 ? `${text.slice(0, 200)}...` : text;
  return [await noteConflict(run.session, target, `left out: ${short}: ${message}`)];
}
