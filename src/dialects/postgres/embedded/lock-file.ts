// Owns: mutual exclusion between processes by a file that names its holder. The kernel does not
// release it when the holder is killed, so whoever finds a dead holder takes its place.
// Leaves to the caller: keeping the locked work short of `waitMs` for the others.

import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Environment } from "../../../core/environment.ts";
import { BelayError, untouched } from "../../../core/errors.ts";
import { isRunning, ownIdentity, type ProcessIdentity } from "./process.ts";

interface Holder extends ProcessIdentity {
  id: string;
}

const pollMs = 20;

/** Runs `body` while no other process (nor another call in this one) does under the same path. */
export async function withLock<T>(
  path: string,
  environment: Environment,
  waitMs: number,
  body: () => Promise<T>,
): Promise<T> {
  const release = await acquire(path, environment, environment.monotonic() + waitMs);
  try {
    sweep(path);
    return await body();
  } finally {
    release();
  }
}

async function acquire(path: string, environment: Environment, deadline: number) {
  const own: Holder = { id: environment.id(), ...ownIdentity() };
  const ready = `${path}.${own.id}.new`;
  // Written in full first and then linked into place: nobody ever sees a lock without its holder.
  writeFileSync(ready, JSON.stringify(own));
  try {
    while (!placed(ready, path)) {
      const holder = read(path);
      if (holder && !isRunning(holder)) {
        if (await replace(path, holder, ready, environment, deadline)) break;
      } else if (environment.monotonic() > deadline) {
        throw new BelayError("BELAY_EMBEDDED_START", `Process ${holder?.pid} holds ${path}.`, {
          state: untouched,
          hint: `End process ${holder?.pid}, or pass --database-url.`,
        });
      } else await environment.sleep(pollMs);
    }
  } finally {
    rmSync(ready, { force: true });
  }
  return () => {
    // Another container sees our number as somebody else's and may have replaced us.
    if (read(path)?.id === own.id) rmSync(path, { force: true });
  };
}

/**
 * Takes a dead holder's place. Two processes may find the same dead holder, and the slower one
 * must not take the lock from the faster: the right to replace this one holder is itself a lock.
 */
async function replace(
  path: string,
  dead: Holder,
  ready: string,
  environment: Environment,
  deadline: number,
): Promise<boolean> {
  const release = await acquire(`${path}.${dead.id}`, environment, deadline);
  try {
    if (read(path)?.id !== dead.id) return false;
    renameSync(ready, path);
    return true;
  } finally {
    release();
  }
}

function placed(ready: string, path: string): boolean {
  try {
    linkSync(ready, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** What a power cut leaves of a file; nobody holds what it names. */
const torn: Holder = { id: "torn", pid: 0, started: "" };

/** Undefined when nobody holds it. */
function read(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    return torn;
  }
}

/** Removes what killed waiters left. Safe under the lock: rights to replace it are void now. */
function sweep(path: string): void {
  const prefix = `${basename(path)}.`;
  for (const name of readdirSync(dirname(path)).filter((entry) => entry.startsWith(prefix))) {
    const file = join(dirname(path), name);
    const holder = read(file);
    // A waiter's file looks torn while it is being written.
    if (holder && holder !== torn && !isRunning(holder)) rmSync(file, { force: true });
  }
}
