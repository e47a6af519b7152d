// Owns: ending undo windows. What migrations put aside is destroyed, and the catalog is as their
// statements say. Nothing but this destroys what Belay keeps.

import { resolve } from "node:path";
import { writeArchive } from "../archive/write.ts";
import { BelayError, messageOf } from "../core/errors.ts";
import { inTransaction } from "../core/plan.ts";
import type { Run } from "../engine/run.ts";
import { StatementFailed } from "../engine/statement-failed.ts";
import { runStep } from "../engine/step.ts";
import type { JournalState, OpenShelf } from "../journal/state.ts";
import { guardedRun, type RunResult } from "./guarded-run.ts";
import { loadFolderIfAny, unknownVersion } from "./migrations.ts";
import type { Settings } from "./settings.ts";
import { withSession } from "./target.ts";

export interface FinalizeOptions {
  /** `all`: every window; `expired`: those that are past their end; else one version's. */
  which: { version: string } | "all" | "expired";
  allowDrift: boolean;
  /** Folder in which what is destroyed is written first; relative to the project. */
  archive?: string;
}

export interface Finalized {
  version: string;
  name: string;
  /** What was destroyed: `column public.users.email`. */
  destroyed: string[];
  /** Folders that hold it now. */
  archives: string[];
}

export interface FinalizeResult extends RunResult {
  finalized: Finalized[];
}

/** 72 hours: a deployment on Friday can be taken back on Monday. */
export const defaultWindowMs = 72 * 3_600_000;

/** When the window of what was put aside at `since` (ISO 8601) ends. */
export function windowEnd(since: string, { undoWindowMs = defaultWindowMs }: Settings): string {
  return new Date(Date.parse(since) + undoWindowMs).toISOString();
}

export async function finalize(
  settings: Settings,
  { which, allowDrift, archive }: FinalizeOptions,
): Promise<FinalizeResult> {
  const { compare } = await loadFolderIfAny(settings);
  return guardedRun<Omit<FinalizeResult, keyof RunResult>>(
    settings,
    { command: "finalize", allowDrift, waitsForGuard: true },
    async (run, state, result) => {
      if (typeof which === "object") refuseUnknown(state, which.version, compare);
      const isOver = ({ since }: OpenShelf) =>
        Date.parse(windowEnd(since, settings)) <= settings.environment.now();
      const isMeant = (each: OpenShelf) => {
        if (typeof which === "object") return compare(each.version, which.version) === 0;
        return which === "all" || isOver(each);
      };
      const chosen = [...state.shelves.values()].filter(isMeant);
      const into = archive === undefined ? undefined : resolve(settings.projectDir, archive);
      const save = (shelf: OpenShelf) =>
        withSession(settings, (session, { dialect }) =>
          writeArchive({ ...settings, session, dialect }, into ?? "", shelf),
        );
      for await (const done of destroyAll(run, chosen, into === undefined ? undefined : save)) {
        record(result.finalized, done);
      }
    },
    { finalized: [] },
  );
}

function refuseUnknown(
  { migrations }: JournalState,
  version: string,
  compare: (left: string, right: string) => number,
): void {
  if (![...migrations.keys()].some((each) => compare(each, version) === 0)) {
    throw unknownVersion(version);
  }
}

interface Ended {
  shelf: OpenShelf;
  destroyed: string[];
  /** The folder that holds it. */
  archive: string | undefined;
}

function record(finalized: Finalized[], { shelf, destroyed, archive }: Ended): void {
  const { version, name } = shelf;
  let entry = finalized.find((each) => each.version === version);
  if (entry === undefined) {
    entry = { version, name, destroyed: [], archives: [] };
    finalized.push(entry);
  }
  entry.destroyed.push(...destroyed);
  if (archive !== undefined) entry.archives.push(archive);
}

/**
 * Each shelf in a transaction of its own, with its record: locks are held for one at a time, and after
 * a crash what is left is simply ended by the next finalize. Oldest first, because what was put aside
 * earlier may stand on what followed it (a column, then its type); what is refused is tried again
 * once others are gone.
 */
async function* destroyAll(
  run: Run,
  chosen: readonly OpenShelf[],
  save?: (shelf: OpenShelf) => Promise<string>,
): AsyncGenerator<Ended> {
  const saved = new Map<OpenShelf, string>();
  let left = chosen;
  while (left.length > 0) {
    const refused: OpenShelf[] = [];
    let why: unknown;
    for (const shelf of left) {
      if (save !== undefined && !saved.has(shelf)) saved.set(shelf, await save(shelf));
      try {
        const destroyed = await destroy(run, shelf);
        yield { shelf, destroyed, archive: saved.get(shelf) };
      } catch (error) {
        if (!(error instanceof StatementFailed)) throw error;
        refused.push(shelf);
        why ??= error;
      }
    }
    const [first] = refused;
    if (first && refused.length === left.length) throw await inUse(run, first, why);
    left = refused;
  }
}

async function destroy(run: Run, { shelf, version, name }: OpenShelf): Promise<string[]> {
  const { dialect, session } = run;
  const destroyed = (await dialect.shelved(session, [shelf])).map(({ object }) => object);
  const statements = await dialect.destruction(session, [shelf]);
  const [step] = await dialect.undoToSteps(
    // Not to be undone in turn: that is what it is for.
    statements.map((sql) => ({ ...inTransaction(sql), merges: [] })),
  );
  await runStep(run, step ?? { id: "1", transactional: true, statements: [] }, {
    version,
    toEntry: () => ({ kind: "migration-finalized", version, body: { name, shelves: [shelf] } }),
  });
  return destroyed;
}

async function inUse({ session, dialect }: Run, of: OpenShelf, cause: unknown) {
  const label = `${of.version} ${of.name}`.trim();
  const used = await dialect.dependents(session, of.shelf);
  const what = used.map(({ object, by }) => `${object} is used by ${by.join(", ")}`).join("; ");
  return new BelayError(
    "BELAY_SHELF_IN_USE",
    `${label} cannot be finalized: ${what || messageOf(cause)}`,
    {
      state: "Nothing of this was destroyed; what had been ended before it is.",
      hint: "Drop what was made since, or finalize the migration that keeps it; then run this again.",
      details: { version: of.version, used },
      cause,
    },
  );
}
