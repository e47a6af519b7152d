// Owns: a new, empty migration in the folder's own format and habit.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BelayError } from "../core/errors.ts";
import { detect, formatNamed } from "../formats/all.ts";
import { readTree } from "../formats/read-folder.ts";
import { folderOf } from "./migrations.ts";
import type { Settings } from "./settings.ts";

export interface NewResult {
  /** Paths written. */
  written: string[];
  format: string;
}

/** An empty folder gets up/down pairs, the plainest of the formats. */
const plainFormat = "golang-migrate";

/** Throws BELAY_USAGE for a name without a letter or digit, and rather than overwrite a file. */
export async function create(settings: Settings, name: string): Promise<NewResult> {
  if (!/[\p{L}\p{N}]/u.test(name)) {
    throw new BelayError("BELAY_USAGE", `"${name}" is no name for a migration`, {
      hint: "Say what it does: belay new add_email_to_users",
    });
  }
  const folder = folderOf(settings);
  await mkdir(folder, { recursive: true });
  const tree = await readTree(folder);
  const isEmpty = tree.files.size === 0;
  const format =
    settings.format === undefined && !isEmpty
      ? detect(tree)
      : formatNamed(settings.format ?? plainFormat);
  const written: string[] = [];
  for (const file of format.scaffold(tree, name, new Date(settings.environment.now()))) {
    const path = join(folder, file.path);
    await mkdir(dirname(path), { recursive: true });
    // wx: an existing file is never overwritten.
    await writeFile(path, file.content, { flag: "wx" });
    written.push(path);
  }
  return { written, format: format.name };
}
