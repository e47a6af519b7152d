// Every kind of channel against a real receiver: what it sends, what it makes of the answers, and that no
// secret gets into a reason.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { realEnvironment } from "../../src/core/environment.ts";
import { attempt } from "../../src/notify/attempt.ts";
import { channelKinds } from "../../src/notify/channels/all.ts";
import { type Notice, noticeTypes } from "../../src/notify/notice.ts";
import { type NotifyConfig, notifySchema, openChannels } from "../../src/notify/options.ts";
import { httpReceiver, mailReceiver } from "./receivers.ts";

const alert = {
  key: "w-incident",
  name: "BelayIncident",
  since: "2026-11-01T10:00:00.000Z",
} as const;

const paged: Notice = {
  ...{ id: "run-7", seq: 7, type: "paged", at: "2026-11-01T10:00:02.000Z", severity: "critical" },
  ...{ database: "db.internal/shop", watch: "w", isChange: false },
  title: "A human has to decide: <latency> & errors",
  facts: [["Taking it back would lose", "rows of orders (12 rows): not kept"]],
  next: "belay report",
  alert: { ...alert, state: "raised" },
};

const closed: Notice = {
  ...paged,
  ...{ id: "run-9", seq: 9, type: "closed", severity: "info", title: "Over: taken back" },
  at: "2026-11-01T10:00:09.000Z",
  alert: { ...alert, state: "resolved" },
};

const over: Notice = { ...closed, id: "run-10", seq: 10, type: "watch-over", isChange: true };

async function opened(given: unknown, secrets: Record<string, string> = {}) {
  const config: NotifyConfig = notifySchema.parse({ ops: given });
  const { ready, unready } = await openChannels(config, (name) => secrets[name]);
  const [channel] = ready;
  const send = (notice: Notice) => {
    if (channel === undefined) throw new Error(JSON.stringify(unready));
    return attempt(channel, notice, realEnvironment, new AbortController().signal);
  };
  return { send, unready };
}

test("webhook: a CloudEvents document, with the same id at every attempt", async () => {
  await using receiver = await httpReceiver();
  const { send } = await opened(
    { kind: "webhook", url: "env:HOOK", headers: { authorization: "env:AUTHORIZATION" } },
    {
      HOOK: `${receiver.url}/hooks/s3cret-path?token=s3cret`,
      AUTHORIZATION: "Bearer s3cret-token",
    },
  );
  expect(await send(paged)).toEqual({ state: "sent" });
  expect(receiver.taken).toMatchObject([
    {
      path: "/hooks/s3cret-path?token=s3cret",
      headers: {
        authorization: "Bearer s3cret-token",
        "content-type": "application/cloudevents+json; charset=UTF-8",
      },
      body: {
        ...{ specversion: "1.0", id: "run-7", source: "belay://db.internal/shop" },
        ...{ type: "belaydb.notice.paged", time: paged.at, subject: "w" },
        data: { severity: "critical", title: paged.title, facts: [{ label: paged.facts[0]?.[0] }] },
      },
    },
  ]);
});

test("an address with a user is sent as a header", async () => {
  await using receiver = await httpReceiver();
  const { host } = new URL(receiver.url);
  const { send } = await opened(
    { kind: "webhook", url: "env:HOOK" },
    { HOOK: `http://me:pa%24s@${host}/` },
  );
  expect(await send(paged)).toEqual({ state: "sent" });
  const basic = Buffer.from("me:pa$s").toString("base64");
  expect(receiver.taken[0]?.headers.authorization).toBe(`Basic ${basic}`);
});

test("slack: text and blocks, escaped and within its limits", async () => {
  await using receiver = await httpReceiver(200);
  const { send } = await opened(
    { kind: "slack", url: "env:SLACK_URL" },
    { SLACK_URL: receiver.url },
  );
  await send({ ...paged, title: `${paged.title} ${"x".repeat(200)}` });
  const { text, blocks } = receiver.taken[0]?.body ?? {};
  expect(text).toContain("&lt;latency&gt; &amp; errors");
  expect(blocks[0].text.text.length).toBeLessThanOrEqual(150);
  expect(JSON.stringify(blocks)).toContain("*Next*: belay report");
  expect(blocks.map(({ type }: { type: string }) => type)).toEqual([
    ...["header", "section", "section", "context"],
  ]);
});

