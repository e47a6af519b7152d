// Owns: rows of the tables that a watched migration is to change, sampled before it begins; and the check,
// after all is taken back, that they still hold what they held.

import { messageOf } from "../../core/errors.ts";
import { lockModes } from "../../core/plan.ts";
import type { RowSample, SeenAgain } from "../../core/row-sample.ts";
import { judgeRows } from "../../guard/sampled-rows.ts";
import type { IncidentCheck, JournalRecord } from "../../journal/record.ts";
import { applied, stateOf } from "../../journal/state.ts";
import { readRecords, readSeenBefore } from "../../journal/store.ts";
import { type StepOf, stepOf } from "../../journal/watches.ts";
import type { PlannedMigration } from "../plan.ts";
import type { Settings } from "../settings.ts";
import { withSession } from "../target.ts";

/** Up to 10 KB of digests for each table, and as much of keys. */
const limits = { tables: 32, rows: 200, digests: 1_600, statementMs: 2_000 } as const;

/** Milliseconds for all tables together: `up` waits for it. */
const allMs = 5_000;

/** Milliseconds for each table, to find its rows again. */
const againMs = 5_000;

/** Looks more than one for each table, for all together, and milliseconds before each. */
const [looks, pauseMs] = [10, 1_000];

/** As the statements name them; those with the strongest locks first. */
export function tablesOf(migrations: readonly Pick<PlannedMigration, "steps">[]): string[] {
  const locks = migrations
    .flatMap(({ steps }) => steps.flatMap(({ statements }) => statements))
    .flatMap((statement) => statement.locks)
    .filter(({ mode }) => mode !== "ACCESS SHARE")
    .toSorted((a, b) => lockModes.indexOf(b.mode) - lockModes.indexOf(a.mode));
  return [...new Set(locks.map(({ table }) => table))];
}

/** Undefined: nothing is to be changed of which there could be rows. Says what it leaves out, and why. */
export async function sampleRows(
  settings: Settings,
  tables: readonly string[],
): Promise<RowSample | undefined> {
  if (tables.length === 0) return undefined;
  const { environment, report, signal } = settings;
  const end = environment.monotonic() + allMs;
  const isOver = () => signal?.aborted === true || environment.monotonic() > end;
  try {
    const sample = await withSession(settings, (session, { dialect }) =>
      dialect.rowSamples.take(session, tables, { ...limits, isOver }),
    );
    if (sample.leftOut.length > 0) {
      const left = sample.leftOut.map(({ table, why }) => `${table} (${why})`).join(", ");
      const message = `No rows are sampled, to be compared after a rollback, of ${left}.`;
      report({ kind: "note", message });
    }
    return sample.tables.length + sample.leftOut.length === 0 ? undefined : sample;
  } catch (error) {
    // That a migration is watched does not hang on it.
    const why = messageOf(error);
    report({
      kind: "note",
      message: `No rows are sampled, to be compared after a rollback: ${why}`,
    });
    return { tables: [], leftOut: [{ table: "all tables", why }] };
  }
}

/** Undefined: no rows were sampled before, and none were to be. */
export async function checkRows(
  settings: Settings,
  watch: number,
): Promise<IncidentCheck | undefined> {
  return withSession(settings, async (session, { dialect }) => {
    const records = await readRecords(session);
    const seq = watchBefore(records, watch);
    const { rows: sample } = await readSeenBefore(session, seq);
    if (sample === undefined) return undefined;
    const stays = appliedSince(records, seq);
    if (stays !== undefined) {
      return { name: "rows", passed: true, detail: `not compared: ${stays}` };
    }
    const seen: SeenAgain[] = [];
    let patience = looks;
    for (const table of sample.tables) {
      let again = await dialect.rowSamples.again(session, table, againMs);
      // A lock that somebody holds goes by.
      for (; again.kind === "unread" && patience > 0; patience -= 1) {
        await settings.environment.sleep(pauseMs);
        again = await dialect.rowSamples.again(session, table, againMs);
      }
      seen.push(again);
    }
    return { name: "rows", ...judgeRows(sample, seen) };
  });
}

/** One that took over what an earlier one had left has begun amid of it. */
export function watchBefore(records: readonly JournalRecord[], watch: number): number {
  const incident = stateOf(records).watches.find(({ seq }) => seq === watch)?.incident;
  const { covers = [] }: Partial<StepOf<"decided">> = stepOf(incident, "decided") ?? {};
  const first = Math.min(watch + 1, ...covers.map(({ seq }) => seq));
  const begun = records.findLast(({ kind, seq }) => kind === "watch-started" && seq < first);
  return begun?.seq ?? watch;
}

/** What is applied now and was not then, or the other way round: rows need not be as they were. */
function appliedSince(records: readonly JournalRecord[], seq: number): string | undefined {
  const now = applied(stateOf(records));
  const then = applied(stateOf(records.filter((record) => record.seq < seq)));
  const other = unequal(now, then) ?? unequal(then, now);
  return other && `other migrations are applied than when rows were sampled (${other})`;
}

type Applied = ReturnType<typeof applied>;

function unequal(some: Applied, others: Applied): string | undefined {
  const known = new Set(others.map(({ version, finishedSeq }) => `${version} ${finishedSeq}`));
  return some.find(({ version, finishedSeq }) => !known.has(`${version} ${finishedSeq}`))?.version;
}
