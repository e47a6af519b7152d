// Owns: a service of PagerDuty, by its Events API v2: what is wrong is an alert, opened and resolved by its
// key, so that the same said twice calls nobody twice; the begin and the end of a watch are change events.

import { z } from "zod";
import { defineChannel } from "../channel.ts";
import { clipped, type Notice } from "../notice.ts";
import { below, post } from "../post.ts";
import { address, fromEnvironment } from "../secret.ts";

/** Characters that PagerDuty takes in a summary, and in a key. */
const [summaryLength, keyLength] = [1_024, 255];

export const kind = defineChannel({
  kind: "pagerduty",
  summary: "alerts and change events of a PagerDuty service",
  options: {
    /** Of an integration of the type "Events API v2". */
    routingKey: fromEnvironment,
    /** For the service region of the EU: `https://events.eu.pagerduty.com`. */
    url: address.default("https://events.pagerduty.com"),
    /** Whether the begin and the end of a watch are shown beside the service's alerts. */
    changes: z.boolean().default(true),
  },
  open({ routingKey, url, changes }) {
    const [alerts, changed] = [below(url, "v2/enqueue"), below(url, "v2/change/enqueue")];
    return async (notice, abort) => {
      const body = (rest: object) => ({ routing_key: routingKey, ...rest });
      if (notice.alert) await post({ url: alerts, body: body(event(notice)), abort });
      if (notice.isChange && changes)
        await post({ url: changed, body: body(change(notice)), abort });
    };
  },
});

function event(notice: Notice) {
  const { alert, severity, at, database, type } = notice;
  const dedup = { dedup_key: clipped(alert?.key ?? notice.id, keyLength) };
  if (alert?.state === "resolved") return { event_action: "resolve", ...dedup };
  return {
    ...{ event_action: "trigger", ...dedup, client: "Belay" },
    payload: {
      ...{ summary: summary(notice), source: database, severity, timestamp: at },
      ...{ component: "database", class: type, custom_details: details(notice) },
    },
  };
}

function change(notice: Notice) {
  const { at: timestamp, database: source } = notice;
  const payload = { summary: summary(notice), timestamp, source, custom_details: details(notice) };
  return { payload };
}

function summary({ title, database }: Notice): string {
  return clipped(`${title} (${database})`, summaryLength);
}

function details({ facts, next, watch, id }: Notice): Record<string, string> {
  const told = next === undefined ? facts : [...facts, ["Next", next] as const];
  return { ...Object.fromEntries(told), watch, notice: id };
}
