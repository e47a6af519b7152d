// Owns: telling one process from a later one with the same number, so that a file that names a
// process can be believed after `kill -9`, a reboot, or in another container.
// Failure meaning: "not running" is certain; "running" may be wrong only where the platform
// gives no start time (Windows), and then errs on the side of leaving things alone.

import { execFileSync } from "node:child_process";
import { assert } from "../../../core/errors.ts";
import { readIfAny } from "./files.ts";

export interface ProcessIdentity {
  pid: number;
  /** When it started, in the platform's own notation; empty when that cannot be known. */
  started: string;
}

/** This process. */
export function ownIdentity(): ProcessIdentity {
  const own = identify(process.pid);
  assert(own, "this process does not run");
  return own;
}

export function isRunning(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  if (!now) return false;
  return !now.started || !identity.started || now.started === identity.started;
}

/** The process that has this number now; undefined when there is none, or only its zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  if (!isAlive(pid)) return undefined;
  if (process.platform === "darwin") return { pid, started: ps(pid, "lstart=") };
  const stat = readIfAny(`/proc/${pid}/stat`);
  // The command name in parentheses may hold anything; state and start time are counted after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // Whoever should reap a zombie may never do so (containers), yet it holds nothing any more.
  return fields[0] === "Z" ? undefined : { pid, started: fields[19] ?? "" };
}

/** Whether the process was started with exactly this argument; true where nobody can tell. */
export function hasArgument(pid: number, argument: string): boolean {
  if (process.platform === "darwin") return `${ps(pid, "args=")} `.includes(` ${argument} `);
  const command = readIfAny(`/proc/${pid}/cmdline`);
  return command === "" || command.split("\0").includes(argument);
}

function isAlive(pid: number): boolean {
  // 0 and negative numbers name process groups.
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function ps(pid: number, column: string): string {
  try {
    const env = { ...process.env, LC_ALL: "C" };
    return execFileSync("ps", ["-ww", "-o", column, "-p", String(pid)], {
      env,
      encoding: "utf8",
    }).trim();
  } catch {
    return "";
  }
}
