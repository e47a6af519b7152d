// Owns: throw-away PostgreSQL servers for a test run: any version's binaries, fast and unsafe
// settings, a temporary directory that is gone at the end. Also sweeps what a killed run left.
// Not for products: `src/dialects/postgres/embedded.ts` is the one that keeps data.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realEnvironment } from "../../src/core/environment.ts";

const prefix = "belay-test-";

/** In memory where there is room: creating a database takes 10 ms there, 200 ms on a slow disk. */
const roots = ["/dev/shm", tmpdir()];
const roomBytes = 4 * 1024 ** 3;
const readyWithinMs = 30_000;

/** Nothing in these databases outlives the run, so nothing is ever flushed. */
const settings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_connections: "200",
  max_prepared_transactions: "20",
  // pg_dump and whole-catalog transactions lock every table of the largest corpus.
  max_locks_per_transaction: "512",
  max_wal_size: "1GB",
  checkpoint_timeout: "1h",
  timezone: "UTC",
  log_timezone: "UTC",
};

export interface StartedPostgres {
  url: string;
  stop(): Promise<void>;
}

/** Starts one server from `bin` (the folder with initdb and postgres) on a free port. */
export async function startPostgres(
  name: string,
  bin: string,
  more: Record<string, string> = {},
): Promise<StartedPostgres> {
  const home = join(fastFolder(), `${prefix}${process.pid}-${name}`);
  const data = join(home, "data");
  const account = unprivileged();
  mkdirSync(home, { mode: 0o700 });
  if (account) chownSync(home, account.uid, account.gid);
  const run = { ...account, cwd: home, env: { ...process.env, LC_ALL: "C" } };
  const layout = "-U postgres -A trust -E UTF8 --locale=C --text-search-config=english --no-sync";
  execFileSync(join(bin, "initdb"), ["-D", data, ...layout.split(" ")], {
    ...run,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const port = await freePort();
  const flags = Object.entries({ ...settings, ...more }).flatMap(([key, value]) => [
    "-c",
    `${key}=${value}`,
  ]);
  const log = openSync(join(home, "log"), "w");
  const server = spawn(join(bin, "postgres"), ["-D", data, "-p", String(port), ...flags], {
    ...run,
    stdio: ["ignore", log, log],
    detached: true, // Ctrl-C must reach vitest first; teardown stops the server
  });
  await ready(server, data, join(home, "log"));
  closeSync(log);
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop: async () => {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      // Immediate shutdown: the data is about to be removed.
      if (server.exitCode === null && server.kill("SIGQUIT")) await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Stops and removes servers of runs that were killed before their teardown. */
export function sweepKilledRuns(): void {
  for (const root of roots.filter(existsSync)) {
    for (const entry of readdirSync(root)) {
      const owner = new RegExp(`^${prefix}(\\d+)-`).exec(entry)?.[1];
      if (owner !== undefined && !isAlive(Number(owner))) sweep(join(root, entry));
    }
  }
}

function sweep(home: string): void {
  const pid = Number.parseInt(readIfAny(join(home, "data", "postmaster.pid")), 10);
  if (pid > 1 && readIfAny(`/proc/${pid}/cmdline`).includes(home)) process.kill(pid, "SIGQUIT");
  rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/** Where to put a test's files; `programs` to be run from there as well. */
export function fastFolder({ programs = false } = {}): string {
  const hasRoom = (root: string) => {
    const { bavail, bsize } = statfsSync(root);
    return bavail * bsize >= roomBytes;
  };
  // Containers mount /dev/shm without execution.
  const runs = (root: string) => !new RegExp(` ${root} .*noexec`).test(readIfAny("/proc/mounts"));
  const fits = (root: string) => existsSync(root) && hasRoom(root) && (!programs || runs(root));
  return roots.find(fits) ?? tmpdir();
}

async function ready(server: ChildProcess, data: string, log: string): Promise<void> {
  const deadline = realEnvironment.monotonic() + readyWithinMs;
  const isReady = () => /\nready\s*\n?$/.test(readIfAny(join(data, "postmaster.pid")));
  while (!isReady()) {
    if (server.exitCode !== null || realEnvironment.monotonic() > deadline) {
      throw new Error(`PostgreSQL did not start for tests:\n${readIfAny(log)}`);
    }
    await realEnvironment.sleep(10);
  }
}

/** PostgreSQL refuses to run as root. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const [user, , uid, gid] = line.split(":");
    if (user === "nobody") return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error("tests as root need an account `nobody` to run PostgreSQL as");
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function readIfAny(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
