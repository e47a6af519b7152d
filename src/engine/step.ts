// Owns: one step through the server. A transactional step commits together with its journal record.
// A statement that the server refuses inside a transaction is journaled before and after, with a
// probe that tells whether it happened. Both leave nothing behind when they fail.

import { type Catalog, replacedTables } from "../core/catalog.ts";
import { BelayError } from "../core/errors.ts";
import {
  type Conflict,
  type Kept,
  keptOf,
  type LockMode,
  nothingToUndo,
  type PlannedStatement,
  type Step,
  type Undo,
} from "../core/plan.ts";
import type { Keeping, Observation, RowsSeen, Timeouts } from "../dialects/dialect.ts";
import type { Entry, RowChange, StepResult, UndoEntry } from "../journal/record.ts";
import { append, readConflicts } from "../journal/store.ts";
import { withAttempts } from "./attempts.ts";
import { type Deviation, isLeftOut, noteLeftOut, orLeaveOut } from "./leave-out.ts";
import { watchLocks } from "./lock-watch.ts";
import { inBatches } from "./repeat.ts";
import type { Run } from "./run.ts";
import { StatementFailed } from "./statement-failed.ts";

/** Tells statement and count for progress, and the record to commit with the step. */
export interface StepContext {
  version: string;
  /** What may return; see {@link Keeping}. */
  returns?: Keeping["returns"];
  /** What is written to tables made anew under the names of others is to come over to those. */
  carries?: boolean;
  /** An earlier rollback, or step of this one, had to leave something otherwise than it was. */
  deviates?: boolean;
  /**
   * Called when all has run and is not committed, or, for what cannot be taken back by a rollback,
   * just before it runs. Throwing ends the step; nothing of it is done.
   */
  judge?(result: StepResult, changed?: Observation["changed"]): void;
  /** Called in the transaction, before commit. Throwing rolls the step back. */
  toEntry(result: StepResult, seen: Observation): Entry;
}

export async function runStep(run: Run, step: Step, context: StepContext): Promise<StepResult> {
  const stopWatching = watchLocks(run);
  try {
    for (const statement of step.statements) {
      if (statement.repeat)
        await inBatches(run, statement, (error) => meaning(run, statement, error));
    }
    return await withAttempts(run, async (budgetLeftMs) => {
      await awaitMaintenance(run, step, budgetLeftMs);
      return step.transactional
        ? await runTransaction(run, step, context)
        : await runStatement(run, step, context);
    });
  } catch (error) {
    throw isCancelled(run, error) ? cancelled(error) : error;
  } finally {
    stopWatching();
  }
}

async function awaitMaintenance(run: Run, step: Step, waitMs: number): Promise<void> {
  if (!step.transactional) return;
  const { dialect, session } = run;
  const path = await currentPath(run);
  const tables = step.statements.flatMap((statement) =>
    locksAgainstMaintenance(run, statement).map(({ table }) => ({
      name: table,
      path: statement.searchPath ?? statement.foreseenPath ?? path,
    })),
  );
  if (tables.length === 0) return;
  await dialect.awaitMaintenance(session, tables, waitMs).catch((error: unknown) => {
    throw meaning(run, undefined, error);
  });
}

/** Rows that are kept are kept under a lock on their table. */
function locksAgainstMaintenance(run: Run, { locks, repeat, undoFromCatalog }: PlannedStatement) {
  if (repeat) return [];
  const keepsRows = run.keeps === true && undoFromCatalog === true;
  return locks.filter(
    ({ mode }) => !goWithMaintenance.has(mode) || (mode === "ROW EXCLUSIVE" && keepsRows),
  );
}

const goWithMaintenance = new Set<LockMode>(["ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE"]);

