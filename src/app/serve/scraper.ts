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
    if (over.aborted) opened.destroy();
    else await dialect.setTimeouts(opened, timeouts);
    return opened;
  };
  const read = async (over: AbortSignal): Promise<Facts> => {
    session ??= await connect(over);
    return readFacts(settings, { session, dialect, url });
  };
  const inTime = async (): Promise<Facts> => {
    const [over, done] = [new AbortController(), new AbortController()];
    const late = environment.sleep(limitMs, done.signal).then((): never => {
      over.abort();
      throw new Error(`no answer within ${limitMs} ms`);
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
      return told({ why: clean(reasonOf(error)) });
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

/** Of a connection that failed, what was in the way rather than where it was to lead. */
function reasonOf(error: unknown): string {
  const isConnect = error instanceof BelayError && error.code === "BELAY_CONNECT";
  return isConnect && error.cause ? `cannot connect: ${messageOf(error.cause)}` : messageOf(error);
}
