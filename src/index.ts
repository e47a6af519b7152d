/**
 * Belay as a library: the use cases of the command line, typed.
 *
 * ```ts
 * import { createBelay } from "belaydb";
 *
 * const belay = createBelay({ databaseUrl: process.env.DATABASE_URL, dir: "migrations" });
 * const { applied, error } = await belay.up();
 * if (error) await belay.recover();
 * ```
 *
 * @packageDocumentation
 */

import { resolve } from "node:path";
import {
  type ArchiveCheck,
  checkArchives,
  type LoadOptions,
  type LoadResult,
  loadArchives,
} from "./app/archive.ts";
import { type DecideResult, decideNow } from "./app/decide.ts";
import { type DownOptions, type DownResult, down } from "./app/down.ts";
import { type FinalizeOptions, type FinalizeResult, finalize } from "./app/finalize.ts";
import type { RunResult } from "./app/guarded-run.ts";
import { type InitOptions, type InitResult, init } from "./app/init.ts";
import { create, type NewResult } from "./app/new.ts";
import {
  type NotifyTest,
  type QueuedNotices,
  queuedNotices,
  type SendOptions,
  sendNotices,
  testChannels,
} from "./app/notify.ts";
import { type PlanResult, planBack, planUpcoming } from "./app/plan.ts";
import { type ProveOptions, type ProveResult, prove } from "./app/prove.ts";
import { recover } from "./app/recover.ts";
import { type RedoResult, redo } from "./app/redo.ts";
import { type ReportResult, report } from "./app/report.ts";
import type { Settings } from "./app/settings.ts";
import { type StatusOptions, type StatusResult, status } from "./app/status.ts";
import { type UpOptions, type UpResult, up } from "./app/up.ts";
import { type VerifyResult, verify } from "./app/verify.ts";
import { upWatched, type WatchedUpResult } from "./app/watch/up-watched.ts";
import { type WatchResult, watch } from "./app/watch/watch.ts";
import { realEnvironment } from "./core/environment.ts";
import type { RecoverOptions } from "./engine/recover.ts";
import { defaultLimits, type Limits } from "./engine/run.ts";
import type { Severity } from "./plan/decision.ts";

export { type Config, defineConfig } from "./app/config.ts";
export type { Undone } from "./app/down.ts";
export type { PlannedMigration, PlanStatement, PlanStep } from "./app/plan.ts";
export type { ProveOptions, ProveSummary } from "./app/prove.ts";
export type { IncidentReport } from "./app/report.ts";
export type { StatusRow } from "./app/status.ts";
export type { UndoStanding } from "./app/undo-standing.ts";
export type { Done } from "./app/up.ts";
export { BelayError, type ErrorCode, errorCodes } from "./core/errors.ts";
export type { Lock, LockMode, Loss, Undo, Verdict } from "./core/plan.ts";
export type { RunEvent } from "./engine/events.ts";
export type { Recovered } from "./engine/recover.ts";
export type {
  CrashProof,
  Finding,
  MeasuredLock,
  MigrationProof,
  ProofVerdict,
  WayProof,
} from "./prove/result.ts";
export type {
  ArchiveCheck,
  DecideResult,
  DownResult,
  FinalizeResult,
  InitResult,
  Limits,
  LoadResult,
  NewResult,
  NotifyTest,
  PlanResult,
  ProveResult,
  QueuedNotices,
  RedoResult,
  ReportResult,
  RunResult,
  StatusOptions,
  StatusResult,
  UpResult,
  VerifyResult,
  WatchedUpResult,
  WatchResult,
};

/** All optional: with none, the embedded PostgreSQL and the folder `migrations` of this folder. */
export interface BelayOptions extends Partial<Omit<Settings, "limits" | "databaseUrl">> {
  databaseUrl?: string | undefined;
  limits?: Partial<Limits>;
}