async function runTransaction(run: Run, step: Step, context: StepContext): Promise<StepResult> {
  const { dialect, session, environment, lease } = run;
  const timeouts = timeoutsFor(run, step);
  const searchPathBefore = await currentPath(run);
  await dialect.begin(session, timeouts);
  let committing = false;
  try {
    await environment.reached("transaction-begun");
    const mark = await dialect.mark(session);
    const { undo, written, deviation } = await runStatements(run, step, context, timeouts);
    for (const { undo: each } of undo) {
      for (const sql of keptOf(each)?.last ?? []) await session.run(sql);
    }
    const seen = await dialect.observe(session, mark, run.catalog);
    const conflicts = deviation === undefined ? [] : await readConflicts(session);
    const { first, last } = (context.carries && (await carry(run, seen))) || {};
    const undos = [...(last ? [last] : []), ...undo, ...(first ? [first] : [])];
    const rows = seen.rows.map((each) => underNames(written, each));
    const result = { undo: undos, rows, ...(conflicts.length > 0 && { conflicts }) };
    context.judge?.(result, seen.changed);
    lease.check();
    await append(session, run.id, lease.token, context.toEntry(result, seen));
    await environment.reached("step-journaled");
    committing = true;
    // Deferred constraints speak up only here.
    await dialect.commit(session).catch((error: unknown) => {
      throw wrap(run, undefined, error);
    });
    await environment.reached("step-committed");
    run.catalog = seen.catalog;
    // SET LOCAL ended with the transaction, SET did not; the next step asks.
    if (step.statements.some((each) => each.session ?? each.searchPath)) run.searchPath = undefined;
    return result;
  } catch (error) {
    run.searchPath = searchPathBefore;
    lease.check();
    if (dialect.trouble(error).kind === "connection" && !(error instanceof BelayError)) {
      throw connectionLost(error, committing);
    }
    await dialect.rollback(session).catch(() => {});
    throw error;
  }
}

async function runStatements(
  run: Run,
  { statements }: Step,
  { returns, deviates }: StepContext,
  timeouts: Timeouts,
) {
  const undo: UndoEntry[] = [];
  const written: Written = new Map();
  let deviation: Deviation = deviates ? "told" : undefined;
  for (const [index, statement] of statements.entries()) {
    checkCancelled(run);
    run.report({
      kind: "statement",
      ...{ line: statement.line, sql: statement.sql, index, count: statements.length },
    });
    const work = () => runOne(run, statement, timeouts, returns);
    const entry = (await orLeaveOut(run, statement, deviation, work)) ?? leftOut(statement);
    deviation ??= statement.merges && "perhaps";
    undo.push(entry);
    if (statements.length > 1) await noteWritten(run, written, statement, entry);
    await run.environment.reached("statement-executed");
  }
  return { undo, written, deviation };
}

/** Names that tables had when statements wrote to them: another one may rename them later on. */
type Written = Map<string, Set<string>>;

async function noteWritten(
  { dialect, session }: Run,
  written: Written,
  { merges = [] }: PlannedStatement,
  { undo }: UndoEntry,
): Promise<void> {
  const names = [...merges, ...(keptOf(undo)?.tables ?? [])];
  if (names.length === 0) return;
  for (const [identity, name] of await dialect.identities(session, names)) {
    written.set(identity, new Set([...(written.get(identity) ?? []), name]));
  }
}

/** For the journal, which knows tables by name. */
function underNames(written: Written, { identities = [], ...rows }: RowsSeen): RowChange {
  const names = identities.flatMap((each) => [...(written.get(each) ?? [])]);
  const aliases = new Set([...(rows.aliases ?? []), ...names]);
  aliases.delete(rows.table);
  return { ...rows, ...(aliases.size > 0 && { aliases: [...aliases] }) };
}

/** See {@link Dialect.carry}; asked only where there is something to carry over. */
async function carry(run: Run, { changed }: Observation) {
  const keeping = keepingOf(run);
  if (keeping === undefined || replacedTables(changed).length === 0) return undefined;
  const carried = await run.dialect.carry(run.session, changed, keeping);
  if (carried === undefined) return undefined;
  const entry = (undo: Undo): UndoEntry => ({ line: 0, changes: [], undo, searchPath: [] });
  return { first: entry(carried.first), last: entry(carried.last) };
}

/** It has changed nothing. */
const leftOut = (statement: PlannedStatement) => entryOf(statement, nothingToUndo, []);

async function runOne(
  run: Run,
  statement: PlannedStatement,
  timeouts: Timeouts,
  returns: Keeping["returns"],
) {
  const { dialect, session } = run;
  const undoer = await dialect.undoer(statement, keepingOf(run, returns));
  let kept: Kept | undefined;
  try {
    await enterSearchPath(run, statement, true);
    if (statement.requires !== undefined) await session.run(statement.requires);
    kept = keptOf(await undoer.before(session));
    for (const sql of kept?.before ?? []) await session.run(sql);
    // A repeated one is done by now; here it only gets its record.
    if (kept?.instead === undefined && !statement.repeat) await dialect.execute(session, statement);
    for (const sql of kept?.instead ?? []) await session.run(sql);
    for (const sql of kept?.after ?? []) await session.run(sql);
    const undo = await undoer.after(session);
    if (statement.session) {
      // Whatever the file sets, nobody may queue behind us for longer than the lock timeout.
      await dialect.restoreTimeouts(session, timeouts);
      run.searchPath = await dialect.searchPath(session);
    }
    return entryOf(statement, undo, await currentPath(run));
  } catch (error) {
    throw wrap(run, statement, error, kept?.instead?.[0]);
  }
}

