// Owns: writing what is on one shelf to a folder, and sealing it: only when all of it is on the disk
// does the folder get its name. What was never finished begins with a dot, and is written anew.

import { createWriteStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Environment } from "../core/environment.ts";
import { BelayError, messageOf } from "../core/errors.ts";
import type { Dialect, Session, ShelfTable } from "../dialects/dialect.ts";
import {
  type ArchivedTable,
  archiveFormat,
  broken,
  type Manifest,
  manifestName,
  Tally,
} from "./manifest.ts";

interface From {
  dialect: Dialect;
  /** Its own: a COPY that fails halfway takes the session with it. */
  session: Session;
  environment: Environment;
}

/** Returns the folder. Throws BELAY_ARCHIVE; then there is no folder of that name, or an older one. */
export async function writeArchive(
  { dialect, session, environment }: From,
  dir: string,
  of: Pick<Manifest, "version" | "name" | "shelf" | "since">,
): Promise<string> {
  const name = `${of.version.replace(/[^\w.-]/g, "_")}-${of.shelf}`;
  const [unfinished, sealed] = [join(dir, `.${name}.unfinished`), join(dir, name)];
  try {
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
    await session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    await dialect.writePortably(session);
    const { tables, objects } = await dialect.contents(session, of.shelf);
    const written: ArchivedTable[] = [];
    for (const [index, table] of tables.entries()) {
      written.push(await writeTable(session, unfinished, `${index + 1}.copy.gz`, table));
    }
    const { shelf, since, version } = of;
    const manifest: Manifest = {
      ...{ format: archiveFormat, version, name: of.name, shelf, since },
      archivedAt: new Date(environment.now()).toISOString(),
      server: await dialect.server(session),
      ...{ tables: written, objects },
    };
    await session.run("ROLLBACK");
    await writeText(join(unfinished, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
    await flush(unfinished);
    await environment.reached("archive-written");
    // One that is there already is of the same shelf, from before a run that did not get further.
    await rm(sealed, { recursive: true, force: true });
    await rename(unfinished, sealed);
    await flush(dir);
    await environment.reached("archive-sealed");
    return sealed;
  } catch (error) {
    if (error instanceof BelayError) throw error;
    throw broken(`The archive ${sealed} could not be written: ${messageOf(error)}`, error);
  }
}

async function writeTable(
  session: Session,
  dir: string,
  file: string,
  { copy, ...table }: ShelfTable,
): Promise<ArchivedTable> {
  const [plain, packed] = [new Tally(), new Tally()];
  const onDisk = createWriteStream(join(dir, file), { flags: "wx", flush: true });
  await session.copyOut(copy, (rows) => pipeline(rows, plain, createGzip(), packed, onDisk));
  return { file, ...table, rows: plain.lines, bytes: packed.bytes, sha256: packed.sha256() };
}

async function writeText(path: string, text: string): Promise<void> {
  await using handle = await open(path, "wx");
  await handle.writeFile(text);
  await handle.sync();
}

/** A file's name is only safe once its folder is. */
async function flush(dir: string): Promise<void> {
  await using handle = await open(dir, "r");
  await handle.sync();
}
