// Owns: a whole plan through the engine: its journal records, its failure, its way back.
// A plan of one transaction leaves one record, committed with it. A longer one is opened, recorded
// step by step, and closed; when it fails halfway, the finished steps are taken back at once.

import {
  type Catalog,
  type Difference,
  describeDifference,
  fingerprintOf,
  replacedTables,
} from "../core/catalog.ts";
import { BelayError, messageOf } from "../core/errors.ts";
import { keptOf, lossesOf, type Plan, type Step, verdictOf } from "../core/plan.ts";
import type { Keeping, Observation } from "../dialects/dialect.ts";
import type { CatalogChange, MigrationFinished, StepDone, StepResult } from "../journal/record.ts";
import type { OpenAttempt } from "../journal/state.ts";
import { append, saveCatalog } from "../journal/store.ts";
import { composeUndo } from "../plan/compose.ts";
import { undoStatements } from "../plan/reverse.ts";
import { foresee, refuseForeseen, refuseLosses } from "./losses.ts";
import type { Run } from "./run.ts";
import { StatementFailed } from "./statement-failed.ts";
import { recordStatement, runStep, type StepContext, settleHalf } from "./step.ts";

export interface Execution {
  plan: Plan & { direction: "up" | "down" };
  checksum: string;
  /** `down` only. */
  using?: "planned" | "file";
  /**
   * Compares what is with what should be, from the catalogs before and after; what it returns is
   * the residual. With `strict`, a residual rolls back a plan of one transaction.
   */
  judge?: (before: Catalog, after: Catalog) => Difference[];
  strict?: boolean;
  /** An earlier rollback had to leave something otherwise than it was. */
  deviates?: boolean;
  /** False: what the statements would lose is an error, before they run where that can be told. */
  acceptLoss: boolean;
  /** Catalog before, when it is not the run's present one (resuming). */
  before?: Catalog;
  /** What a rehearsal said of it; kept with the record. */
  proof?: unknown;
  /** What a rollback of it has put aside, and may return. */
  returns?: Keeping["returns"];
  /** What an earlier process did of this plan. */
  resume?: OpenAttempt;
}

/** Throws BelayError; its `state` says what the database is in. */
export async function execute(run: Run, execution: Execution): Promise<MigrationFinished> {
  const { plan } = execution;
  const { version, name, direction } = plan;
  run.report({ kind: "migration", version, name, direction });
  const startedAt = run.environment.monotonic();
  const before = execution.before ?? run.catalog;
  try {
    if (!execution.acceptLoss && execution.resume === undefined) {
      refuseForeseen(plan, await foresee(run, plan));
    }
    const isOneTransaction = plan.steps.length <= 1 && (plan.steps[0]?.transactional ?? true);
    const close = (result: StepResult, seen: Observation) =>
      finished(execution, result, before, seen, run.environment.monotonic() - startedAt);
    const body =
      isOneTransaction && execution.resume === undefined
        ? await keepingWherePossible(run, (given) => inOneTransaction(given, execution, close))
        : await stepByStep(run, execution, before, close);
    await run.dialect.reset(run.session);
    run.searchPath = undefined;
    await run.environment.reached("migration-finished");
    run.report({ kind: "finished", version, name, direction, ms: body.ms });
    return body;
  } catch (error) {
    const explained = explain(plan, error);
    run.report({ kind: "failed", version, name, message: messageOf(explained) });
    throw explained;
  }
}

/**
 * What is kept may be in the way of a later statement of the same migration (DROP EXTENSION, with a
 * hidden column of its type), or not be had (a deferred key of a dropped table). Then the whole is run
 * as written; what that destroys is a loss.
 */
async function keepingWherePossible<T>(run: Run, work: (run: Run) => Promise<T>): Promise<T> {
  try {
    return await work(run);
  } catch (error) {
    const isInTheWay = error instanceof StatementFailed && inTheWay.has(error.trouble.code ?? "");
    if (!isInTheWay || !run.keeps) throw error;
    run.keeps = false;
    try {
      return await work(run);
    } finally {
      run.keeps = true;
    }
  }
}

/** SQLSTATE dependent_objects_still_exist; object_in_use, while deferred checks are still to be run. */
const inTheWay = new Set(["2BP01", "55006"]);

