// Owns: taking samples. Bounded: whatever a signal does, a round ends in time, and what has not
// answered is unknown, with the reason. The guard has a database session of its own, so that it sees
// the server as others do, and a lost one costs nothing but samples.

import type { Environment } from "../core/environment.ts";
import { messageOf } from "../core/errors.ts";
import type { Dialect, Session } from "../dialects/dialect.ts";
import type { Reading, Sample } from "./sample.ts";
import type { OwnDeadlock, Signal } from "./signal.ts";

export interface SamplingOptions {
  dialect: Dialect;
  url: string;
  environment: Environment;
  signals: readonly Signal[];
  /** Milliseconds for one round; default 2,000. */
  limitMs?: number;
}

export interface Sampler extends AsyncDisposable {
  /** One round: a sample of each signal, in their order. Never throws. */
  sample(): Promise<Sample[]>;
  /** For the next round: what can only be seen between two of them. */
  tell(deadlock: OwnDeadlock): void;
  /** Signals that were known in no round so far, and the last reason. */
  readonly unseen: ReadonlyMap<string, string>;
}

const usualLimitMs = 2_000;

/** As all of ours: should a query of the guard's be in somebody's way, that is our doing too. */
const applicationName = "belay:guard";

/** Opens nothing until the first round. */
export function openSampler(options: SamplingOptions): Sampler {
  const { environment, signals, limitMs = usualLimitMs } = options;
  let session: Session | undefined;
  const untold: OwnDeadlock[] = [];
  const unseen = new Map(signals.map(({ name }) => [name, "nothing was measured"]));

  const inTime = async (
    work: (abort: AbortSignal) => Promise<void>,
    late: () => void = () => {},
  ): Promise<string | undefined> => {
    const [over, done] = [new AbortController(), new AbortController()];
    let why: string | undefined;
    const end = environment.sleep(limitMs, done.signal).then(() => {
      if (done.signal.aborted) return;
      why = `no answer within ${limitMs} ms`;
      over.abort();
      late();
    });
    const working = work(over.signal).catch((error: unknown) => {
      why ??= explain(options.dialect, error);
    });
    await Promise.race([working, end]);
    done.abort();
    return why;
  };

  const fromOutside = async (signal: Signal & { needs: "outside" }): Promise<Reading> => {
    let reading: Reading | undefined;
    const why = await inTime(async (abort) => {
      reading = await signal.measure({ environment, abort });
    });
    return why === undefined && reading ? reading : unknown(why);
  };

  const fromDatabase = async (): Promise<Map<string, Reading>> => {
    const found = new Map<string, Reading>();
    const giveUp = () => {
      session?.destroy();
      session = undefined;
    };
    const why = await inTime(async (abort) => {
      session ??= await open(options, limitMs);
      const own = session;
      const told = untold.splice(0);
      for (const signal of signals) {
        if (signal.needs !== "database" || abort.aborted) continue;
        const { readings } = options.dialect;
        const reading = await signal
          .measure({ environment, abort, session: own, readings, told })
          .catch((error: unknown) => {
            if (options.dialect.trouble(error).kind === "connection") throw error;
            return unknown(explain(options.dialect, error));
          });
        if (!abort.aborted) found.set(signal.name, reading);
      }
    }, giveUp);
    if (why !== undefined) giveUp();
    for (const { name } of signals) if (!found.has(name)) found.set(name, unknown(why));
    return found;
  };

  return {
    unseen,
    tell: (deadlock) => void untold.push(deadlock),
    async sample() {
      const at = environment.now();
      const hasDatabase = signals.some(({ needs }) => needs === "database");
      const database = hasDatabase ? fromDatabase() : new Map<string, Reading>();
      const samples = await Promise.all(
        signals.map(async (signal): Promise<Sample> => {
          const reading =
            signal.needs === "outside"
              ? await fromOutside(signal)
              : ((await database).get(signal.name) ?? unknown(undefined));
          return { ...reading, signal: signal.name, at };
        }),
      );
      for (const sample of samples) {
        if (sample.state !== "unknown") unseen.delete(sample.signal);
        else if (unseen.has(sample.signal)) unseen.set(sample.signal, sample.why);
      }
      return samples;
    },
    async [Symbol.asyncDispose]() {
      await session?.close();
    },
  };
}

async function open({ dialect, url }: SamplingOptions, limitMs: number): Promise<Session> {
  const session = await dialect.connect({ url, applicationName, connectTimeoutMs: limitMs });
  // Shorter than the round, so that the server's own word comes first and the session is kept. Behind a
  // queue for a lock there is nothing to see: the other signals tell of it, if they are not held up.
  const [lockMs, statementMs] = [Math.ceil(limitMs / 10), Math.ceil(limitMs / 2)];
  await dialect.setTimeouts(session, { lockMs, statementMs });
  return session;
}

function unknown(why: string | undefined): Reading {
  return { state: "unknown", why: why ?? "nothing was measured" };
}

/** The reason in one line; `fetch` hides it in the cause. */
function explain(dialect: Dialect, error: unknown): string {
  const cause = error instanceof Error && error.cause ? `: ${messageOf(error.cause)}` : "";
  return `${dialect.trouble(error).message}${cause}`;
}