test("pagerduty: one alert from trigger to resolve, and change events", async () => {
  await using receiver = await httpReceiver();
  const { send } = await opened(
    { kind: "pagerduty", routingKey: "env:PAGER_KEY", url: receiver.url },
    { PAGER_KEY: "r0uting-key" },
  );
  for (const notice of [paged, closed, over]) expect(await send(notice)).toEqual({ state: "sent" });
  expect(receiver.taken.map(({ path, body }) => [path, body.event_action, body.dedup_key])).toEqual(
    [
      ["/v2/enqueue", "trigger", "w-incident"],
      ["/v2/enqueue", "resolve", "w-incident"],
      ["/v2/enqueue", "resolve", "w-incident"],
      ["/v2/change/enqueue", undefined, undefined],
    ],
  );
  expect(receiver.taken[0]?.body).toMatchObject({
    routing_key: "r0uting-key",
    payload: { severity: "critical", source: "db.internal/shop", timestamp: paged.at },
  });
  expect(receiver.taken[3]?.body.payload).toMatchObject({ summary: expect.any(String) });
});

test("alertmanager: the same labels from the start to the end, which is put forward", async () => {
  await using receiver = await httpReceiver(200);
  const { send } = await opened({
    ...{ kind: "alertmanager", url: `${receiver.url}/prefix`, labels: { team: "db" } },
  });
  for (const notice of [paged, closed]) await send(notice);
  const [first, last] = receiver.taken.map(({ body }) => body[0]);
  expect(receiver.taken[0]?.path).toBe("/prefix/api/v2/alerts");
  expect(first.labels).toEqual(last.labels);
  expect(first.labels).toMatchObject({ alertname: "BelayIncident", team: "db" });
  expect([first.startsAt, first.endsAt]).toEqual([alert.since, "2026-11-02T10:00:02.000Z"]);
  expect([last.startsAt, last.endsAt]).toEqual([alert.since, closed.at]);
});

test("email: one thread, with an id that stays; a password is not sent in the clear", async () => {
  await using receiver = await mailReceiver("s3cret-password");
  const mail = {
    ...{ kind: "email", host: "127.0.0.1", port: receiver.port, user: "belay" },
    ...{ password: "env:MAIL_PASSWORD", from: "belay@example.org", to: ["ops@example.org"] },
  };
  const secrets = { MAIL_PASSWORD: "s3cret-password" };
  const { send } = await opened({ ...mail, tls: "optional" }, secrets);
  for (const notice of [paged, closed]) expect(await send(notice)).toEqual({ state: "sent" });
  const [first, second] = receiver.taken.map(({ text }) => text);
  expect(first).toContain("Message-ID: <run-7@notice.belaydb>");
  expect(second).toContain("Message-ID: <run-9@notice.belaydb>");
  for (const text of [first, second]) expect(text).toContain("References: <w@watch.belaydb>");
  expect(first).toContain("Next: belay report");
  expect(receiver.taken[0]?.to).toEqual(["ops@example.org"]);

  const cautious = await opened(mail, secrets);
  expect(await cautious.send(paged)).toMatchObject({
    ...{ state: "refused", why: expect.stringContaining("STARTTLS") },
  });
  const wrong = await opened({ ...mail, tls: "optional" }, { MAIL_PASSWORD: "wr0ng-password" });
  const refused = await wrong.send(paged);
  expect(refused).toMatchObject({ state: "refused", why: expect.stringContaining("535") });
  expect(JSON.stringify(refused)).not.toContain("wr0ng-password");
  expect(receiver.taken).toHaveLength(2);
});

test.each([
  [400, "refused"],
  [401, "refused"],
  [403, "refused"],
  [404, "refused"],
  [410, "refused"],
  [301, "refused"],
  [408, "later"],
  [429, "later"],
  [500, "later"],
  [503, "later"],
] as const)("the answer %i means %s, and its text gives no secret away", async (status, state) => {
  await using receiver = await httpReceiver(status);
  const secret = `${receiver.url}/services/T0000/s3cret-path`;
  receiver.text = `no such hook: ${secret} (/services/T0000/s3cret-path)`;
  const { send } = await opened({ kind: "slack", url: "env:SLACK_URL" }, { SLACK_URL: secret });
  const result = await send(paged);
  expect(result).toMatchObject({
    state,
    why: expect.stringContaining(`status ${status}: no such hook`),
  });
  expect(JSON.stringify(result)).not.toMatch(/s3cret|services/);
});

