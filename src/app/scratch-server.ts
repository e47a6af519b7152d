// Owns: where scratch copies live: on the server given, or on an embedded one of our own, in memory
// where there is plenty. A copy is made and thrown away several times per migration, and a disk
// makes that five to twenty times slower.

import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, statfsSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../core/environment.ts";
import { postgres } from "../dialects/postgres/dialect.ts";
import { openEmbedded } from "../dialects/postgres/embedded.ts";
import { postgresRehearsals } from "../dialects/postgres/rehearsal/rehearsals.ts";
import type { ScratchServer } from "../prove/scratch.ts";

/** A copy takes 8 MB and its rows; this leaves others their share. */
const wantedBytes = 2 ** 31;

/** Nothing there is worth keeping, so nothing is flushed. */
const settings = {
  ...{ fsync: "off", full_page_writes: "off", synchronous_commit: "off" },
  // Statistics of tables that live for a second help nobody.
  autovacuum: "off",
};

/** Throws BELAY_EMBEDDED_*. The database of a given URL is only connected to, never changed. */
export async function openScratchServer(
  projectDir: string,
  environment: Environment,
  url: string | undefined,
): Promise<ScratchServer> {
  const parts = { dialect: postgres, rehearsals: postgresRehearsals };
  if (url !== undefined) {
    const of = (database?: string) => (database === undefined ? url : withDatabase(url, database));
    return { ...parts, url: of, close: async () => {} };
  }
  const memory = memoryFolder(projectDir);
  const dir = memory ?? join(projectDir, ".belay", "scratch");
  const server = await openEmbedded({ dir, environment, settings });
  return {
    ...parts,
    url: (database = "postgres") => server.url(database),
    // Making it again costs less than holding the memory.
    close: () => (memory === undefined ? server.close() : server.destroy()),
  };
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(database)}`;
  return changed.href;
}

/** The project's own folder in Linux' memory file system; undefined where it cannot be had. */
function memoryFolder(projectDir: string): string | undefined {
  const root = "/dev/shm";
  const hash = createHash("sha256").update(projectDir).digest("hex").slice(0, 16);
  const path = join(root, `belay-scratch-${process.getuid?.() ?? 0}-${hash}`);
  try {
    const { bavail, bsize } = statfsSync(root);
    if (bavail * bsize < wantedBytes) return undefined;
    // Root's server runs as somebody else, who has to get through.
    mkdirSync(path, { recursive: true, mode: 0o711 });
    // Anybody may write there: a folder or link that somebody else prepared is not used.
    const found = lstatSync(path);
    return found.isDirectory() && found.uid === process.getuid?.() ? path : undefined;
  } catch {
    return undefined;
  }
}
