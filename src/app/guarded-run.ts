// Owns: the frame of every use case that changes the database: target, lease, journal, recovery of
// what an earlier run left, the drift check, and the end of the run.

import { hostname, userInfo } from "node:os";
import {
  type Catalog,
  catalogFromJson,
  type Difference,
  describeDifference,
  differences,
  fingerprintOf,
} from "../core/catalog.ts";
import { BelayError, messageOf } from "../core/errors.ts";
import type { Dialect } from "../dialects/dialect.ts";
import { withAttempts } from "../engine/attempts.ts";
import { type Recovered, recoverOpen } from "../engine/recover.ts";
import { type Connected, connectRun, finishRun, type Run, startRun } from "../engine/run.ts";
import type { RunFinished } from "../journal/record.ts";
import { type JournalState, lastDeviation, stateOf } from "../journal/state.ts";
import { loadCatalog, readRecords, saveCatalog } from "../journal/store.ts";
import { openWatch, stepOf } from "../journal/watches.ts";
import { programVersion } from "./program.ts";
import type { Settings } from "./settings.ts";
import { openTarget } from "./target.ts";

export interface RunResult {
  /** Id of the run, as in the journal. */
  run: string;
  outcome: RunFinished["outcome"];
  /** Whether the catalog at the end is what the run's own records say. */
  verified: boolean;
  /** What is different where `verified` is false, one line each. */
  differences: string[];
  /** What an earlier run had left unfinished, and what became of it. */
  recovered: Recovered[];
  /** What stopped the work; what had been done before stays done. */
  error?: BelayError;
}

export interface GuardOptions {
  command: string;
  /** Go on although somebody else changed the catalog. */
  allowDrift: boolean;
  /** It may not come between the guard's decision and the rollback that follows from it. */
  waitsForGuard?: boolean;
  /** An attempt that is halfway is given up rather than finished. */
  giveUp?: boolean;
  /** An `up` that is halfway is taken back where that is exact. */
  takesUpBack?: boolean;
  /** Looks before anything is written, the journal's own tables included; throwing ends it there. */
  preflight?: (state: JournalState, dialect: Dialect) => Promise<void>;
}

/**
 * Runs `work` under the lease. Throws only what comes before the work (connection, lease, drift);
 * an error of the work itself is in the result.
 */
export async function guardedRun<T extends object>(
  settings: Settings,
  options: GuardOptions,
  work: (run: Run, state: JournalState, result: T & RunResult) => Promise<void>,
  empty: T,
): Promise<T & RunResult> {
  const target = await openTarget(settings);
  try {
    const connected = await connectRun({ ...target, environment: settings.environment });
    await look(target.dialect, connected, options.preflight);
    const run = await startRun(
      {
        ...settings,
        ...{ dialect: target.dialect, url: target.url, command: options.command, programVersion },
        who: { user: userName(), host: hostname(), pid: process.pid },
        keeps: settings.verbatim !== true,
      },
      connected,
    );
    let ending: RunFinished = { outcome: "failed" };
    try {
      await keepIfAllowed(run);
      const result = {
        ...empty,
        run: run.id,
        outcome: "done",
        verified: true,
        differences: [],
        recovered: [],
      } as T & RunResult;
      let state = stateOf(await readRecords(run.session));
      run.catalog =
        settings.catalog === undefined
          ? await withAttempts(run, () => run.dialect.extract(run.session))
          : new Map(settings.catalog);
      if (state.open !== undefined) {
        const { version } = state.open;
        const seq = state.migrations.get(version)?.finishedSeq;
        const applied = { seq, deviates: lastDeviation(state) > (seq ?? 0) };
        result.recovered.push(
          await recoverOpen(run, state.open, applied, {
            giveUp: options.giveUp === true,
            takesUpBack: options.takesUpBack === true,
          }),
        );
        state = stateOf(await readRecords(run.session));
      } else if (!options.allowDrift) await refuseDrift(run, state);
      if (options.waitsForGuard) refuseUnderWay(state);
      try {
        await work(run, state, result);
      } catch (error) {
        if (!(error instanceof BelayError)) throw error;
        result.error = error;
        result.outcome = error.exit === 4 ? "refused" : "failed";
      }
      ending =
        settings.verifies === false ? { outcome: result.outcome } : await verifyEnd(run, result);
      return result;
    } finally {
      await finishRun(run, ending);
    }
  } finally {
    await target.close();
  }
}

