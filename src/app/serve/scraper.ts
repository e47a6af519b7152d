// Owns: reading a target's facts again and again: over a database session of its own, which is opened
// anew when it is lost; in bounded time; one reading at a time, shared by all who ask meanwhile.
// Failure: a database that does not answer is an answer too, with the reason.

import { BelayError, messageOf } from "../../core/errors.ts";
import type { Session } from "../../dialects/dialect.ts";
import { redactor } from "../../notify/secret.ts";
import type { Settings } from "../settings.ts";
import type { Target } from "../target.ts";
import { type Facts, readFacts } from "./facts.ts";

export interface Scrape {
  /** Absent: `why` says what was in the way. */
  facts?: Facts;
  why?: string;
  /** Milliseconds. */
  tookMs: number;
  /** Of this process, this one included. */
  errors: number;
  /** Epoch milliseconds of the latest one that failed; null: none has. */
  lastErrorAt: number | null;
}

export interface Scraper extends AsyncDisposable {
  /** Never throws. */
  scrape(): Promise<Scrape>;
}

/** Milliseconds for all of it: less than the ten seconds that Prometheus waits. */
const usualLimitMs = 5_000;

/** Milliseconds. Nothing of it is worth that anybody waits behind it. */
const timeouts = { lockMs: 500, statementMs: 3_000 };

/** Not `belay:` and a run: nobody takes it over, and nobody ends it for a run's sake. */
const applicationName = "belay:serve";

class Late extends Error {}

/** Opens nothing until the first one asks. */
export function openScraper(
  settings: Settings,
  { dialect, url }: Target,
  limitMs: number = usualLimitMs,
): Scraper {
  const { environment } = settings;
  const clean = redactor(passwordsOf(url));
  let session: Session | undefined;
  let asked: Promise<Scrape> | undefined;
  let [errors, lastErrorAt]: [number, number | null] = [0, null];

  const giveUp = () => {
    session?.destroy();
    session = undefined;
  };
  const connect = async (over: AbortSignal): Promise<Session> => {
    const opened = await dialect.connect({ url, applicationName, connectTimeoutMs: limitMs });
    if (!over.aborted) await dialect.setTimeouts(opened, timeouts);
    if (!over.aborted) return opened;
    opened.destroy();
    throw new Late("the session came too late");
  };
  const read = async (over: AbortSignal): Promise<Facts> => {
    const own = session ?? (await connect(over));
    session = own;
    return readFacts(settings, { session: own, dialect, url });
  };
  const inTime = async (): Promise<Facts> => {
    const [over, done] = [new AbortController(), new AbortController()];
    const late = environment.sleep(limitMs, done.signal).then((): never => {
      over.abort();
      throw new Late(`no answer within ${limitMs} ms`);
    });
    const reading = read(over.signal);
    // Whoever comes second is not waited for, and may fail unheard.
    late.catch(() => {});
    reading.catch(() => {});
    try {
      return await Promise.race([reading, late]);
    } finally {
      done.abort();
    }
  };
  const once = async (): Promise<Scrape> => {
    const began = environment.monotonic();
    const told = (found: Pick<Scrape, "facts" | "why">): Scrape => {
      return { ...found, tookMs: environment.monotonic() - began, errors, lastErrorAt };
    };
    try {
      return told({ facts: await inTime() });
    } catch (error) {
      // A session that has failed once is not worth finding out whether it is still good for anything.
      giveUp();
      errors += 1;
      lastErrorAt = environment.now();
      settings.report({ kind: "note", message: `Not read: ${clean(reasonOf(error))}` });
      return told({ why: kindOf(error) });
    }
  };
  return {
    scrape() {
      asked ??= once().finally(() => {
        asked = undefined;
      });
      return asked;
    },
    async [Symbol.asyncDispose]() {
      await asked;
      await session?.close();
    },
  };
}

function passwordsOf(url: string): string[] {
  if (!URL.canParse(url)) return [url];
  const { password, searchParams } = new URL(url);
  const given = [decodeURIComponent(password), searchParams.get("password") ?? ""];
  return given.filter((each) => each !== "");
}

/** For whoever asks over the network: without names of hosts, roles and databases. */
function kindOf(error: unknown): string {
  if (error instanceof Late) return error.message;
  if (!(error instanceof BelayError)) return "it did not answer as it should";
  return error.code === "BELAY_CONNECT" ? "it cannot be connected to" : error.code;
}

/** Of a connection that failed, what was in the way rather than where it was to lead. */
function reasonOf(error: unknown): string {
  const isConnect = error instanceof BelayError && error.code === "BELAY_CONNECT";
  return isConnect && error.cause ? `cannot connect: ${messageOf(error.cause)}` : messageOf(error);
}
