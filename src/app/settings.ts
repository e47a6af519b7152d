// Owns: what every use case needs to be told. The command line and the library fill it alike.

import type { Catalog } from "../core/catalog.ts";
import type { Environment } from "../core/environment.ts";
import type { Dialect } from "../dialects/dialect.ts";
import type { Report } from "../engine/events.ts";
import type { Limits, RunOptions } from "../engine/run.ts";
import type { Folder } from "../formats/read-folder.ts";
import type { GuardConfig } from "../guard/options.ts";
import type { NotifyConfig } from "../notify/options.ts";
import type { Lookup } from "../notify/secret.ts";
import type { Leaving } from "./watch/leaving.ts";

export interface Settings {
  /** Absent: the embedded PostgreSQL under `projectDir/.belay`. */
  databaseUrl?: string;
  /** Migrations folder, relative to `projectDir` or absolute. */
  dir: string;
  /** Name of a format; absent: detected. */
  format?: string;
  /** What the folder holds, read already; absent: it is read when it is needed. */
  folder?: Folder;
  /** Absolute path of the project; `.belay/` goes here. */
  projectDir: string;
  limits: Limits;
  environment: Environment;
  report: Report;
  /** Aborted by Ctrl-C: the running statement is cancelled and rolled back. */
  signal?: AbortSignal;
  /** Asks what is to become of a watch that somebody interrupts; absent: `signal` leaves it. */
  leaving?: Leaving;
  /** The configuration's policy: `up` refuses a migration without a fresh proof. */
  requireProof?: boolean;
  /** How long what a migration drops is kept at least; default 72 h. */
  undoWindowMs?: number;
  /** Statements run as written, and what they drop is destroyed at once. */
  verbatim?: boolean;
  /** Bytes: on larger tables statements that block run in a form that does not; default 64 MiB. */
  onlineAboveBytes?: number;
  /** Awaited where no lock is held; see the run. */
  rest?: NonNullable<RunOptions["rest"]>;
  /** What is watched, and how it is judged; the configuration's section `guard`. */
  guard?: GuardConfig;
  /** Who is told of it; the configuration's section `notify`. */
  notify?: NotifyConfig;
  /** Secrets of channels, by the name of the variable; absent: there are none. */
  secret?: Lookup;
  /** False: the caller reads the catalog after each run anyway. Default true. */
  verifies?: boolean;
  /** For rehearsals: the catalog as read a moment ago. */
  catalog?: Catalog;
  /** For rehearsals: the dialect as seen through somebody who holds its sessions. */
  through?: (dialect: Dialect) => Dialect;
  /** Milliseconds; how long a dead run keeps others waiting at most. */
  leaseTermMs?: number;
}
