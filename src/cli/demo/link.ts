// Owns: a line between two programs that can be made narrow, as one to another region is.

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { Environment } from "../../core/environment.ts";

export interface Link extends AsyncDisposable {
  port: number;
  /** From now on it carries no more than that. */
  narrow(bytesPerSecond: number): void;
}

export async function openLink(
  to: { host: string; port: number },
  { sleep }: Environment,
): Promise<Link> {
  const sockets = new Set<Socket>();
  let rate = Number.POSITIVE_INFINITY;
  const forward = (from: Socket, into: Socket) => {
    sockets.add(from);
    from.on("data", (chunk) => {
      into.write(chunk);
      if (rate === Number.POSITIVE_INFINITY) return;
      from.pause();
      sleep((1_000 * chunk.length) / rate).then(
        () => from.resume(),
        () => {},
      );
    });
    from.on("close", () => into.destroy());
    from.on("error", () => into.destroy());
  };
  const server = createServer((near) => {
    const far = connect(to.port, to.host);
    forward(near, far);
    forward(far, near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" ? (address?.port ?? 0) : 0,
    narrow(bytesPerSecond) {
      rate = bytesPerSecond;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
