// Owns: the list of formats, and which of them a folder has.

import { BelayError, untouched } from "../core/errors.ts";
import { format as dbmate } from "./dbmate.ts";
import { format as diesel } from "./diesel.ts";
import { format as flyway } from "./flyway.ts";
import type { Format, Tree } from "./format.ts";
import { format as golangMigrate } from "./golang-migrate.ts";
import { format as goose } from "./goose.ts";
import { format as sqlx } from "./sqlx.ts";
import { sectionMarkerIn, unreadTool } from "./unread-tools.ts";

/** A test holds this list against the files of the folder. */
export const formats: readonly Format[] = [dbmate, diesel, flyway, golangMigrate, goose, sqlx];

/** What one may write behind `--format`, for hints. */
const choices = formats.map(({ name, summary }) => `${name} (${summary})`).join("; ");

export function formatNamed(name: string): Format {
  const format = formats.find((known) => known.name === name);
  if (format !== undefined) return format;
  throw new BelayError("BELAY_FORMAT_UNKNOWN", `there is no migration format "${name}"`, {
    state: untouched,
    hint: `Formats: ${choices}.`,
    details: { name, formats: formats.map((known) => known.name) },
  });
}

/**
 * The one format that would read files of this folder. Two are never weighed against each other:
 * the files of the loser would be left out of the history without a word.
 */
export function detect(tree: Tree): Format {
  const claims = formats
    .map((format) => ({ format, paths: format.claims(tree) }))
    .filter(({ paths }) => paths.length > 0);
  const [first, ...others] = claims;
  if (first === undefined) throw unknown(tree);
  if (others.length === 0) return first.format;
  const seen = claims.map(({ format, paths }) => `${format.name} (${examples(paths)})`);
  throw new BelayError(
    "BELAY_FORMAT_AMBIGUOUS",
    `${tree.root} has files of ${claims.length} formats: ${seen.join(", ")}`,
    {
      state: untouched,
      hint: "Say which it is with --format, or move the other files elsewhere.",
      at: tree.root,
      details: Object.fromEntries(claims.map(({ format, paths }) => [format.name, paths])),
    },
  );
}

function unknown(tree: Tree): BelayError {
  const paths = [...tree.files.keys()];
  const foreign = foreignTool(tree);
  const message =
    foreign !== undefined
      ? `${tree.root} seems to belong to ${foreign.tool} (see ${foreign.path}), which Belay does not read`
      : paths.length === 0
        ? `${tree.root} has no migration in it`
        : `${tree.root} has no migration of a known format: ${examples(paths)}`;
  return new BelayError("BELAY_FORMAT_UNKNOWN", message, {
    state: untouched,
    hint: `Name the format with --format. Formats: ${choices}.`,
    at: tree.root,
    details: { paths: paths.slice(0, 10), ...foreign },
  });
}

function foreignTool(tree: Tree): { tool: string; path: string } | undefined {
  const companion = unreadTool(tree);
  if (companion !== undefined) return companion;
  for (const [path, text] of tree.files) {
    const found = sectionMarkerIn(text);
    if (found !== undefined && !formats.some(({ name }) => name === found.tool)) {
      return { tool: found.tool, path };
    }
  }
  return undefined;
}

/** `3 files: a.sql, b.sql, ..`. */
function examples(paths: readonly string[]): string {
  const named = paths.slice(0, 2).join(", ");
  return `${paths.length} ${paths.length === 1 ? "file" : "files"}: ${named}${paths.length > 2 ? ", .." : ""}`;
}