/** The use cases. Those that change the database resolve with `error` when their work failed. */
export interface Belay {
  /** Config file, folder and journal; adopts another tool's history unless told not to. */
  init(options?: Partial<InitOptions>): Promise<InitResult>;
  /** Writes the files of a new, empty migration. */
  create(name: string): Promise<NewResult>;
  /** Default: `undo` false, which asks the tables nothing. */
  status(options?: StatusOptions): Promise<StatusResult>;
  /** What `up` would run; with `version` only that one. */
  plan(options?: { version?: string; to?: string }): Promise<PlanResult>;
  /** What `down` would run; default: the last migration. */
  planDown(options?: Partial<DownOptions>): Promise<PlanResult>;
  /** Rehearses what is pending on scratch copies; default: both ways back, proofs written. */
  prove(options?: Partial<ProveOptions>): Promise<ProveResult>;
  up(options?: Partial<UpOptions>): Promise<UpResult>;
  /** `up` under the guard, resolved when the time of watching (milliseconds) is over. */
  upWatched(watchMs: number, options?: Partial<UpOptions>): Promise<WatchedUpResult>;
  /** Goes on with a watch that nobody minds any more; resolves when it is over. */
  watch(): Promise<WatchResult>;
  /** All incidents, oldest first. */
  report(): Promise<ReportResult>;
  /** What to do about the last migration, and what each way costs; default: nothing is wrong. */
  decide(options?: { severity?: Severity | null }): Promise<DecideResult>;
  /** A test message to each channel of the configuration. */
  testChannels(): Promise<NotifyTest>;
  /** What is still to be sent to them. */
  queuedNotices(): Promise<QueuedNotices>;
  /** Sends it; resolves with what could not be sent. Default: tries for a minute. */
  sendNotices(options?: Partial<SendOptions>): Promise<QueuedNotices>;
  /** Default: the last migration, by the way that loses nothing. */
  down(options?: Partial<DownOptions>): Promise<DownResult>;
  redo(options?: Partial<DownOptions>): Promise<RedoResult>;
  /** Ends undo windows: what they keep is destroyed. Default: those that are past their end. */
  finalize(options?: Partial<FinalizeOptions>): Promise<FinalizeResult>;
  /** Whether what `finalize` has archived is whole; `dir`: an archive, or a folder of archives. */
  checkArchives(dir: string): Promise<ArchiveCheck>;
  /** Loads it into ordinary tables; default: a schema for each version. */
  loadArchives(dir: string, options?: Partial<LoadOptions>): Promise<LoadResult>;
  recover(options?: Partial<RecoverOptions>): Promise<RunResult>;
  verify(): Promise<VerifyResult>;
}

const cautious: DownOptions = {
  target: { count: 1 },
  using: "auto",
  acceptLoss: false,
  allowDrift: false,
};

const strict: UpOptions = {
  allowDrift: false,
  acceptLoss: false,
  allowMissing: false,
  allowChanged: false,
  allowOutOfOrder: false,
};

const thorough: ProveOptions = { all: false, using: "both", seed: 1, rows: 8, write: true };

/** Binds the use cases to a database and a folder. Opens nothing until one is called. */
export function createBelay(options: BelayOptions = {}): Belay {
  const { databaseUrl, limits, ...rest } = options;
  const settings: Settings = {
    ...{ dir: "migrations", environment: realEnvironment, report: () => {} },
    secret: (name) => process.env[name],
    ...rest,
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    projectDir: resolve(options.projectDir ?? "."),
    limits: { ...defaultLimits, ...limits },
  };
  return {
    init: (given) => init(settings, { adopt: true, ...given }),
    create: (name) => create(settings, name),
    status: (given) => status(settings, given),
    plan: (given) => planUpcoming(settings, given ?? {}),
    planDown: (given) => planBack(settings, { ...cautious, ...given }),
    prove: (given) => prove(settings, { ...thorough, ...given }),
    up: (given) => up(settings, { ...strict, ...given }),
    upWatched: (watchMs, given) => upWatched(settings, { ...strict, ...given, watchMs }),
    watch: () => watch(settings),
    report: () => report(settings),
    decide: (given) => decideNow(settings, { severity: null, ...given }),
    testChannels: () => testChannels(settings),
    queuedNotices: () => queuedNotices(settings),
    sendNotices: (given) => sendNotices(settings, { forMs: 60_000, ...given }),
    down: (given) => down(settings, { ...cautious, ...given }),
    redo: (given) => redo(settings, { ...cautious, ...given }),
    finalize: (given) => finalize(settings, { which: "expired", allowDrift: false, ...given }),
    checkArchives: (dir) => checkArchives(settings, dir),
    loadArchives: (dir, given) => loadArchives(settings, dir, { allowDrift: false, ...given }),
    recover: (given) => recover(settings, { giveUp: false, ...given }),
    verify: () => verify(settings),
  };
}
