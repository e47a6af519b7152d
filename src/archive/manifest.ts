// Owns: what an archive is: a folder with one file of rows for each table, and a manifest that says
// what they are. A folder under its own name is complete: it is renamed to that as the last thing.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { z } from "zod";
import { BelayError, messageOf } from "../core/errors.ts";

/** Raised whenever the meaning of a field, or the form of a file, changes. */
export const archiveFormat = 1;

export const manifestName = "manifest.json";

const table = z.object({
  /** Beside the manifest: `COPY` text, UTF-8, gzip. */
  file: z.string().regex(/^[\w-]+\.copy\.gz$/),
  /** `table public.audit`, `column public.users.email`. */
  object: z.string(),
  /** Under which it is loaded. */
  name: z.string(),
  /** In the order of the file. A type is as the server writes it, qualified. */
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  /** Of a column: those of `columns` that tell its rows apart; null where nothing does. */
  key: z.array(z.string()).nullable(),
  rows: z.number(),
  /** Of the file as it lies on disk. */
  bytes: z.number(),
  sha256: z.string(),
});

const manifestSchema = z.object({
  format: z.literal(archiveFormat),
  version: z.string(),
  name: z.string(),
  shelf: z.string(),
  /** When it was put aside, and when it was archived; ISO 8601. */
  since: z.string(),
  archivedAt: z.string(),
  /** Dialect and major version. */
  server: z.string(),
  tables: z.array(table),
  /** What holds no rows (types, views, functions), with the SQL that makes it; null: unknown. */
  objects: z.array(z.object({ object: z.string(), sql: z.array(z.string()).nullable() })),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ArchivedTable = Manifest["tables"][number];

export interface Archive {
  /** Absolute or as given. */
  dir: string;
  manifest: Manifest;
}

/** The archive in a folder, or those in its folders, by name. Throws BELAY_ARCHIVE. */
export async function readArchives(dir: string): Promise<Archive[]> {
  const here = await manifestIn(dir);
  if (here !== undefined) return [here];
  const entries = await readdir(dir, { withFileTypes: true }).catch((error: unknown) => {
    throw broken(`${dir} cannot be read: ${messageOf(error)}`, error);
  });
  const archives: Archive[] = [];
  // Names that begin with a dot are of those that were never finished.
  const names = entries.filter((each) => each.isDirectory() && !each.name.startsWith("."));
  for (const { name } of names.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    const found = await manifestIn(join(dir, name));
    if (found !== undefined) archives.push(found);
  }
  if (archives.length === 0) throw broken(`${dir} holds no archive (${manifestName})`);
  return archives;
}

async function manifestIn(dir: string): Promise<Archive | undefined> {
  const path = join(dir, manifestName);
  try {
    return { dir, manifest: manifestSchema.parse(JSON.parse(await readFile(path, "utf8"))) };
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return;
    throw broken(`${path} is no manifest of an archive: ${messageOf(error)}`, error);
  }
}

/** Passes bytes through, and tells of them what a manifest says of a file. */
export class Tally extends Transform {
  bytes = 0;
  lines = 0;
  readonly #hash = createHash("sha256");

  override _transform(chunk: Buffer, _encoding: string, done: (e: null, c: Buffer) => void): void {
    this.bytes += chunk.length;
    this.#hash.update(chunk);
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) this.lines += 1;
    done(null, chunk);
  }

  /** Once it has ended. */
  sha256(): string {
    return this.#hash.digest("hex");
  }
}

export function open(archive: Archive, { file }: ArchivedTable) {
  return createReadStream(join(archive.dir, file));
}

/** Nothing was changed yet, or what was is rolled back, wherever this is thrown. */
export function broken(message: string, cause?: unknown): BelayError {
  return new BelayError("BELAY_ARCHIVE", message, {
    state: "Nothing of this was destroyed or loaded.",
    hint: "Check the folder, its rights and its space; belay archive check names what is damaged.",
    cause,
  });
}
