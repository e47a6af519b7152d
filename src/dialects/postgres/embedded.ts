// Owns: the embedded PostgreSQL, the database that Belay works on when it is given none: a real
// server from an npm package, made on first use and kept in the project under `.belay/postgres`.
// All processes that use a project share one server; the last one to close it stops it. After a
// `kill -9` of Belay the server runs on until another Belay process has used and closed it.
// Failure meaning: BELAY_EMBEDDED_PLATFORM, it cannot run here at all; BELAY_EMBEDDED_START, it
// can, and what is in its way is named.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../../core/environment.ts";
import { BelayError, messageOf, untouched } from "../../core/errors.ts";
import { findBinaries } from "./embedded/binaries.ts";
import { createCluster, database, flushCluster, password, user } from "./embedded/cluster.ts";
import { Holders } from "./embedded/holders.ts";
import {
  deleteHome,
  type Home,
  openHome,
  openRoom,
  readState,
  removeEmptyRoom,
  sweepHome,
  writeState,
} from "./embedded/home.ts";
import { withLock } from "./embedded/lock-file.ts";
import {
  runningPort,
  type Settings,
  startPostmaster,
  stopPostmaster,
} from "./embedded/postmaster.ts";

export interface EmbeddedOptions {
  /** The project's `.belay` folder; made if need be. */
  dir: string;
  environment: Environment;
  /** Server settings for a server that this call starts; one that runs already keeps its own. */
  settings?: Settings;
}

export interface EmbeddedServer extends AsyncDisposable {
  /** A connection URL of the superuser; the database is `app` unless another one is named. */
  url(database?: string): string;
  /** `18.4`. */
  readonly version: string;
  readonly dataDir: string;
  readonly port: number;
  /** Stops the server unless another process, or another call in this one, still uses it. */
  close(): Promise<void>;
  /** For a temporary folder: closes and, when nobody else uses it, deletes the data and the folder. */
  destroy(): Promise<void>;
}

/** A start takes about a second, but one that replays a log after a crash may take minutes. */
const lockWithinMs = 180_000;

/** Joins the project's server, starting and first making it where needed. */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  try {
    return await open(options).catch((error: unknown) => {
      // The last one to leave has removed the room between our coming in and our lock.
      const isRemoved = (error as NodeJS.ErrnoException).code === "ENOENT";
      if (isRemoved && !existsSync(join(options.dir, "postgres"))) return open(options);
      throw error;
    });
  } catch (error) {
    // A bug of ours stays what it is; a file that cannot be read or written is an operating fault.
    const { code, path } = error as NodeJS.ErrnoException;
    if (error instanceof BelayError || !code || !path) throw error;
    throw new BelayError("BELAY_EMBEDDED_START", messageOf(error), {
      state: untouched,
      hint: `Run belay as the user who first ran it in ${options.dir}, or pass --database-url.`,
      details: { code, path },
      cause: error,
    });
  }
}

async function open(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { dir, environment } = options;
  const room = openRoom(dir);
  const lock = join(room, "lock");
  const holders = new Holders(room);
  const id = environment.id();
  const { home, port } = await withLock(lock, environment, lockWithinMs, async () => {
    const home = openHome(room);
    const port = (await runningPort(home.data, environment)) ?? (await start(home, options));
    holders.add(id);
    return { home, port };
  });

  let left: Promise<void> | undefined;
  const leave = async (afterLast: () => void) => {
    // Deleted while in use: the server notices within a minute and ends by itself.
    if (!existsSync(room)) return;
    await withLock(lock, environment, lockWithinMs, async () => {
      if (!holders.removeAndAskLast(id)) return;
      await stopPostmaster(home.data, environment);
      afterLast();
    });
  };
  const close = () => {
    left ??= leave(() => {});
    return left;
  };
  const destroy = () => {
    left ??= leave(() => deleteHome(home)).then(() => removeEmptyRoom(room));
    return left;
  };
  const secret = password(room);
  return {
    url: (name = database) =>
      `postgres://${user}:${secret}@127.0.0.1:${port}/${encodeURIComponent(name)}`,
    version: readState(room)?.version ?? readFileSync(join(home.data, "PG_VERSION"), "utf8").trim(),
    dataDir: home.data,
    port,
    close,
    destroy,
    [Symbol.asyncDispose]: close,
  };
}

/** Starts the server where no process runs, and makes its data first where there is none. */
async function start(home: Home, { environment, settings = {} }: EmbeddedOptions): Promise<number> {
  const binaries = findBinaries(home.account, home.path, environment.id());
  sweepHome(home);
  const isNew = !existsSync(home.data);
  if (isNew) await createCluster(home, binaries, environment.id());
  const preferred = readState(home.room)?.port ?? 0;
  const port = await startPostmaster(home, binaries, environment, settings, preferred);
  if (isNew) flushCluster(home, binaries);
  writeState(home.room, { format: 1, home: home.path, port, version: binaries.version });
  return port;
}
