// Owns: what the application says of itself. Only its answer counts: where nobody answers,
// nothing is known.

import { z } from "zod";
import { defineSignal, upTo } from "../signal.ts";
import { atPointer } from "./json-pointer.ts";

export const kind = defineSignal({
  kind: "http",
  summary: "a health endpoint: its status, its time, and what its JSON says at `pointer`",
  unit: "ms",
  needs: "outside",
  attributed: false,
  usual: { test: "condition", consecutive: 3, action: "rollback" },
  options: {
    url: z.url(),
    headers: z.record(z.string(), z.string()).default({}),
    /** Any other is bad. Absent: 200 to 299. */
    status: z.number().int().optional(),
    limitMs: z.number().nonnegative().default(5_000),
    /** RFC 6901, e.g. `/checks/database`. */
    pointer: z.string().startsWith("/").optional(),
    /** What has to be there; absent: `true`, `"ok"`, `"up"`, `"pass"`, `"healthy"`, or a number. */
    equals: z.union([z.string(), z.number(), z.boolean()]).optional(),
    /** Of a number there; absent: only its rule judges it. */
    limit: z.number().optional(),
  },
  scale: ({ pointer, equals, limitMs, limit }) =>
    pointer === undefined || equals !== undefined
      ? { unit: "ms", limit: limitMs }
      : { unit: /ms$/i.test(pointer) ? "ms" : "", limit },
  measures:
    ({ url, headers, status, limitMs, pointer, equals, limit = Number.POSITIVE_INFINITY }) =>
    async ({ environment, abort }) => {
      const startedAt = environment.monotonic();
      const response = await fetch(url, { headers, signal: abort, redirect: "manual" });
      const text = await response.text();
      const value = environment.monotonic() - startedAt;
      const isFine = status === undefined ? response.ok : response.status === status;
      if (!isFine) return { state: "bad", value, detail: `status ${response.status}` };
      if (value > limitMs) return { state: "bad", value, detail: "slow" };
      if (pointer === undefined) return { state: "ok", value };
      const found = atPointer(text, pointer);
      if (typeof found === "number" && equals === undefined) return upTo(limit, found);
      const isHealthy = equals === undefined ? healthy.has(found) : found === equals;
      const detail = `${pointer} is ${JSON.stringify(found) ?? "absent"}`;
      return { state: isHealthy ? "ok" : "bad", value, detail };
    },
});

const healthy = new Set<unknown>([true, "ok", "OK", "up", "UP", "pass", "healthy"]);
