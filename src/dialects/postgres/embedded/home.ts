// Owns: where an embedded server keeps its files.
//
//   .belay/postgres/          the room: lock, holders/, state.json, password, server.log
//   .belay/postgres/data      the databases, when the server's account can reach them there
//   /var/lib/belay-<hash>/    else (Belay is root in a root-only folder): data, copied programs
//
// state.json: { format: 1, home, port, version }. `data` is complete whenever it exists: it is
// made under another name and renamed at the end.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type Account, canExecute, isRoot, ownerOf, unprivilegedAccount } from "./account.ts";
import { belongsTo, claim, makeOutside, outsidePaths } from "./outside.ts";

export interface Home {
  /** Ours, in the project. */
  room: string;
  /** The server's: the room itself or a folder elsewhere. */
  path: string;
  data: string;
  account: Account;
}

export interface State {
  format: 1;
  home: string;
  port: number;
  version: string;
}

export function openRoom(dir: string): string {
  mkdirSync(join(dir, "postgres", "holders"), { recursive: true });
  const room = realpathSync(join(dir, "postgres"));
  // Root's room must let the server's account through to the data.
  chmodSync(room, isRoot ? 0o711 : 0o700);
  // A password and a data folder do not belong into anybody's repository.
  if (!existsSync(join(room, ".gitignore"))) writeFileSync(join(room, ".gitignore"), "*\n");
  return room;
}

/** The home that has data already, or the best place for it. */
export function openHome(room: string): Home {
  const found = findHome(room);
  if (found) {
    const data = join(found, "data");
    return { room, path: found, data, account: ownerOf(data) };
  }
  const account = unprivilegedAccount();
  const path = canExecute(account, room) ? room : makeOutside(room, account);
  if (path !== room) claim(path, room);
  return { room, path, data: join(path, "data"), account };
}

function findHome(room: string): string | undefined {
  const hasData = (path: string) => existsSync(join(path, "data"));
  if (hasData(room)) return room;
  const remembered = readState(room)?.home;
  const outside = [...(remembered ? [remembered] : []), ...(isRoot ? outsidePaths(room) : [])];
  const home = outside.find((path) => hasData(path) && belongsTo(path, room));
  if (home) claim(home, room);
  return home;
}

export function readState(room: string): State | undefined {
  try {
    return JSON.parse(readFileSync(join(room, "state.json"), "utf8"));
  } catch {
    // None yet. It only remembers; what counts is looked up where it is.
    return undefined;
  }
}

export function writeState(room: string, state: State): void {
  const file = join(room, "state.json");
  writeFileSync(`${file}.new`, `${JSON.stringify(state, undefined, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** Removes data folders that killed processes left half made. */
export function sweepHome({ path }: Home): void {
  for (const name of readdirSync(path).filter((entry) => entry.startsWith("data.new-"))) {
    try {
      rmSync(join(path, name), { recursive: true, force: true });
    } catch {
      // An initdb that lost its parent still writes there; the next start removes the rest.
    }
  }
}

/** Deletes the databases, and all else that is outside the project's folder. */
export function deleteHome({ room, path, data }: Home): void {
  rmSync(path === room ? data : path, { recursive: true, force: true });
  for (const name of ["password", "server.log", "state.json", ".gitignore"]) {
    rmSync(join(room, name), { force: true });
  }
}

/** Removes the room and the folder around it, unless somebody has something in them again. */
export function removeEmptyRoom(room: string): void {
  try {
    for (const folder of [join(room, "holders"), room, dirname(room)]) rmdirSync(folder);
  } catch {
    // Another process has come in.
  }
}