type Close = (result: StepResult, seen: Observation) => MigrationFinished;

async function inOneTransaction(
  run: Run,
  { plan, ...execution }: Execution,
  close: Close,
): Promise<MigrationFinished> {
  const step = plan.steps[0] ?? { id: "1", transactional: true, statements: [] };
  await run.rest?.(0, run.signal);
  let body: MigrationFinished | undefined;
  const { returns, deviates } = execution;
  await runStep(run, step, {
    version: plan.version,
    carries: plan.direction === "up",
    ...(returns && { returns }),
    ...(deviates && { deviates }),
    judge: (result, changed) => {
      if (!execution.acceptLoss) refuseLosses(plan, result, changed);
    },
    toEntry(result, seen) {
      body = close(result, seen);
      const isExplained = (body.conflicts ?? []).length > 0;
      if (execution.strict && !isExplained && (body.residual ?? []).length > 0) {
        throw mismatch(body.residual ?? []);
      }
      return { kind: "migration-finished", version: plan.version, body };
    },
  });
  return body as unknown as MigrationFinished;
}

async function stepByStep(
  run: Run,
  execution: Execution,
  before: Catalog,
  close: Close,
): Promise<MigrationFinished> {
  const { plan, checksum, using, resume } = execution;
  const { version, name, direction } = plan;
  const { environment, lease, session } = run;
  const done: StepDone[] = [...(resume?.done ?? [])];
  if (resume === undefined) {
    const fingerprint = fingerprintOf(before);
    await saveCatalog(session, fingerprint, before);
    await append(session, run.id, lease.token, {
      kind: "migration-started",
      version,
      body: {
        ...{ direction, name, checksum, plan, before: fingerprint },
        ...(using === undefined ? {} : { using }),
        acceptsLoss: execution.acceptLoss,
      },
    });
    await environment.reached("migration-started");
  }
  try {
    const judge: StepContext["judge"] = (result, changed) => {
      if (execution.acceptLoss) return;
      // A step may write to what an earlier one has made, which goes with it.
      const earlier = done.flatMap((step) => step.undo);
      refuseLosses(plan, { ...result, undo: [...earlier, ...result.undo] }, changed);
    };
    const { returns, deviates } = execution;
    await runSteps(run, plan, done, resume, { judge, returns, deviates });
  } catch (error) {
    if (error instanceof BelayError && !backsOut.has(error.code)) throw error;
    await backOut(run, { ...execution, done, before, error });
    throw error;
  }
  const result = {
    undo: done.flatMap((step) => step.undo),
    rows: done.flatMap((step) => step.rows),
    conflicts: done.flatMap((step) => step.conflicts ?? []),
  };
  const changed = changesBetween(before, run.catalog);
  const body = close(result, { catalog: run.catalog, changed, rows: result.rows });
  await append(session, run.id, lease.token, { kind: "migration-finished", version, body });
  return body;
}

/** Errors of our own after which the finished steps are taken back; all others need recovery. */
const backsOut = new Set([
  "BELAY_CANCELLED",
  "BELAY_LOCK_BUDGET",
  "BELAY_UNDO_LOSS",
  "BELAY_UP_LOSS",
]);

async function runSteps(
  run: Run,
  plan: Plan,
  done: StepDone[],
  resume?: OpenAttempt,
  /** `judge` is called before a step commits; throwing rolls it back. */
  options: Pick<StepContext, "judge"> & {
    returns?: Keeping["returns"] | undefined;
    deviates?: boolean | undefined;
  } = {},
) {
  const { judge, returns } = options;
  const skip = new Set(done.map((step) => step.step));
  if (resume !== undefined) {
    // A new session lacks what the finished steps had set in theirs.
    const settings = plan.steps
      .filter((step) => skip.has(step.id))
      .flatMap((step) => step.statements.filter((statement) => statement.session));
    for (const statement of settings) await run.dialect.execute(run.session, statement);
    run.searchPath = undefined;
  }
  for (const step of plan.steps) {
    if (skip.has(step.id)) continue;
    await run.rest?.(0, run.signal);
    const isOff = done.some(({ conflicts }) => conflicts?.some(({ key }) => key === null));
    const context = {
      version: plan.version,
      carries: plan.direction === "up",
      deviates: plan.direction === "down" && (isOff || options.deviates === true),
      ...(returns && { returns }),
      ...(judge && { judge }),
      toEntry: (result: StepResult) => ({
        kind: "step-done" as const,
        version: plan.version,
        body: { step: step.id, ...result },
      }),
    };
    const [statement] = step.statements;
    const intended = resume?.intended?.step === step.id ? resume.intended : undefined;
    const happened = intended?.probed && statement && (await settleHalf(run, statement)) === "done";
    const result = happened
      ? await recordStatement(run, intended.undo, context)
      : await runOrElse(run, step, context);
    done.push({ step: step.id, ...result });
  }
}

