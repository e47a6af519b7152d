// Owns: the list of signal kinds, in the order of `docs/guard.md`.

import type { SignalKind } from "../signal.ts";
import { kind as archiver } from "./archiver.ts";
import { kind as blocked } from "./blocked.ts";
import { kind as checkpoints } from "./checkpoints.ts";
import { kind as command } from "./command.ts";
import { kind as connections } from "./connections.ts";
import { kind as deadlocks } from "./deadlocks.ts";
import { kind as disk } from "./disk.ts";
import { kind as http } from "./http.ts";
import { kind as idleInTransaction } from "./idle-in-transaction.ts";
import { kind as latency } from "./latency.ts";
import { kind as lockQueue } from "./lock-queue.ts";
import { kind as ownDeadlocks } from "./own-deadlocks.ts";
import { kind as prometheus } from "./prometheus.ts";
import { kind as refused } from "./refused.ts";
import { kind as replicationLag } from "./replication-lag.ts";
import { kind as rollbackRatio } from "./rollback-ratio.ts";
import { kind as sql } from "./sql.ts";
import { kind as wal } from "./wal.ts";

export const signalKinds: readonly SignalKind[] = [
  blocked,
  lockQueue,
  idleInTransaction,
  deadlocks,
  ownDeadlocks,
  rollbackRatio,
  refused,
  connections,
  replicationLag,
  latency,
  wal,
  archiver,
  checkpoints,
  disk,
  sql,
  http,
  command,
  prometheus,
];
