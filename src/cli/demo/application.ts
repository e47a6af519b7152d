// Owns: an application that goes on while its database is migrated: it writes all the time, reads what
// its version reads, tells on a health endpoint whether that goes well and how long it takes, and
// remembers what the database has confirmed to it.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { Environment } from "../../core/environment.ts";
import type { Session } from "../../dialects/dialect.ts";

export interface Application extends AsyncDisposable {
  /**
   * 200 while four in five of the last twenty attempts went well, else 500; JSON with `p95Ms`, of what
   * is looked up, or of the writes where nothing is.
   */
  url: string;
  /** Names of all writes that were confirmed. */
  written: readonly string[];
  refused(): number;
  /** Once it has worked long enough to tell. */
  usualP95Ms(): Promise<number>;
  /** Confirmed writes that are not there any more: what nobody may ever see. */
  missing(): Promise<number>;
  /** Stops answering on its endpoint, or answers again on the same port. */
  silence(isSilent: boolean): void;
}

export interface Work {
  /** One write, with `$1` as its name. */
  write: string;
  /** What is looked up before it. */
  read?: string;
  /** All names that are there, as `name`. */
  names: string;
  /** More figures of the health endpoint. */
  figures?: () => Promise<Record<string, number>>;
  /** Milliseconds between two writes of a session. */
  restMs?: number;
}

/** Attempts of which the health endpoint tells the time. */
const timed = 20;

/** Each session works on its own. */
export async function openApplication(
  sessions: readonly Pick<Session, "query">[],
  environment: Environment,
  work: Work,
): Promise<Application> {
  const written: string[] = [];
  const told = { refused: 0, isSilent: false, recent: [] as { isFine: boolean; ms: number }[] };
  let isOpen = true;
  const working = sessions.map(async (session, worker) => {
    for (let n = 1; isOpen; n += 1) {
      const name = `order ${worker + 1}-${n}`;
      const startedAt = environment.monotonic();
      let isFine = true;
      let readMs: number | undefined;
      try {
        if (work.read !== undefined) {
          await session.query(work.read);
          readMs = environment.monotonic() - startedAt;
        }
        await session.query(work.write, [name]);
        written.push(name);
      } catch {
        isFine = false;
        told.refused += 1;
      }
      const ms = readMs ?? environment.monotonic() - startedAt;
      told.recent = [...told.recent.slice(1 - timed), { isFine, ms }];
      await environment.sleep(work.restMs ?? 5);
    }
  });
  const server = await serve(work, told);
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}/health`,
    written,
    refused: () => told.refused,
    async usualP95Ms() {
      while (written.length < 5 * timed) await environment.sleep(20);
      return p95Of(told);
    },
    async missing() {
      const promised = [...written];
      const rows = await sessions[0]?.query<{ name: string }>(work.names);
      const there = new Set(rows?.map(({ name }) => name));
      return promised.filter((name) => !there.has(name)).length;
    },
    silence(isSilent) {
      told.isSilent = isSilent;
    },
    async [Symbol.asyncDispose]() {
      isOpen = false;
      await Promise.all(working);
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Told {
  isSilent: boolean;
  recent: readonly { isFine: boolean; ms: number }[];
}

function p95Of({ recent }: Told): number {
  const sorted = recent.map(({ ms }) => ms).sort((left, right) => left - right);
  return sorted[Math.floor(0.95 * sorted.length)] ?? 0;
}

async function serve({ figures }: Work, told: Told): Promise<Server> {
  const server = createServer(async (request, response) => {
    if (told.isSilent) return request.socket.destroy();
    const last = told.recent.slice(-20);
    const isWell = last.filter(({ isFine }) => isFine).length >= 0.8 * last.length;
    try {
      const body = JSON.stringify({ p95Ms: p95Of(told), ...(await figures?.()) });
      response.writeHead(isWell ? 200 : 500).end(body);
    } catch {
      request.socket.destroy();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}