/** What can be left out does not hold up the rest, nor does anybody who wants it to end. */
async function runOrElse(run: Run, step: Step, context: StepContext): Promise<StepResult> {
  const { otherwise, ...first } = step;
  if (otherwise === undefined) return runStep(run, step, context);
  try {
    return await runStep(run, first, context);
  } catch (error) {
    const isOurs = error instanceof BelayError && backsOut.has(error.code);
    if (!isOurs && !(error instanceof StatementFailed)) throw error;
    const undisturbed = { ...run, signal: new AbortController().signal };
    return runStep(undisturbed, { ...first, statements: otherwise }, context);
  }
}

interface BackOut extends Pick<Execution, "plan" | "checksum"> {
  done: StepDone[];
  before: Catalog;
  error: unknown;
  /** What has no exact way back stays done; somebody has accepted that. */
  lossAccepted?: boolean;
}

/**
 * Takes back the finished steps of a plan that cannot go on, and records that it is as it was.
 * Throws BELAY_HALFWAY when a finished step has no exact way back.
 */
export async function backOut(run: Run, attempt: BackOut): Promise<void> {
  const { plan, checksum, done, before, error } = attempt;
  const { lease, session, dialect } = run;
  const { version, name } = plan;
  const message = messageOf(error);
  const entries = composeUndo(
    done.flatMap((step) => step.undo),
    done.flatMap((step) => step.rows),
    await cameBetween(run, before),
  );
  const isExact = verdictOf(entries.map((entry) => entry.undo)) === "exact";
  if (!isExact && !attempt.lossAccepted) {
    throw halfway(plan, done, message, error);
  }
  await run.undisturbed();
  const steps = await dialect.undoToSteps(undoStatements(entries));
  const back: Plan = { ...plan, direction: "down", steps };
  await append(session, run.id, lease.token, {
    kind: "migration-started",
    version,
    body: {
      direction: "back-out",
      of: plan.direction,
      ...{ name, checksum, plan: back, before: fingerprintOf(before), error: message },
    },
  });
  run.report({ kind: "migration", version, name, direction: "back-out" });
  await finishBackOut(run, { plan: back, of: plan.direction, name, error: message, done: [] });
}

/** Runs what is left of a back-out, and closes the attempt. Also used by recovery. */
export async function finishBackOut(
  run: Run,
  attempt: Pick<OpenAttempt, "plan" | "of" | "name" | "done"> & { error?: string },
  resume?: OpenAttempt,
): Promise<void> {
  const { version } = attempt.plan;
  await run.undisturbed();
  await runSteps(
    // Nobody has used yet what goes, so it need not be kept.
    { ...run, signal: new AbortController().signal, keeps: false },
    attempt.plan,
    attempt.done,
    resume,
  );
  run.catalog = await run.dialect.extract(run.session);
  await append(run.session, run.id, run.lease.token, {
    kind: "migration-abandoned",
    version,
    body: { of: attempt.of, name: attempt.name, error: attempt.error ?? "interrupted" },
  });
}

