// Owns: reading a migrations folder from disk. What stands in the files is the formats' business.

import { isUtf8 } from "node:buffer";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { BelayError, messageOf, untouched } from "../core/errors.ts";
import type { Migration } from "../core/migration.ts";
import { detect, formatNamed } from "./all.ts";
import type { Format, Tree } from "./format.ts";
import { refusal } from "./refusal.ts";
import { isBlank, pathOf } from "./sections.ts";
import { compareText } from "./versions.ts";

export interface Folder {
  format: Format;
  /** In apply order. */
  migrations: Migration[];
  /** What the user may not expect, one sentence each: files left aside, migrations that do nothing. */
  notes: string[];
}

/** Files whose text a format may want: SQL, diesel's metadata, Flyway's script configuration. */
const isText = (path: string): boolean => /\.sql$|\.sql\.conf$|(?:^|\/)metadata\.toml$/i.test(path);

/** In the folder's format, or in the one named. */
export async function readMigrations(dir: string, formatName?: string): Promise<Folder> {
  const tree = await readTree(dir);
  const format = formatName === undefined ? detect(tree) : formatNamed(formatName);
  const migrations = format.read(tree);
  const read = new Set(migrations.flatMap(({ up, down }) => [up.path, down?.path]));
  for (const path of format.claims(tree)) read.add(pathOf(tree, path));
  const aside = [...tree.files.keys()].filter(
    (path) => /\.sql$/i.test(path) && !read.has(pathOf(tree, path)),
  );
  const notes = [
    ...aside.map(
      (path) => `${pathOf(tree, path)} is not a ${format.name} migration and is left aside.`,
    ),
    ...migrations
      .filter(({ up }) => isBlank(up.sql))
      .map(({ up, version }) => `${up.path} has no statement: version ${version} changes nothing.`),
  ];
  return { format, migrations, notes };
}

/**
 * The folder with its sub-folders; links are followed, dotfiles and node_modules are not. Text
 * must be UTF-8 without NUL; a BOM is taken off.
 */
export async function readTree(dir: string): Promise<Tree> {
  const files = new Map<string, string>();
  const others: string[] = [];
  for (const path of (await walk(dir, "", [])).sort(compareText)) {
    if (!isText(path)) others.push(path);
    else {
      const bytes = await reading(dir, path, readFile(join(dir, path)));
      files.set(path, decode(bytes, pathOf({ root: dir, files, others }, path)));
    }
  }
  return { root: dir, files, others };
}

/** Paths below `dir` of all regular files; `above` holds the real folders on the way, against loops. */
async function walk(dir: string, below: string, above: readonly string[]): Promise<string[]> {
  const real = await reading(dir, below, realpath(join(dir, below)));
  if (above.includes(real)) return [];
  const paths: string[] = [];
  for (const entry of await reading(dir, below, readdir(real, { withFileTypes: true }))) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    const kind = entry.isSymbolicLink() ? await reading(dir, path, stat(join(dir, path))) : entry;
    if (kind.isDirectory()) paths.push(...(await walk(dir, path, [...above, real])));
    else if (kind.isFile()) paths.push(path);
  }
  return paths;
}

/** What the file system says no to, as our error. */
async function reading<T>(dir: string, path: string, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (thrown) {
    const at = join(dir, path);
    const missing = (thrown as NodeJS.ErrnoException).code === "ENOENT";
    throw new BelayError(
      "BELAY_DIR_MISSING",
      missing ? `${at} does not exist` : `${at} cannot be read: ${messageOf(thrown)}`,
      {
        at,
        state: untouched,
        hint:
          path === ""
            ? "Name the migrations folder with --dir, or make one with belay init."
            : "Restore it, make it readable, or remove it from the folder.",
        cause: thrown,
        details: { path: at },
      },
    );
  }
}

function decode(bytes: Buffer, path: string): string {
  const start = bytes.subarray(0, 2).toString("hex");
  const utf16 = start === "fffe" || start === "feff";
  const nul = bytes.indexOf(0);
  if (!utf16 && nul < 0 && isUtf8(bytes)) return bytes.toString("utf8").replace(/^\uFEFF/, "");
  const offset = utf16 ? 0 : isUtf8(bytes) ? nul : firstNotUtf8(bytes);
  const line = bytes.subarray(0, offset).toString("latin1").split("\n").length;
  const byte = `0x${(bytes[offset] ?? 0).toString(16).padStart(2, "0")}`;
  throw refusal(
    "BELAY_FILE_ENCODING",
    `${path}:${line}`,
    utf16
      ? `${path} is UTF-16 (it begins with its byte order mark), not UTF-8`
      : `${path} is not UTF-8 text: byte ${offset} is ${byte}`,
    "Save the file as UTF-8.",
    { path, offset },
  );
}

/** Decoding puts U+FFFD in place of what is no UTF-8; there the bytes first differ. */
function firstNotUtf8(bytes: Buffer): number {
  const encoded = Buffer.from(bytes.toString("utf8"));
  let at = 0;
  while (bytes[at] === encoded[at]) at += 1;
  return at;
}
