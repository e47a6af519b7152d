// Owns: the application of a demo: it writes all the time, reads what its version reads, tells on a
// health endpoint whether that goes well, and remembers what the database has confirmed to it.

import { once } from "node:events";
import { createServer } from "node:http";
import type { Environment } from "../../core/environment.ts";
import type { Session } from "../../dialects/dialect.ts";

export interface Application extends AsyncDisposable {
  /** 200 while four in five of the last twenty attempts went well, else 500. */
  healthUrl: string;
  confirmed(): number;
  refused(): number;
  /** Confirmed writes that are not there any more: what nobody may ever see. */
  missing(): Promise<number>;
}

/** `write`: one write, with `$1` as its name; `names`: all names that are there, as `name`. */
export interface Work {
  write: string;
  names: string;
}

/** Milliseconds between two writes. */
const restMs = 5;

export async function openApplication(
  session: Session,
  environment: Environment,
  work: Work,
): Promise<Application> {
  const confirmed: string[] = [];
  let refused = 0;
  let recent: boolean[] = [];
  let isOpen = true;
  const working = (async () => {
    for (let n = 1; isOpen; n += 1) {
      let isFine = true;
      try {
        await session.query(work.write, [`order ${n}`]);
        confirmed.push(`order ${n}`);
      } catch {
        isFine = false;
        refused += 1;
      }
      recent = [...recent.slice(-19), isFine];
      await environment.sleep(restMs);
    }
  })();
  const server = createServer((_, response) => {
    const isWell = recent.filter(Boolean).length >= 0.8 * recent.length;
    response.writeHead(isWell ? 200 : 500).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    healthUrl: `http://127.0.0.1:${port}/health`,
    confirmed: () => confirmed.length,
    refused: () => refused,
    async missing() {
      const promised = [...confirmed];
      const there = new Set(
        (await session.query<{ name: string }>(work.names)).map(({ name }) => name),
      );
      return promised.filter((name) => !there.has(name)).length;
    },
    async [Symbol.asyncDispose]() {
      isOpen = false;
      await working;
      server.closeAllConnections();
      server.close();
    },
  };
}
