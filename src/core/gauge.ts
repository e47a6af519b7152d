// Owns: what is shown of a signal after each look at it. Nothing is decided by it.

export interface Gauge {
  signal: string;
  /** `ms`, `%`, `bytes`, `sessions`; empty: a number without one. */
  unit: string;
  /** Null: it could not be measured. */
  value: number | null;
  /** Of this sample by itself. */
  alone: "ok" | "bad" | "unknown";
  /** What its rule makes of the samples so far. */
  verdict: "ok" | "bad" | "unknown";
  /** Beyond which a sample is bad by itself; null: there is no such number, or it is not known yet. */
  limit: number | null;
  /** Nothing is decided by it. */
  dryRun: boolean;
}
