// Owns: reading archives again: whether they are whole, and their rows into tables.

import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { messageOf } from "../core/errors.ts";
import type { Dialect, Session } from "../dialects/dialect.ts";
import { type Archive, type ArchivedTable, broken, open, Tally } from "./manifest.ts";

export interface Loaded {
  /** As SQL takes it. */
  table: string;
  /** `column public.users.email`. */
  object: string;
  rows: number;
  /** Columns whose type is there no more: loaded as text. */
  asText: string[];
}

/** What is wrong with its files, a line each. */
export async function damage(archive: Archive): Promise<string[]> {
  const found: string[] = [];
  for (const table of archive.manifest.tables) {
    const [packed, plain] = [new Tally(), new Tally()];
    try {
      const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
      await pipeline(open(archive, table), packed, createGunzip(), plain, nowhere);
      found.push(...differing(table, packed, plain));
    } catch (error) {
      found.push(`${table.file} (${table.object}): ${messageOf(error)}`);
    }
  }
  return found;
}

/** In the session's transaction; makes the schema and the tables. Throws BELAY_ARCHIVE. */
export async function loadArchive(
  { dialect, session }: { dialect: Dialect; session: Session },
  archive: Archive,
  schema: string,
): Promise<Loaded[]> {
  const loaded: Loaded[] = [];
  // Before the first row is sent; and once more what is read then.
  const [damaged] = await damage(archive);
  if (damaged !== undefined) throw broken(`${archive.dir}: ${damaged}`);
  for (const table of archive.manifest.tables) {
    const { name, columns, object } = table;
    const made = await dialect.makeTable(session, { schema, name, columns });
    const [packed, plain] = [new Tally(), new Tally()];
    await Promise.all([
      session.copyIn(made.copy, plain),
      pipeline(open(archive, table), packed, createGunzip(), plain),
    ]);
    const [wrong] = differing(table, packed, plain);
    if (wrong !== undefined) throw broken(`${archive.dir}: ${wrong}`);
    loaded.push({ table: made.table, object, rows: plain.lines, asText: made.asText });
  }
  return loaded;
}

function differing(
  { file, object, ...said }: ArchivedTable,
  packed: Tally,
  plain: Tally,
): string[] {
  if (packed.sha256() !== said.sha256) return [`${file} (${object}): its sha256 is another one`];
  if (plain.lines === said.rows) return [];
  return [`${file} (${object}): ${plain.lines} rows, and the manifest says ${said.rows}`];
}
