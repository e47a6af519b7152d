// Owns: what stands against an automatic rollback, asked of the database just before it is decided. Values
// that do not fit the schema from before would leave it another one than the old application needs: that
// is for somebody to weigh. What cannot be told in time is no objection: a rollback keeps it, and tells it.

import { keptOf, type UndoStatement } from "../../core/plan.ts";
import type { Answer, Session } from "../../dialects/dialect.ts";
import { readFinished } from "../../journal/store.ts";
import type { Covered } from "../../journal/watches.ts";
import { undoStatements } from "../../plan/reverse.ts";
import type { Settings } from "../settings.ts";
import { withSession } from "../target.ts";

/** Milliseconds: an incident goes on meanwhile. */
const [forOne, forAll] = [500, 2_000];

/** What is wrong with taking these back by itself, and what to do instead; undefined: nothing known. */
export async function objectionTo(
  settings: Settings,
  covers: readonly Covered[],
): Promise<string | undefined> {
  const { environment } = settings;
  const answers: Answer[] = [];
  let asking: Session | undefined;
  const asked = withSession(settings, async (session, { dialect }) => {
    asking = session;
    const statements = await undoOf(session, covers);
    await dialect.standing(session, statements, {
      timeoutMs: forOne,
      heard: (answer) => answers.push(answer),
    });
  }).catch(() => {});
  const inTime = new AbortController();
  const late = environment.sleep(forAll, inTime.signal);
  await Promise.race([asked, late]);
  inTime.abort();
  // It may hold a lock, for as long as its question takes; what it has answered counts.
  asking?.destroy();
  const counts = answers.flatMap(({ what, object, count }) =>
    isUnfit(what) && count !== null && count > 0 ? `${count} ${what} of ${object}` : [],
  );
  if (counts.length === 0) return undefined;
  return `written since, and not fitting the schema from before: ${counts.join(", ")}; go forward with a migration that mends it, or belay down, which keeps and tells them`;
}

/** Of all, last first, as they will run; those behind a table that was made anew are not known yet. */
async function undoOf(session: Session, covers: readonly Covered[]): Promise<UndoStatement[]> {
  const statements: UndoStatement[] = [];
  for (const { seq } of covers.toReversed()) {
    const { undo } = await readFinished(session, seq);
    if (undo.some((each) => keptOf(each.undo)?.carries !== undefined)) break;
    statements.push(...undoStatements(undo));
  }
  return statements;
}

/** Where both sides changed the same row, the newer value stays, and the schema is as it was. */
function isUnfit(what: Answer["what"]): boolean {
  return what === "misfits" || what === "violations";
}
