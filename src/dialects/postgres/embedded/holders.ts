// Owns: who uses the server, one file per use. The last one to leave stops it; a use whose process
// was killed does not count.

import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isRunning, ownIdentity } from "./process.ts";

/** Call these under the lock. */
export class Holders {
  private readonly folder: string;

  constructor(room: string) {
    this.folder = join(room, "holders");
  }

  add(id: string): void {
    writeFileSync(join(this.folder, id), JSON.stringify(ownIdentity()));
  }

  /** Removes this use and the dead ones; true when none is left. */
  removeAndAskLast(id: string): boolean {
    rmSync(join(this.folder, id), { force: true });
    for (const file of readdirSync(this.folder)) {
      if (isUsed(join(this.folder, file))) return false;
      rmSync(join(this.folder, file), { force: true });
    }
    return true;
  }
}

function isUsed(file: string): boolean {
  try {
    return isRunning(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    // Torn: its writer was killed while writing.
    return false;
  }
}
