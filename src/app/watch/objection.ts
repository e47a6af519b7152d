// Owns: what stands against an automatic rollback, asked of the database just before it is decided. Values
// that do not fit the schema from before would leave it another one than the old application needs: that
// is for somebody to weigh. What cannot be told in time is no objection: a rollback keeps it, and tells it.

import type { Answer } from "../../dialects/dialect.ts";
import { stateOf } from "../../journal/state.ts";
import { readRecords } from "../../journal/store.ts";
import type { Covered } from "../../journal/watches.ts";
import type { Settings } from "../settings.ts";
import { withSession } from "../target.ts";
import { undoStanding } from "../undo-standing.ts";

/** Milliseconds: an incident goes on meanwhile. */
const [forOne, forAll] = [500, 2_000];

/** What is wrong with taking these back by itself, and what to do instead; undefined: nothing known. */
export async function objectionTo(
  settings: Settings,
  covers: readonly Covered[],
): Promise<string | undefined> {
  const last = covers.at(-1);
  if (last === undefined) return undefined;
  const { environment } = settings;
  const asked = withSession(settings, async (session, { dialect }) => {
    const state = stateOf(await readRecords(session));
    const asking = { session, dialect, environment, timeoutMs: forOne };
    const way = { after: [], hasDown: false };
    return (await undoStanding(asking, state, last.version, way))?.against ?? [];
  }).catch((): Answer[] => []);
  const inTime = new AbortController();
  const late = environment.sleep(forAll, inTime.signal).then((): Answer[] => []);
  const against = await Promise.race([asked, late]);
  inTime.abort();
  const counts = against.flatMap(({ what, object, count }) =>
    isUnfit(what) && count !== null ? `${count} ${what} of ${object}` : [],
  );
  if (counts.length === 0) return undefined;
  return `written since, and not fitting the schema from before: ${counts.join(", ")}; go forward with a migration that mends it, or belay down, which keeps and tells them`;
}

/** Where both sides changed the same row, the newer value stays, and the schema is as it was. */
function isUnfit(what: Answer["what"]): boolean {
  return what === "misfits" || what === "violations";
}
