// Owns: Prometheus' Alertmanager, by its API v2. An alert is known by its labels, so those never change
// while it lasts; what is said of it changes. Alertmanager takes for resolved what it is not told again
// of in time, so the end is named from the start, and put forward once it is over.

import { z } from "zod";
import { defineChannel } from "../channel.ts";
import { linesOf, type Notice } from "../notice.ts";
import { below, post } from "../post.ts";
import { address, fromEnvironment } from "../secret.ts";

const dayMs = 24 * 60 * 60 * 1_000;

export const kind = defineChannel({
  kind: "alertmanager",
  summary: "alerts of Prometheus' Alertmanager",
  usual: [
    ...["paged", "eased", "detected", "decided", "rolled-back", "verified", "closed"],
    ...["watch-over", "test"],
  ] as Notice["type"][],
  options: {
    url: address,
    headers: z.record(z.string(), fromEnvironment).default({}),
    /** Added to those of every alert, for routes. */
    labels: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string()).default({}),
    /** Milliseconds for which what nobody resolves stays on fire. */
    holdMs: z.number().int().positive().default(dayMs),
  },
  open({ url, headers, labels, holdMs }) {
    const target = below(url, "api/v2/alerts");
    return async (notice, abort) => {
      if (notice.alert === undefined) return;
      await post({ url: target, body: [alertOf(notice, labels, holdMs)], headers, abort });
    };
  },
});

function alertOf(notice: Notice, labels: Record<string, string>, holdMs: number) {
  const { alert, at, database, title } = notice;
  const { name = "BelayIncident", state = "raised", since = at, key = notice.id } = alert ?? {};
  const end = state === "resolved" ? at : new Date(Date.parse(at) + holdMs).toISOString();
  return {
    startsAt: since,
    endsAt: end,
    labels: {
      ...labels,
      ...{ alertname: name, database, key },
      severity: name === "BelayIncident" ? "critical" : "warning",
    },
    annotations: { summary: title, description: linesOf(notice).join("\n"), notice: notice.id },
  };
}
