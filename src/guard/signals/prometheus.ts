// Owns: what a Prometheus server answers.

import { z } from "zod";
import { defineSignal, upTo } from "../signal.ts";

const answer = z.object({
  status: z.literal("success"),
  data: z.object({
    resultType: z.string(),
    result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })),
  }),
});

export const kind = defineSignal({
  kind: "prometheus",
  summary: "the value of an instant query; of several series the largest",
  unit: "",
  needs: "outside",
  attributed: false,
  usual: { test: "median", action: "rollback" },
  options: {
    /** Of the server, e.g. `http://prometheus:9090`. */
    url: z.url(),
    query: z.string(),
    headers: z.record(z.string(), z.string()).default({}),
    limit: z.number().optional(),
  },
  measures:
    ({ url, query, headers, limit }) =>
    async ({ abort }) => {
      const target = new URL("api/v1/query", url.endsWith("/") ? url : `${url}/`);
      target.searchParams.set("query", query);
      const response = await fetch(target, { headers, signal: abort });
      if (!response.ok) return { state: "unknown", why: `Prometheus: status ${response.status}` };
      const read = answer.safeParse(await response.json());
      if (!read.success) return { state: "unknown", why: "Prometheus did not answer a vector" };
      const values = read.data.data.result.map(({ value: [, text] }) => Number(text));
      // No series, or NaN (0/0, nothing happened): nobody knows.
      if (values.length === 0) return { state: "unknown", why: "the query has no series" };
      if (values.some(Number.isNaN)) return { state: "unknown", why: "the query answered NaN" };
      return upTo(limit ?? Number.POSITIVE_INFINITY, Math.max(...values));
    },
});
