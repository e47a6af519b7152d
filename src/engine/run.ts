// Owns: what a run holds while it works: two sessions, the lease, the catalog as last seen.
// `session` carries the migration's statements; `keeper` renews the lease and watches `session`.

import type { Catalog } from "../core/catalog.ts";
import type { Environment } from "../core/environment.ts";
import { BelayError } from "../core/errors.ts";
import type { Dialect, Keeping, Session } from "../dialects/dialect.ts";
import type { RunFinished } from "../journal/record.ts";
import { append, install } from "../journal/store.ts";
import type { Report } from "./events.ts";
import { acquireLease, applicationName, type Lease } from "./lease.ts";

/** Milliseconds. */
export interface Limits {
  /** Longest wait for one lock, and so the longest that a query can queue behind ours. */
  lockTimeoutMs: number;
  /** Total time for lock attempts of one step, waits between them included. */
  lockBudgetMs: number;
  /** 0 = none. */
  statementTimeoutMs: number;
}

/** 500 ms: what an application's users hardly notice; a minute: what a deployment can spare. */
export const defaultLimits: Limits = {
  lockTimeoutMs: 500,
  lockBudgetMs: 60_000,
  statementTimeoutMs: 0,
};

export interface RunOptions {
  dialect: Dialect;
  url: string;
  command: string;
  programVersion: string;
  who: { user: string; host: string; pid: number };
  environment: Environment;
  limits: Limits;
  report: Report;
  /** Aborted by Ctrl-C. */
  signal?: AbortSignal;
  leaseTermMs?: number;
  /** What statements would destroy is kept for the undo window. Default: it is destroyed. */
  keeps?: boolean;
  onlineAboveBytes?: Keeping["onlineAboveBytes"];
  /**
   * Awaited where no lock is held: between batches, steps and migrations. `ranMs`: how long the last
   * batch took. Whoever watches makes the run wait here.
   */
  rest?: (ranMs: number, signal: AbortSignal) => Promise<void>;
}

/** A run that has not written anything yet. */
export interface Connected {
  id: string;
  keeper: Session;
}

/** Throws BELAY_CONNECT. */
export async function connectRun(
  options: Pick<RunOptions, "dialect" | "url" | "environment">,
): Promise<Connected> {
  const id = options.environment.id();
  const { dialect, url } = options;
  return { id, keeper: await dialect.connect({ url, applicationName: applicationName(id) }) };
}

export interface Run extends Omit<RunOptions, "signal"> {
  readonly id: string;
  readonly session: Session;
  readonly keeper: Session;
  readonly lease: Lease;
  readonly signal: AbortSignal;
  /** Stops listening to the caller's signal, which may outlive many runs. */
  readonly leave: () => void;
  /**
   * Nothing that the session runs from now on is cancelled; a request that is under way is awaited. For
   * what has to be finished once it has begun.
   */
  readonly undisturbed: () => Promise<void>;
  /** Kept up to date by every step; set before the first one. */
  catalog: Catalog;
  /** Of `session` now; undefined when a statement may have changed it. */
  searchPath: string[] | undefined;
}

/** Installs the journal, takes the lease and records the run. Throws BELAY_LEASE_HELD. */
export async function startRun(options: RunOptions, { id, keeper }: Connected): Promise<Run> {
  const { dialect, url, environment } = options;
  const abort = new AbortController();
  const stop = () => abort.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", stop, { once: true });
  if (options.signal?.aborted) stop();

  const leave = () => options.signal?.removeEventListener("abort", stop);
  let session: Session | undefined;
  // Connecting takes as long as all that comes before the session is needed.
  const connecting = dialect.connect({ url, applicationName: applicationName(id) });
  connecting.catch(() => {});
  try {
    await install(keeper);
    const lease = await acquireLease({
      ...{ run: id, keeper, environment },
      holder: `${options.who.user}@${options.who.host} (process ${options.who.pid}, belay ${options.command})`,
      ...(options.leaseTermMs === undefined ? {} : { termMs: options.leaseTermMs }),
      onLost: (error: BelayError) => {
        abort.abort(error);
        // Queries that will never be answered must not keep us: whatever they did is fenced.
        session?.destroy();
        keeper.destroy();
      },
    });
    await environment.reached("lease-acquired");
    const working = await connecting;
    session = working;
    await dialect.setTimeouts(working, { lockMs: options.limits.lockTimeoutMs, statementMs: 0 });
    let [cancelling, mayBeCancelled] = [Promise.resolve(), true];
    abort.signal.addEventListener("abort", () => {
      // After a lost lease there is nobody to ask, and the session is gone.
      if (abort.signal.reason instanceof BelayError || !mayBeCancelled) return;
      cancelling = working.cancel().catch(() => {});
    });
    const undisturbed = async () => {
      mayBeCancelled = false;
      await cancelling;
      // The server has told the session's process by now, which may hear it only when something runs.
      if (abort.signal.aborted) await working.query("SELECT 1").catch(() => {});
    };
    const run: Run = {
      ...options,
      ...{ id, session: working, keeper, lease, signal: abort.signal, leave, undisturbed },
      catalog: new Map(),
      searchPath: undefined,
    };
    const [role] = await working.query<{ role: string }>("SELECT current_user::text AS role");
    await append(working, id, lease.token, {
      kind: "run-started",
      body: {
        command: options.command,
        programVersion: options.programVersion,
        who: { ...options.who, role: role?.role ?? "" },
      },
    });
    await environment.reached("run-recorded");
    return run;
  } catch (error) {
    leave();
    await connecting.then(
      (opened) => opened.close(),
      () => {},
    );
    await keeper.close();
    throw error;
  }
}

/** Records the outcome, gives the lease back and closes the sessions. Never throws. */
export async function finishRun(run: Run, body: RunFinished): Promise<void> {
  const { environment, lease, session, keeper } = run;
  try {
    await append(keeper, run.id, lease.token, { kind: "run-finished", body });
    await environment.reached("run-finished");
    await lease.release();
    await environment.reached("lease-released");
  } catch {
    // The run's own result matters more, and a lease that is not given back expires by itself.
  } finally {
    run.leave();
    await session.close();
    await keeper.close();
  }
}
