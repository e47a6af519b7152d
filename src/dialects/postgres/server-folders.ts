// Owns: where a server keeps its files, as far as they are on this machine. SQL knows their paths and
// not how much room there is; and a path may be another machine's, or a container's. So it counts only
// where the server's own lock file stands there and tells of this very server.

import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { Folder, Session } from "../dialect.ts";

interface Place extends Record<string, unknown> {
  /** Null: this role may not see it. */
  data: string | null;
  port: string;
  /** Epoch seconds. */
  startedAt: number;
  tablespaces: Folder[];
}

/** Between taking the lock file and `pg_postmaster_start_time()` a server makes its shared memory. */
const startWithinSeconds = 60;

/** `postmaster.pid`: process, data directory, start, port, and more, a line each (`miscadmin.h`). */
const line = { startedAt: 2, port: 3 };

export async function folders(session: Session): Promise<{ folders: Folder[] } | { why: string }> {
  const [place] = await session.query<Place>(
    `SELECT CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE')
                 THEN current_setting('data_directory') END AS data,
            current_setting('port') AS port,
            extract(epoch FROM pg_postmaster_start_time())::float8 AS "startedAt",
            (SELECT coalesce(json_agg(json_build_object('name', 'tablespace ' || spcname,
                                                        'path', pg_tablespace_location(oid))), '[]')
               FROM pg_tablespace WHERE pg_tablespace_location(oid) <> '') AS tablespaces`,
  );
  if (place === undefined || place.data === null) {
    return {
      why: "this role may not see where the server keeps its files (GRANT pg_read_all_settings)",
    };
  }
  const why = await strangeness(place.data, place);
  if (why !== undefined) return { why };
  return {
    folders: [
      { name: "data", path: place.data },
      // Often a link to a disk of its own.
      { name: "log", path: join(place.data, "pg_wal") },
      // A relative one is inside the first.
      ...place.tablespaces.filter(({ path }) => isAbsolute(path)),
    ],
  };
}

/** Why the folder of that name on this machine is not the server's; undefined: it is. */
async function strangeness(data: string, { port, startedAt }: Place): Promise<string | undefined> {
  let lines: string[];
  try {
    lines = (await readFile(join(data, "postmaster.pid"), "utf8")).split("\n");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES") return "this account may not read the server's folder";
    return "the server's files are not on this machine";
  }
  const off = Math.abs(Number(lines[line.startedAt]) - startedAt);
  const isSame = lines[line.port]?.trim() === port && off <= startWithinSeconds;
  return isSame
    ? undefined
    : "the server's files are not on this machine: another server's are there";
}
