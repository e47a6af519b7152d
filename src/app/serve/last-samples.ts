// Owns: the last samples of a watch's signals that the journal has: those from before it began, and,
// of signals that were the reasons of an incident, those of its detection. Pure.

import { stepOf, type Watch } from "../../journal/watches.ts";

export interface LastSample {
  signal: string;
  state: "ok" | "bad" | "unknown";
  /** In the signal's own unit; null: it was not known. */
  value: number | null;
  /** Epoch milliseconds; of one from before the watch, when that began. */
  at: number;
}

export function lastSamples(watch: Watch | undefined): LastSample[] {
  if (watch === undefined) return [];
  const found = new Map<string, LastSample>();
  for (const [signal, readings] of Object.entries(watch.started.baseline)) {
    const last = readings.at(-1) as { state?: unknown; value?: unknown } | undefined;
    if (typeof last?.value !== "number") continue;
    const state = last.state === "bad" ? "bad" : "ok";
    found.set(signal, { signal, state, value: last.value, at: Date.parse(watch.at) });
  }
  for (const { signal, series } of stepOf(watch.incident, "detected")?.reasons ?? []) {
    const last = series.at(-1);
    if (last === undefined) continue;
    const [at, value, state] = last;
    if (state !== "ok" && state !== "bad" && state !== "unknown") continue;
    found.set(signal, { signal, state, value, at });
  }
  return [...found.values()];
}
