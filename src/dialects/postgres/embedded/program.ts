// Owns: running PostgreSQL's programs: as the right account, in a folder that it can enter, with
// an environment that cannot change what they do.

import { type SpawnOptions, spawn } from "node:child_process";
import { BelayError, untouched } from "../../../core/errors.ts";
import type { Account } from "./account.ts";

/** Options common to every program that works on `home`. */
export function spawnOptions(account: Account, home: string): SpawnOptions {
  // PGCLIENTENCODING, PGDATESTYLE, PG_COLOR...: meant for clients, or for another server.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("PG"));
  // English messages, whose words we look for.
  const env = { ...Object.fromEntries(inherited), LC_ALL: "C" };
  return { ...account, cwd: home, env, windowsHide: true };
}

/** Runs to the end, with `input` on stdin; throws when it fails, with the end of what it said. */
export async function runProgram(
  path: string,
  args: string[],
  options: SpawnOptions,
  input = "",
): Promise<string> {
  const child = spawn(path, args, { ...options, stdio: "pipe" });
  let said = "";
  child.stdout?.on("data", (chunk) => (said += chunk));
  child.stderr?.on("data", (chunk) => (said += chunk));
  // A program that fails early closes its stdin; its exit status says why.
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", (error) => reject(spawnError(path, error)));
    child.once("close", resolve);
  });
  if (status === 0) return said;
  throw startError(`${path} failed`, said);
}

/** Why a program could not even be started. */
export function spawnError(path: string, error: Error): BelayError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOEXEC") {
    // The file is there (it was checked): its loader is not, as on Alpine's musl.
    return new BelayError("BELAY_EMBEDDED_PLATFORM", `This system cannot run ${path}.`, {
      state: untouched,
      hint: "The embedded PostgreSQL needs glibc on Linux; pass --database-url to use another.",
      cause: error,
    });
  }
  return startError(`${path} could not be started`, error.message);
}

const linesShown = 15;

export function startError(what: string, output: string, hint?: string): BelayError {
  const lines = output.trimEnd().split("\n").slice(-linesShown);
  return new BelayError("BELAY_EMBEDDED_START", `${what}:\n${lines.join("\n")}`, {
    state: untouched,
    hint: hint ?? "Mend what it says, or pass --database-url to use another server.",
    details: { lines },
  });
}
