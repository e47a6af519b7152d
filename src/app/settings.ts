// Owns: what every use case needs to be told. The command line and the library fill it alike.

import type { Environment } from "../core/environment.ts";
import type { Report } from "../engine/events.ts";
import type { Limits } from "../engine/run.ts";

export interface Settings {
  /** Absent: the embedded PostgreSQL under `projectDir/.belay`. */
  databaseUrl?: string;
  /** Migrations folder, relative to `projectDir` or absolute. */
  dir: string;
  /** Name of a format; absent: detected. */
  format?: string;
  /** Absolute path of the project; `.belay/` goes here. */
  projectDir: string;
  limits: Limits;
  environment: Environment;
  report: Report;
  /** Aborted by Ctrl-C: the running statement is cancelled and rolled back. */
  signal?: AbortSignal;
  /** Milliseconds; how long a dead run keeps others waiting at most. */
  leaseTermMs?: number;
}
