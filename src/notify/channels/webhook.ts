// Owns: a webhook of anybody's, as CloudEvents 1.0 in structured mode: one JSON document that says itself
// what it is, https://github.com/cloudevents/spec. `id` is the same at every attempt.

import { z } from "zod";
import { defineChannel } from "../channel.ts";
import { httpUrl, post } from "../post.ts";
import { fromEnvironment } from "../secret.ts";

export const kind = defineChannel({
  kind: "webhook",
  summary: "a POST of a CloudEvents 1.0 document",
  options: {
    url: fromEnvironment,
    /** By name, e.g. `{ authorization: "env:HOOK_AUTHORIZATION" }`. */
    headers: z.record(z.string(), fromEnvironment).default({}),
  },
  open({ url, headers }) {
    const target = httpUrl(url);
    return async (notice, abort) => {
      const { id, type, at, database, watch, ...data } = notice;
      const body = {
        specversion: "1.0",
        id,
        source: `belay://${encodeURI(database)}`,
        type: `belaydb.notice.${type}`,
        time: at,
        subject: watch,
        datacontenttype: "application/json",
        data: { type, at, database, watch, ...data, facts: data.facts.map(labelled) },
      };
      const contentType = { "content-type": "application/cloudevents+json; charset=UTF-8" };
      await post({ url: target, body, headers: { ...headers, ...contentType }, abort });
    };
  },
});

/** Labels are for people, and two may be alike; so no object of them. */
function labelled([label, text]: [string, string]): { label: string; text: string } {
  return { label, text };
}
