// Owns: homes outside the project, for root in a folder that no other account can enter. Root
// owns such a home, the server's account only the data in it: what root writes there, the
// account cannot turn into a link to something else.

import { chmodSync, existsSync, lstatSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "../../../core/hash.ts";
import { type Account, canExecute } from "./account.ts";
import { readIfAny } from "./files.ts";
import { startError } from "./program.ts";

/** The file in a home that names the room it belongs to. */
const owner = "project";

/** /var/lib first: system cleaners delete files of /var/tmp by age, out of a database too. */
export function outsidePaths(room: string): string[] {
  const name = `belay-${sha256(room).slice(0, 16)}`;
  return ["/var/lib", "/var/tmp", tmpdir()].map((folder) => join(folder, name));
}

export function makeOutside(room: string, account: Account): string {
  const path = outsidePaths(room).find((candidate) => make(candidate, account));
  if (path) return path;
  throw startError(
    `PostgreSQL does not run as root, and another account cannot reach ${room}`,
    `None of ${outsidePaths(room).join(", ")} can be used either.`,
    "Use a project folder that others may enter, or pass --database-url.",
  );
}

/** Says in the home whose it is. */
export function claim(home: string, room: string): void {
  writeFileSync(join(home, owner), room);
}

/** A project that was moved takes its home along; a copy does not share the original's. */
export function belongsTo(home: string, room: string): boolean {
  if (!isTrusted(home)) return false;
  const project = readIfAny(join(home, owner));
  return project === room || (project !== "" && !existsSync(project));
}

function make(path: string, account: Account): boolean {
  try {
    mkdirSync(path, { recursive: true });
    if (!isTrusted(path)) return false;
    chmodSync(path, 0o711);
    return canExecute(account, path);
  } catch {
    return false; // a read-only system folder: the next one may do
  }
}

/** In a folder that is open to all, a name that can be foretold may be somebody's trap. */
function isTrusted(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === 0 && (found.mode & 0o022) === 0;
}
