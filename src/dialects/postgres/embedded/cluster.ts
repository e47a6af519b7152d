// Owns: making the data folder, once: the superuser `postgres` with a generated password, the
// database `app`, and settings that give the same results on every machine.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chownSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Binaries } from "./binaries.ts";
import type { Home } from "./home.ts";
import { runProgram, spawnOptions, startError } from "./program.ts";

/** The superuser; the only role there is. */
export const user = "postgres";

/** The database for the project's schema. `postgres`, the usual other one, stays empty. */
export const database = "app";

const initdbFlags = [
  `--username=${user}`,
  "--encoding=UTF8",
  // Code points sort alike everywhere, and upper() and \w still know every alphabet.
  "--locale=C",
  "--locale-provider=builtin",
  "--builtin-locale=C.UTF-8",
  // What a server in an English locale has, as most do in production.
  "--text-search-config=english",
  // Nobody can connect before the real rules are written: the server has not been started.
  "--auth=trust",
  "--no-instructions",
];

/** Stretching makes guessing a password dear; 192 random bits need none, and every login pays. */
const singleUser = ["-c", "log_checkpoints=off", "-c", "scram_iterations=1"];

const hostRules = `# Written by belay. One machine, one role, its password in .belay/postgres/password.
host all         all 127.0.0.1/32 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
`;

/** Killed at any point, it leaves nothing under the name `data`. */
export async function createCluster(home: Home, binaries: Binaries, id: string): Promise<void> {
  const partial = `${home.data}.new-${id}`;
  mkdirSync(partial, { mode: 0o700 });
  if (home.account) chownSync(partial, home.account.uid, home.account.gid);
  const options = spawnOptions(home.account, home.path);
  await runProgram(binaries.initdb, ["-D", partial, "--no-sync", ...initdbFlags], options);
  const said = await runProgram(
    binaries.postgres,
    ["--single", "-F", "-D", partial, ...singleUser, "postgres"],
    options,
    // One statement per line, without a prompt to wait for.
    `ALTER ROLE ${user} PASSWORD '${password(home.room)}'\nCREATE DATABASE ${database}\n`,
  );
  // Single-user mode ends with status 0 whatever failed in it.
  if (/\b(ERROR|FATAL|PANIC):/.test(said)) throw startError("PostgreSQL was not set up", said);
  writeRules(join(partial, "pg_hba.conf"));
  renameSync(partial, home.data);
}

/**
 * Flushes the thousand new files, without anybody waiting: on a busy disk that takes seconds.
 * A power cut before it is done can spoil a database that is a few seconds old, no other.
 */
export function flushCluster(home: Home, binaries: Binaries): void {
  const options = spawnOptions(home.account, home.path);
  const child = spawn(binaries.initdb, ["-D", home.data, "--sync-only"], {
    ...options,
    detached: true,
    stdio: "ignore",
  });
  // The kernel flushes by itself within half a minute.
  child.once("error", () => {});
  child.unref();
}

/** The folder is the account's and we may be root: a link there must not lead us elsewhere. */
function writeRules(path: string): void {
  const { O_WRONLY, O_TRUNC, O_NOFOLLOW = 0 } = constants;
  const file = openSync(path, O_WRONLY | O_TRUNC | O_NOFOLLOW);
  writeFileSync(file, hostRules);
  closeSync(file);
}

/** Generated on first use; hexadecimal, so that it needs no quoting in SQL or in a URL. */
export function password(room: string): string {
  const file = join(room, "password");
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, randomBytes(24).toString("hex"), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return readFileSync(file, "utf8");
}