function entryOf(
  { line, changes, temporary }: PlannedStatement,
  undo: Undo,
  searchPath: string[],
): UndoEntry {
  return { line, changes, undo, searchPath, ...(temporary && { temporary }) };
}

/** Where the run keeps anything. */
export function keepingOf(
  run: Pick<Run, "keeps" | "onlineAboveBytes" | "environment">,
  returns?: Keeping["returns"],
): Keeping | undefined {
  if (!run.keeps) return undefined;
  const { onlineAboveBytes } = run;
  const shelf = () => run.environment.id().replaceAll("-", "").slice(0, 8);
  return {
    shelf,
    ...(onlineAboveBytes !== undefined && { onlineAboveBytes }),
    ...(returns && { returns }),
  };
}

async function runStatement(run: Run, step: Step, context: StepContext): Promise<StepResult> {
  const { dialect, session, environment, lease } = run;
  const [statement] = step.statements;
  if (statement === undefined) return { undo: [], rows: [] };
  checkCancelled(run);
  run.report({ kind: "statement", line: statement.line, sql: statement.sql, index: 0, count: 1 });
  await enterSearchPath(run, statement, false);
  if (statement.requires !== undefined) {
    await session.run(statement.requires).catch((error: unknown) => {
      throw wrap(run, statement, error);
    });
  }
  const searchPath = await currentPath(run);
  const undoer = await dialect.undoer(statement);
  const foreseen = await undoer.before(session);
  const entry = (undo: Undo) => entryOf(statement, undo, searchPath);
  // What has to run to be understood cannot be judged before.
  if (!statement.observe) context.judge?.({ undo: [entry(foreseen)], rows: [] });
  const { probe } = statement;
  const probed = probe !== undefined && (await dialect.probe(session, probe)).state === "not-done";
  lease.check();
  await append(session, run.id, lease.token, {
    kind: "statement-intended",
    version: context.version,
    body: { step: step.id, undo: entry(foreseen), probed },
  });
  await environment.reached("statement-intended");
  await dialect.setTimeouts(session, timeoutsFor(run, step));
  let conflicts: Conflict[] = [];
  try {
    await dialect.execute(session, statement);
  } catch (error) {
    lease.check();
    const trouble = dialect.trouble(error);
    if (trouble.kind === "connection") throw connectionLost(error, true);
    const happened = probed && (await settleHalf(run, statement)) === "done";
    const mayBeLeftOut = !happened && isLeftOut(statement, trouble, context.deviates);
    if (!happened && !mayBeLeftOut) throw wrap(run, statement, error);
    if (mayBeLeftOut) conflicts = await noteLeftOut(run, statement, trouble);
  }
  await environment.reached("statement-ran");
  const undo = entry(await undoer.after(session));
  const result = await recordStatement(run, undo, context, conflicts);
  await environment.reached("statement-done");
  return result;
}

async function currentPath(run: Run): Promise<string[]> {
  run.searchPath ??= await run.dialect.searchPath(run.session);
  return run.searchPath;
}

/** Undo statements resolve their names where the statement that they undo did. */
async function enterSearchPath(run: Run, { searchPath }: PlannedStatement, inTransaction: boolean) {
  if (searchPath === undefined || searchPath.join() === run.searchPath?.join()) return;
  await run.dialect.setSearchPath(run.session, searchPath, inTransaction);
  run.searchPath = [...searchPath];
}

/** Journals a statement that has happened; also used by recovery, when the probe says it has. */
export async function recordStatement(
  run: Run,
  undo: UndoEntry,
  context: StepContext,
  conflicts: Conflict[] = [],
): Promise<StepResult> {
  const { dialect, session, lease } = run;
  const catalog: Catalog = await dialect.extract(session);
  const result = { undo: [undo], rows: [], ...(conflicts.length > 0 && { conflicts }) };
  const seen: Observation = { catalog, changed: [], rows: [] };
  lease.check();
  await append(session, run.id, lease.token, context.toEntry(result, seen));
  run.catalog = catalog;
  return result;
}