/** Never in silence: whoever reads "applied" counts on the way back. */
async function keepIfAllowed(run: Run): Promise<void> {
  const why = run.keeps ? await run.dialect.refusesKeeping(run.session) : undefined;
  if (why === undefined) return;
  run.keeps = false;
  run.report({ kind: "note", message: `Nothing is kept for an undo window: ${why}.` });
}

async function look(
  dialect: Dialect,
  { keeper }: Connected,
  preflight: GuardOptions["preflight"],
): Promise<void> {
  try {
    if (preflight !== undefined) await preflight(stateOf(await readRecords(keeper)), dialect);
  } catch (error) {
    await keeper.close();
    throw error;
  }
}

/** The incremental catalog of the run against a full read of the server. */
async function verifyEnd(run: Run, result: RunResult): Promise<RunFinished> {
  const { outcome } = result;
  try {
    const actual = await withAttempts(run, () => run.dialect.extract(run.session));
    const found = differences(run.catalog, actual);
    result.differences.push(...found.map(describeDifference));
    if (found.length > 0) result.verified = false;
    const fingerprint = fingerprintOf(actual);
    await saveCatalog(run.session, fingerprint, actual);
    return { outcome, fingerprint };
  } catch (error) {
    // After a lost connection there is nothing to verify with, and that is what the result says.
    result.verified = false;
    result.differences.push(`not verified: ${messageOf(error)}`);
    return { outcome };
  }
}

/** Throws BELAY_GUARD_UNDER_WAY: a process that died has left a rollback that was decided. */
function refuseUnderWay({ watches }: JournalState): void {
  const incident = openWatch(watches)?.incident;
  const decided = stepOf(incident, "decided");
  if (decided?.action !== "rollback" || stepOf(incident, "rolledBack")) return;
  const versions = decided.covers.map(({ version }) => version).join(", ");
  throw new BelayError("BELAY_GUARD_UNDER_WAY", `The guard is taking back ${versions}`, {
    state: "This run changed nothing.",
    hint: "belay watch finishes the rollback.",
    details: { versions: decided.covers.map(({ version }) => version) },
  });
}

/** Throws BELAY_DRIFT, naming what somebody else changed since the last run. */
async function refuseDrift(run: Run, state: JournalState): Promise<void> {
  const found = await drift(run, state, run.catalog);
  if (found === undefined) return;
  const lines = found.map(describeDifference);
  throw new BelayError(
    "BELAY_DRIFT",
    `The catalog is not as Belay left it: ${lines.slice(0, 5).join("; ") || "what it was is no longer known"}${lines.length > 5 ? `; and ${lines.length - 5} more` : ""}`,
    {
      state: "This run changed nothing.",
      hint: "Put it into a migration, or take it back; or give --allow-drift to go on from the catalog as it is.",
      details: { differences: lines },
    },
  );
}

/** Undefined: no drift. Empty: there is some, but the earlier catalog was not kept. */
export async function drift(
  { session }: Pick<Run, "session">,
  { fingerprint }: JournalState,
  catalog: Catalog,
): Promise<Difference[] | undefined> {
  if (fingerprint === undefined || fingerprint === fingerprintOf(catalog)) return undefined;
  const content = await loadCatalog(session, fingerprint);
  return content === undefined ? [] : differences(catalogFromJson(JSON.parse(content)), catalog);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a uid without a name.
    return String(process.getuid?.() ?? "unknown");
  }
}