test.each([
  [{ "retry-after": "7" }, 7_000],
  [
    { "retry-after": "Sun, 01 Nov 2026 10:00:30 GMT", date: "Sun, 01 Nov 2026 10:00:00 GMT" },
    30_000,
  ],
  [{ "retry-after": "999999" }, 3_600_000],
])("a receiver that names a time is given it: %j", async (headers, waitMs) => {
  await using receiver = await httpReceiver(429);
  receiver.headers = headers;
  const { send } = await opened(
    { kind: "slack", url: "env:SLACK_URL" },
    { SLACK_URL: receiver.url },
  );
  expect(await send(paged)).toMatchObject({ state: "later", waitMs });
});

test("who stalls, or is not there, is tried again", async () => {
  await using receiver = await httpReceiver("stall");
  await using server = await mailReceiver();
  server.answer = "stall";
  const { port } = server;
  const slack = { kind: "slack", url: "env:SLACK_URL", timeoutMs: 200 };
  const email = {
    kind: "email",
    host: "127.0.0.1",
    port,
    from: "a@b.c",
    to: "d@e.f",
    timeoutMs: 200,
  };
  const channels = [await opened(slack, { SLACK_URL: receiver.url }), await opened(email)];
  for (const { send } of channels) {
    expect(await send(paged)).toEqual({
      ...{
        state: "later",
        why: expect.stringMatching(/^(no answer within 200 ms|Greeting never)/),
      },
    });
  }
  await receiver.close();
  await server.close();
  const absent = /ECONNREFUSED|other side closed/;
  for (const { send } of channels) {
    const result = await send(paged);
    expect(result).toMatchObject({ state: "later", why: expect.stringMatching(absent) });
  }
});

test.each([
  [451, "later"],
  [554, "refused"],
] as const)("the SMTP answer %i means %s", async (code, state) => {
  await using server = await mailReceiver();
  server.answer = code;
  const { port } = server;
  const { send } = await opened({
    ...{ kind: "email", host: "127.0.0.1", port, from: "a@b.c", to: "d@e.f" },
  });
  expect(await send(paged)).toMatchObject({ state, why: expect.stringContaining(String(code)) });
});

test.each([
  { kind: "slack", url: "https://hooks.slack.com/services/T/B/s3cret" },
  { kind: "webhook", url: "https://example.org/s3cret" },
  { kind: "webhook", url: "env:HOOK", headers: { authorization: "Bearer s3cret" } },
  { kind: "pagerduty", routingKey: "s3cret" },
  { kind: "alertmanager", url: "http://me:s3cret@alerts:9093" },
  { kind: "alertmanager", url: "http://alerts:9093/?token=s3cret" },
  { kind: "email", host: "h", from: "a@b.c", to: "d@e.f", user: "u", password: "s3cret" },
])("a secret in the configuration is refused, and not repeated: %#", (given) => {
  const parsed = notifySchema.safeParse({ ops: given });
  expect(parsed.success).toBe(false);
  expect(parsed.error?.message).toContain("env:NAME");
  expect(`${parsed.error?.message} ${JSON.stringify(parsed.error)}`).not.toContain("s3cret");
});

test("a variable that is not set, or is no address, is named and not shown", async () => {
  const { unready } = await opened({ kind: "slack", url: "env:SLACK_URL" });
  expect(unready).toMatchObject([{ name: "ops", why: "SLACK_URL is not set" }]);
  const bad = await opened({ kind: "slack", url: "env:SLACK_URL" }, { SLACK_URL: "s3cret/no/url" });
  expect(bad.unready).toMatchObject([{ why: "the address is no http(s) URL" }]);
});

test("the documentation names every kind of channel, every option, and every type of notice", () => {
  const text = readFileSync(join(import.meta.dirname, "../../docs/notifications.md"), "utf8");
  const options = channelKinds.flatMap(({ schema }) => Object.keys(schema.shape));
  const names = [...channelKinds.map(({ kind }) => kind), ...options, ...noticeTypes];
  const own = new Set(["kind", "test"]);
  expect(names.filter((name) => !own.has(name) && !text.includes(`\`${name}\``))).toEqual([]);
});
