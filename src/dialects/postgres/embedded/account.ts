// Owns: as whom PostgreSQL runs. It refuses root, so root hands it to an unprivileged account,
// which then cannot reach files that only root can.

import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { BelayError, untouched } from "../../../core/errors.ts";

/** The account for the server's processes; undefined is the one that Belay runs as. */
export type Account = { uid: number; gid: number } | undefined;

export const isRoot = process.getuid?.() === 0;

/**
 * `nobody` before `postgres`: SQL of a superuser can run programs, and on a machine with a real
 * server the account `postgres` owns that server's data.
 */
const candidates = ["nobody", "postgres"];

export function unprivilegedAccount(): Account {
  if (!isRoot) return undefined;
  const users = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of candidates) {
    const [, , uid, gid] = users.find((line) => line.startsWith(`${name}:`))?.split(":") ?? [];
    if (uid && gid && uid !== "0") return { uid: Number(uid), gid: Number(gid) };
  }
  throw new BelayError(
    "BELAY_EMBEDDED_START",
    `PostgreSQL does not run as root, and /etc/passwd has none of ${candidates.join(", ")}.`,
    { state: untouched, hint: "Run belay as an ordinary user, or pass --database-url." },
  );
}

/** The account that owns `path`: its server keeps running as who created it. */
export function ownerOf(path: string): Account {
  if (!isRoot) return undefined;
  const { uid, gid } = statSync(path);
  return { uid, gid };
}

/** Whether the account may execute the file, or pass through the folder, at a real path. */
export function canExecute(account: Account, path: string): boolean {
  if (account) return ancestors(path).every((step) => hasExecuteBit(account, step));
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function hasExecuteBit(account: { uid: number; gid: number }, path: string): boolean {
  const { mode, uid, gid } = statSync(path);
  const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
  return ((mode >> shift) & constants.X_OK) !== 0;
}

function ancestors(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...ancestors(parent), path];
}