/**
 * Whether a non-transactional statement has happened. What a failed attempt left is cleaned up: an
 * INVALID index is dropped; a half detached partition is detached, and then it has happened.
 */
export async function settleHalf(
  run: Run,
  { probe }: PlannedStatement,
): Promise<"done" | "not-done"> {
  if (probe === undefined) return "not-done";
  const { state, cleanup = probe.cleanup?.sql } = await run.dialect.probe(run.session, probe);
  if (state !== "half" || cleanup === undefined) return state === "done" ? "done" : "not-done";
  await run.dialect.setTimeouts(run.session, { lockMs: run.limits.lockBudgetMs, statementMs: 0 });
  await run.session.run(cleanup);
  const settled = await run.dialect.probe(run.session, probe);
  return settled.state === "done" ? "done" : "not-done";
}

/**
 * Nobody queues behind a lock request that conflicts with no reader or writer, so those may wait
 * for the whole budget; CREATE INDEX CONCURRENTLY must, or it would fail on every long transaction.
 * A statement that writes rows holds some while it waits for others; to keep them it locks the table.
 */
function timeoutsFor(run: Run, step: Step): Timeouts {
  const { limits } = run;
  const modes = step.statements.flatMap(({ locks }) => locks.map(({ mode }) => mode));
  const harmless = modes.length > 0 && modes.every((mode) => harmlessModes.has(mode));
  return {
    lockMs: harmless ? limits.lockBudgetMs : limits.lockTimeoutMs,
    statementMs: limits.statementTimeoutMs,
  };
}

const harmlessModes = new Set<LockMode>(["ACCESS SHARE", "SHARE UPDATE EXCLUSIVE"]);

function checkCancelled(run: Run): void {
  run.lease.check();
  if (run.signal.aborted) throw new BelayError("BELAY_CANCELLED", "Cancelled");
}

const cancelled = (cause: unknown) => new BelayError("BELAY_CANCELLED", "Cancelled", { cause });

/** The request may reach a statement of ours, between those of the migration. */
function isCancelled(run: Run, error: unknown): boolean {
  const isKnown = error instanceof BelayError || error instanceof StatementFailed;
  return run.signal.aborted && !isKnown && run.dialect.trouble(error).kind === "cancelled";
}

/** Of an error outside of the step's own transaction. */
function meaning(run: Run, statement: PlannedStatement | undefined, error: unknown): unknown {
  run.lease.check();
  if (run.signal.aborted) return cancelled(error);
  const meant = wrap(run, statement, error);
  if (meant instanceof BelayError || meant instanceof StatementFailed) return meant;
  return run.dialect.trouble(meant).kind === "connection" ? connectionLost(meant, true) : meant;
}

/**
 * Keeps our own errors, lost connections, and lock trouble (which the attempts look at) as they are.
 * `ran`: what ran in place of the statement, perhaps around it.
 */
function wrap(
  run: Run,
  statement: PlannedStatement | undefined,
  error: unknown,
  ran?: string,
): unknown {
  if (error instanceof BelayError || error instanceof StatementFailed) return error;
  const trouble = run.dialect.trouble(error);
  if (trouble.offset !== undefined && statement && ran) {
    const offset = trouble.offset - ran.indexOf(statement.sql);
    const isWithin = ran.includes(statement.sql) && offset < statement.sql.length;
    if (isWithin && offset >= 0) trouble.offset = offset;
    else delete trouble.offset;
  }
  switch (trouble.kind) {
    case "cancelled":
      return run.signal.aborted ? cancelled(error) : new StatementFailed(statement, trouble, error);
    case "server":
    case "statement-timeout":
      return new StatementFailed(statement, trouble, error);
    case "lock-timeout":
    case "deadlock":
    case "serialization":
    case "connection":
    case "internal":
      return error;
  }
}

function connectionLost(cause: unknown, unknown: boolean): BelayError {
  return new BelayError("BELAY_CONNECTION_LOST", "The connection to the database was lost", {
    state: unknown
      ? "Unknown: the server may or may not have finished what was running."
      : "The running transaction is rolled back by the server.",
    hint: "Run belay recover; it asks the journal and the catalog.",
    cause,
  });
}
