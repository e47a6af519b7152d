// Owns: one HTTP POST of JSON, and what its answer means: taken, to be tried again, or refused for good.

import { Refused } from "./channel.ts";

export interface Post {
  url: URL;
  body: unknown;
  headers?: Record<string, string>;
  abort: AbortSignal;
}

/** Bytes of a refusal that are worth reading. */
const answerBytes = 2_000;

/** Of the answers below 500 these say "not now": timeout, too early, too many requests. */
const passing = new Set([408, 425, 429]);

/** Throws {@link Refused} for any other answer than 2xx. */
export async function post({ url, body, headers = {}, abort }: Post): Promise<void> {
  const { target, credentials } = apart(url);
  const response = await fetch(target, {
    method: "POST",
    headers: {
      ...{ "content-type": "application/json", "user-agent": "belaydb", ...credentials },
      ...headers,
    },
    body: JSON.stringify(body),
    signal: abort,
    // Following would send the secret of an address somewhere else.
    redirect: "manual",
  });
  const answer = await beginOf(response);
  const { status } = response;
  if (response.ok) return;
  const isFinal = status < 500 && !passing.has(status);
  const waitMs = waitOf(response.headers);
  throw new Refused(`status ${status}${answer === "" ? "" : `: ${answer}`}`, {
    isFinal,
    ...(waitMs === undefined ? {} : { waitMs }),
  });
}

/** `fetch` refuses an address with a user in it, and says so with the whole address. */
function apart(url: URL): { target: URL; credentials: Record<string, string> } {
  const { username, password } = url;
  if (username === "" && password === "") return { target: url, credentials: {} };
  const target = new URL(url);
  target.username = "";
  target.password = "";
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    target,
    credentials: { authorization: `Basic ${Buffer.from(pair).toString("base64")}` },
  };
}

/** Takes no more than a little of it, and frees the connection. */
async function beginOf(response: Response): Promise<string> {
  let text = "";
  if (response.body === null) return text;
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > answerBytes) break;
  }
  return text.replace(/\s+/g, " ").trim().slice(0, 200);
}

/** `Retry-After`: seconds, or a time, which is measured by the receiver's own clock. */
function waitOf(headers: Headers): number | undefined {
  const text = headers.get("retry-after") ?? "";
  if (/^\d{1,6}$/.test(text)) return Number(text) * 1_000;
  const waitMs = Date.parse(text) - Date.parse(headers.get("date") ?? "");
  return waitMs > 0 ? waitMs : undefined;
}

/** Throws without quoting the text, which may be a secret. */
export function httpUrl(text: string): URL {
  if (URL.canParse(text)) {
    const url = new URL(text);
    if (url.protocol === "http:" || url.protocol === "https:") return url;
  }
  throw new Error("the address is no http(s) URL");
}

/** A path below an address, whether that ends with a slash or not. */
export function below(address: string, path: string): URL {
  const url = httpUrl(address);
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return new URL(path, url);
}
