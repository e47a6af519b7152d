// Owns: receivers of notices on real sockets, which refuse, stall, fail and recover on the same port.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import { SMTPServer } from "smtp-server";

export interface Received {
  path: string;
  headers: IncomingMessage["headers"];
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire, looked into by tests.
  body: any;
}

/** A status to answer; `stall`: nothing is ever answered; `lose`: it is taken, and the answer is lost. */
export type Answer = number | "stall" | "lose";

export interface HttpReceiver extends AsyncDisposable {
  /** `http://127.0.0.1:port`. */
  url: string;
  /** All that was answered with 2xx, or whose answer was lost. */
  taken: Received[];
  /** Requests, whatever became of them. */
  attempts: number;
  answer: Answer;
  /** Headers of answers that are no 2xx. */
  headers: Record<string, string>;
  /** Text of answers that are no 2xx. */
  text: string;
  /** Closes the port; connections are refused. */
  close(): Promise<void>;
  /** Opens the same port again. */
  open(): Promise<void>;
}

export async function httpReceiver(answer: Answer = 202): Promise<HttpReceiver> {
  const receiver = { taken: [] as Received[], attempts: 0, answer, headers: {}, text: "no" };
  let port = 0;
  let server: Server | undefined;
  const listener: Parameters<typeof createServer>[1] = async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    receiver.attempts += 1;
    const { answer: now } = receiver;
    if (now === "stall") return;
    const { url: path = "", headers } = request;
    const isTaken = now === "lose" || (now >= 200 && now < 300);
    if (isTaken) receiver.taken.push({ path, headers, body: JSON.parse(text) });
    if (now === "lose") return void request.socket.destroy();
    response.writeHead(now, isTaken ? {} : receiver.headers).end(isTaken ? "" : receiver.text);
  };
  const open = async () => {
    server = createServer(listener).listen(port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    port = address.port;
  };
  const close = async () => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  };
  await open();
  return Object.assign(receiver, {
    url: `http://127.0.0.1:${port}`,
    ...{ open, close, [Symbol.asyncDispose]: close },
  });
}

export interface Mail {
  from: string;
  to: string[];
  /** As sent, headers and all. */
  text: string;
}

export interface MailReceiver extends AsyncDisposable {
  port: number;
  taken: Mail[];
  /** An SMTP code; 250: taken. `stall`: no greeting. */
  answer: number | "stall";
  close(): Promise<void>;
  open(): Promise<void>;
}

/** `password`: of user `belay`; absent: nobody logs in. */
export async function mailReceiver(password?: string): Promise<MailReceiver> {
  const receiver = { taken: [] as Mail[], answer: 250 as MailReceiver["answer"], port: 0 };
  const sockets = new Set<Socket>();
  let server: SMTPServer | undefined;
  const refusal = (code: number) =>
    Object.assign(new Error(`not now (${code})`), { responseCode: code });
  const open = async () => {
    const created = new SMTPServer({
      ...{ disabledCommands: password === undefined ? ["AUTH", "STARTTLS"] : ["STARTTLS"] },
      ...{
        authOptional: password === undefined,
        allowInsecureAuth: true,
        disableReverseLookup: true,
      },
      onConnect(_session, callback) {
        if (receiver.answer !== "stall") callback();
      },
      onAuth(auth, _session, callback) {
        const isRight = auth.username === "belay" && auth.password === password;
        // As some servers do: the reason quotes what was sent.
        if (isRight) callback(null, { user: "belay" });
        else callback(Object.assign(new Error(`${auth.password} is wrong`), { responseCode: 535 }));
      },
      onData(stream, session, callback) {
        let text = "";
        stream.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        stream.on("end", () => {
          if (receiver.answer !== 250) return callback(refusal(Number(receiver.answer)));
          const { mailFrom, rcptTo } = session.envelope;
          const from = mailFrom === false ? "" : (mailFrom?.address ?? "");
          receiver.taken.push({ from, to: rcptTo.map(({ address }) => address), text });
          callback();
        });
      },
    });
    created.on("error", () => {});
    created.server.on("connection", (socket: Socket) => sockets.add(socket));
    created.listen(receiver.port, "127.0.0.1");
    await once(created.server, "listening");
    const address = created.server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    receiver.port = address.port;
    server = created;
  };
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    const closing = server;
    server = undefined;
    if (closing) await new Promise<void>((resolve) => closing.close(() => resolve()));
  };
  await open();
  return Object.assign(receiver, { open, close, [Symbol.asyncDispose]: close });
}
