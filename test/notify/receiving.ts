// Owns: all kinds of channels at once, each with a receiver of its own, as a configuration and its secrets.

import { realEnvironment } from "../../src/core/environment.ts";
import { type NotifyConfig, notifySchema } from "../../src/notify/options.ts";
import { type HttpReceiver, httpReceiver, mailReceiver } from "./receivers.ts";

/** In every secret, so that a test can look for it. */
export const secretMark = "s3cretpart";

const secret = (name: string) => `${secretMark}-${name}`;

export async function receivers() {
  const [hook, slack, pager, alerts] = [
    await httpReceiver(),
    await httpReceiver(),
    await httpReceiver(),
    await httpReceiver(),
  ];
  const mail = await mailReceiver(secret("mail"));
  const https = { hook, slack, pager, alerts };
  const all = [...Object.values(https), mail];
  const given = {
    hook: { kind: "webhook", url: "env:HOOK", timeoutMs: 300 },
    slack: { kind: "slack", url: "env:SLACK_URL", timeoutMs: 300 },
    pager: { kind: "pagerduty", routingKey: "env:PAGER_KEY", url: pager.url, timeoutMs: 300 },
    alerts: { kind: "alertmanager", url: alerts.url, timeoutMs: 300 },
    mail: {
      ...{ kind: "email", host: "127.0.0.1", port: mail.port, user: "belay", tls: "optional" },
      ...{ password: "env:MAIL_PASSWORD", from: "belay@example.org", to: "ops@example.org" },
      timeoutMs: 2_000,
    },
  };
  const env: Record<string, string> = {
    HOOK: `${hook.url}/${secret("hook")}`,
    SLACK_URL: `${slack.url}/services/${secret("slack")}`,
    PAGER_KEY: secret("pager"),
    MAIL_PASSWORD: secret("mail"),
  };
  return {
    ...{ ...https, https, mail, given, env },
    notify: notifySchema.parse(given) as NotifyConfig,
    secret: (name: string) => env[name],
    /** None takes anything any more: two refuse connections, two stall, one answers 500. */
    async die() {
      await hook.close();
      await mail.close();
      [slack.answer, pager.answer, alerts.answer] = ["stall", 500, "stall"];
      pager.attempts = 0;
    },
    /** Resolves when it has been tried in vain. */
    async failedOnce() {
      const before = pager.attempts;
      while (pager.attempts === before) await realEnvironment.sleep(10);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((each) => each[Symbol.asyncDispose]()));
    },
  };
}

export type Receivers = Awaited<ReturnType<typeof receivers>>;

export const hookTypes = ({ taken }: HttpReceiver): string[] =>
  taken.map(({ body }) => body.data.type);

export const hookIds = ({ taken }: HttpReceiver): string[] => taken.map(({ body }) => body.id);
