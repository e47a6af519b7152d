// Owns: the HTTP server of `belay serve`: what is asked for, and how it is answered. It reads only, and
// ends when it is told to.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Scraper } from "../../app/serve/scraper.ts";
import { BelayError, messageOf, untouched } from "../../core/errors.ts";
import { contentType, exposition } from "./exposition.ts";
import { familiesOf } from "./families.ts";
import { healthOf } from "./health.ts";

export interface Place {
  host: string;
  /** 0: a free one. */
  port: number;
}

interface Answer {
  status: number;
  type: string;
  body: string;
}

export interface MetricsServer extends AsyncDisposable {
  /** Without a path. */
  url: string;
}

/** Listens by the time it returns. Throws BELAY_USAGE where it cannot. */
export async function listen(
  scraper: Scraper,
  { host, port }: Place,
  version: string,
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    answer(request, scraper, version).then(
      (given) => send(response, given),
      // A defect of ours; the next request may fare better.
      () => send(response, plain(500, "This is a defect of Belay.")),
    );
  });
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (cause) {
    throw new BelayError("BELAY_USAGE", `Cannot listen on ${host}:${port}: ${messageOf(cause)}`, {
      state: untouched,
      hint: "Give another --port (0: a free one) or --host.",
      cause,
    });
  }
  return {
    url: urlOf(server),
    async [Symbol.asyncDispose]() {
      // Nobody is waited for: who asks a server that ends is told by the connection.
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") return "";
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

async function answer(
  { method, url = "/" }: IncomingMessage,
  scraper: Scraper,
  version: string,
): Promise<Answer> {
  if (method !== "GET" && method !== "HEAD") return plain(405, "GET or HEAD");
  const [path] = url.split("?");
  switch (path) {
    case "/metrics": {
      const body = exposition(familiesOf(await scraper.scrape(), version));
      return { status: 200, type: contentType, body };
    }
    case "/healthz": {
      const health = healthOf(await scraper.scrape());
      const body = `${JSON.stringify(health, null, 2)}\n`;
      return { status: health.healthy ? 200 : 503, type: "application/json", body };
    }
    case "/":
      return plain(200, "belay serve: /metrics and /healthz");
    default:
      return plain(404, "There are /metrics and /healthz.");
  }
}

function plain(status: number, text: string): Answer {
  return { status, type: "text/plain; charset=utf-8", body: `${text}\n` };
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  const headers = { "content-type": type, "cache-control": "no-store" };
  response.writeHead(status, status === 405 ? { ...headers, allow: "GET, HEAD" } : headers);
  response.end(body);
}
