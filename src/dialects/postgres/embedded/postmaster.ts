// Owns: the server process: is there one, start it, stop it. What it knows comes from the file
// `postmaster.pid`, which PostgreSQL keeps in the data folder, and from the process itself.
// Leaves to the caller: holding the lock, so that nobody else starts or stops it meanwhile.

import { spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Environment } from "../../../core/environment.ts";
import { assert } from "../../../core/errors.ts";
import type { Binaries } from "./binaries.ts";
import { readIfAny } from "./files.ts";
import type { Home } from "./home.ts";
import { hasArgument, identify, isRunning } from "./process.ts";
import { spawnError, spawnOptions, startError } from "./program.ts";

export type Settings = Record<string, string | number>;

interface Postmaster {
  pid: number;
  port: number;
  status: string;
}

const pollMs = 10;
/** Replaying the log after a crash may take this long on a slow disk. */
const readyWithinMs = 120_000;
/** A backend of a killed postmaster ends its statement's current row and then itself. */
const orphansGoneWithinMs = 30_000;
/** The last checkpoint; the server goes on with it if we give up waiting. */
const stoppedWithinMs = 60_000;

/** A development server: durable, otherwise sparing; the caller's settings win. */
const ownSettings: Settings = {
  listen_addresses: "127.0.0.1",
  // A socket's path is limited to 107 bytes; projects lie deeper than that.
  unix_socket_directories: "",
  max_connections: 100,
  // Catalog-wide transactions of the prover lock every table of a large schema.
  max_locks_per_transaction: 256,
  // Compiling takes longer than the queries of a development database.
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  log_checkpoints: "off",
};

/** Waits for a server that is starting or stopping; undefined when none runs. */
export async function runningPort(
  data: string,
  environment: Environment,
): Promise<number | undefined> {
  const deadline = environment.monotonic() + readyWithinMs;
  for (;;) {
    const found = findPostmaster(data);
    if (!found) return undefined;
    if (found.status === "ready") return found.port;
    if (environment.monotonic() > deadline) {
      throw startError(`PostgreSQL (process ${found.pid}) does not get ready`, found.status);
    }
    await environment.sleep(pollMs);
  }
}

/** Returns the port once the server is ready; `preferredPort` when it is not 0 and free. */
export async function startPostmaster(
  home: Home,
  binaries: Binaries,
  environment: Environment,
  settings: Settings,
  preferredPort: number,
): Promise<number> {
  const deadline = environment.monotonic() + orphansGoneWithinMs;
  // Not this server's: it was killed, or the folder was copied from a running one.
  rmSync(join(home.data, "postmaster.pid"), { force: true });
  endOrphans(home.data);
  for (let port = preferredPort || (await freePort()); ; port = await freePort()) {
    const log = await launch(home, binaries, environment, { ...ownSettings, ...settings, port });
    if (log === undefined) return port;
    const mayPass =
      /could not bind .*: Address already in use/.test(log) ||
      /shared memory block .* in use/.test(log);
    if (!mayPass || environment.monotonic() > deadline) {
      throw startError(`PostgreSQL did not start; the end of ${logFile(home)}`, log);
    }
    await environment.sleep(pollMs);
  }
}

/** Ends all sessions, writes the last checkpoint, and returns when the server is gone. */
export async function stopPostmaster(data: string, environment: Environment): Promise<void> {
  const deadline = environment.monotonic() + stoppedWithinMs;
  const found = findPostmaster(data);
  const server = found && identify(found.pid);
  if (server === undefined) return;
  // Fast shutdown. Windows knows no signals and ends the process at once; PostgreSQL recovers.
  process.kill(server.pid, "SIGINT");
  // Not for as long as its lock file is there: it removes that, and then goes.
  while (isRunning(server) && environment.monotonic() < deadline) {
    await environment.sleep(pollMs);
  }
}

/** The live server of this data folder. */
function findPostmaster(data: string): Postmaster | undefined {
  // Lines: pid, data folder, start time, port, socket folder, address, shared memory key, status.
  const lines = readIfAny(join(data, "postmaster.pid")).split("\n");
  const pid = Number(lines[0]);
  if (!identify(pid) || !hasArgument(pid, data)) return undefined;
  return { pid, port: Number(lines[3]), status: lines[7]?.trim() ?? "starting" };
}

/** Undefined once the server is ready; what it logged when it ended instead. */
async function launch(
  home: Home,
  binaries: Binaries,
  environment: Environment,
  settings: Settings,
): Promise<string | undefined> {
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  // Only the last start is kept, so the file stays small and its end is about this start.
  rmSync(logFile(home), { force: true });
  const log = openSync(logFile(home), "a", 0o600);
  const child = spawn(binaries.postgres, ["-D", home.data, ...flags], {
    ...spawnOptions(home.account, home.path),
    stdio: ["ignore", log, log],
    detached: true, // outlives us when others use it, and does not get our Ctrl-C
  });
  closeSync(log);
  let failure: Error | undefined;
  child.once("error", (error) => {
    failure = spawnError(binaries.postgres, error);
  });
  child.unref();
  const deadline = environment.monotonic() + readyWithinMs;
  for (;;) {
    await environment.sleep(pollMs);
    if (failure) throw failure;
    const found = findPostmaster(home.data);
    if (found?.pid === child.pid && found?.status === "ready") return undefined;
    if (child.exitCode !== null || child.signalCode !== null) return readIfAny(logFile(home));
    if (environment.monotonic() > deadline) {
      throw startError(`PostgreSQL does not get ready`, readIfAny(logFile(home)));
    }
  }
}

/**
 * Backends of a killed postmaster that have not noticed yet; while one lives, no server starts.
 * Only Linux shows whose they are; elsewhere they are waited for.
 */
function endOrphans(data: string): void {
  if (process.platform !== "linux") return;
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (workingFolder(entry) !== data) continue;
    if (!readIfAny(`/proc/${entry}/cmdline`).startsWith("postgres: ")) continue;
    try {
      process.kill(Number(entry), "SIGQUIT");
    } catch {
      // It has gone by itself.
    }
  }
}

function workingFolder(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

function logFile(home: Home): string {
  return join(home.room, "server.log");
}

/** Free a moment ago; a server that finds it taken is started again with another one. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  assert(typeof address === "object" && address, "a listening socket has an address");
  return address.port;
}