function finished(
  { plan, checksum, using, judge, proof }: Execution,
  result: StepResult,
  before: Catalog,
  seen: Observation,
  ms: number,
): MigrationFinished {
  const lasting = result.undo.filter((entry) => !entry.temporary);
  const undo = composeUndo(lasting, result.rows, seen.changed);
  const undos = undo.map((entry) => entry.undo);
  const residual = judge?.(before, seen.catalog) ?? [];
  const shelves = undos.flatMap((each) => keptOf(each)?.shelf ?? []);
  const frees = undos.flatMap((each) => keptOf(each)?.frees ?? []);
  return {
    ...{ direction: plan.direction, name: plan.name, checksum, plan },
    ...{ undo, rows: result.rows, changed: seen.changed },
    verdict: verdictOf(undos),
    losses: lossesOf(undos),
    before: fingerprintOf(before),
    after: fingerprintOf(seen.catalog),
    ms: Math.round(ms),
    ...(shelves.length === 0 ? {} : { shelves }),
    ...(frees.length === 0 ? {} : { frees }),
    ...(result.conflicts?.length ? { conflicts: result.conflicts } : {}),
    ...(using === undefined ? {} : { using }),
    ...(proof === undefined ? {} : { proof }),
    ...(residual.length === 0 ? {} : { residual }),
  };
}

function changesBetween(before: Catalog, after: Catalog): CatalogChange[] {
  const changed: CatalogChange[] = [];
  for (const identity of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(identity), after.get(identity)];
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    changed.push({ ...(was && { before: was }), ...(is && { after: is }) });
  }
  return changed;
}

/** Into those that are empty nobody has written yet under the names of others. */
async function cameBetween({ catalog, session }: Run, before: Catalog): Promise<CatalogChange[]> {
  const changed = changesBetween(before, catalog);
  const empty = new Set<string>();
  for (const { name } of replacedTables(changed)) {
    const rows = await session.query(`SELECT 1 FROM ${name} LIMIT 1`);
    if (rows.length === 0) empty.add(`table ${name}`);
  }
  return changed.map(({ before: was, ...each }) =>
    was === undefined || empty.has(was.name) ? each : { before: was, ...each },
  );
}

function mismatch(residual: Difference[]): BelayError {
  const lines = residual.map(describeDifference);
  const some = lines.slice(0, 5).join("; ");
  return new BelayError(
    "BELAY_UNDO_MISMATCH",
    `After the rollback the catalog would not be as it was: ${some}${lines.length > 5 ? `; and ${lines.length - 5} more` : ""}`,
    {
      state: "Rolled back; the database is as it was before this command.",
      hint: "Something else changed these objects since, or Belay's inverse is wrong: please report it.",
      details: { residual },
    },
  );
}

function halfway(plan: Plan, done: StepDone[], message: string, cause: unknown): BelayError {
  const ids = done.map((step) => step.step).join(", ");
  return new BelayError("BELAY_HALFWAY", `${message}; steps ${ids} of ${plan.version} are done`, {
    state: `Halfway: steps ${ids} are committed and have no exact way back.`,
    hint: "Remove the cause and run belay recover, which goes on from there; or give the migration up: belay recover --accept-loss takes back what can be.",
    cause,
  });
}

/** Says where in the user's file, and what state the database is in now; defects stay as they are. */
function explain(plan: Plan, error: unknown): unknown {
  const label = `${plan.version} ${plan.name}`.trim();
  if (error instanceof StatementFailed) {
    const { statement, trouble } = error;
    // A part of a form has another text than the file has; it stands for the whole statement.
    const written = statement?.form?.written ?? statement?.sql ?? "";
    const lines = statement?.form ? 0 : linesBefore(written, trouble.offset ?? 0);
    const line = (statement?.line ?? 0) + lines;
    return new BelayError("BELAY_STATEMENT", `Migration ${label} failed: ${trouble.message}`, {
      state: "The database is as it was before this migration.",
      hint: "Correct the migration and run the command again.",
      ...(statement === undefined || statement.line === 0 || plan.path === undefined
        ? {}
        : { at: `${plan.path}:${line}` }),
      details: {
        ...{ version: plan.version, name: plan.name, sqlstate: trouble.code },
        ...(statement === undefined ? {} : { statement: written.slice(0, 2_000) }),
        ...(statement?.form && { form: statement.form.name, part: statement.sql.slice(0, 2_000) }),
      },
      cause: error.cause,
    });
  }
  if (error instanceof BelayError) {
    if (error.state !== undefined) return error;
    return new BelayError(error.code, `Migration ${label}: ${error.message}`, {
      state: "The database is as it was before this migration.",
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...{ details: error.details, cause: error.cause },
    });
  }
  return error;
}

function linesBefore(sql: string, offset: number): number {
  return sql.slice(0, offset).split("\n").length - 1;
}
