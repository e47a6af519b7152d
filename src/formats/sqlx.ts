// Owns: sqlx (github.com/launchbadge/sqlx): simple `<version>_<name>.sql`, or `.up.sql` and
// `.down.sql`; `-- no-transaction` as the first characters of a file. Names, order and marker from
// `sqlx-core/src/migrate/source.rs`, history from `sqlx-postgres/src/migrate.rs` (which also keeps
// a SHA-384 of each file).
// Also the plain folder of numbered SQL files that no tool has marked as its own.

import { assemble } from "./assemble.ts";
import type { Format, Tree } from "./format.ts";
import {
  beginsAsSqlx,
  nextNumberedName,
  numberedFiles,
  saysNoTransaction,
} from "./numbered-files.ts";
import { refusal } from "./refusal.ts";
import { pathOf, placeOf, scriptOfFile } from "./sections.ts";
import { sectionMarkerIn, unreadTool } from "./unread-tools.ts";
import { compareDigits } from "./versions.ts";

export const format: Format = {
  name: "sqlx",
  summary: "0001_name.sql, or pairs of 0001_name.up.sql and 0001_name.down.sql",

  /**
   * A simple name says nothing of its content, so one file with another tool's section markers
   * makes the folder that tool's. Pairs alone are golang-migrate's, unless sqlx's marker is seen.
   */
  claims(tree) {
    const files = numberedFiles(tree);
    const simple = files.filter(({ direction }) => direction === undefined);
    const foreign = simple.some(({ text }) => sectionMarkerIn(text) !== undefined);
    if (foreign || unreadTool(tree) !== undefined) return [];
    const isSqlx = simple.length > 0 || files.some(({ text }) => beginsAsSqlx(text));
    return isSqlx ? files.map(({ path }) => path) : [];
  },

  read(tree) {
    refuseNames(tree);
    const halves = numberedFiles(tree).map(({ path, text, version, name, direction }) => {
      if (direction === undefined) refuseSections(tree, path, text);
      const script = scriptOfFile(tree, path, saysNoTransaction(text));
      return { version, name, direction: direction ?? "up", script };
    });
    return assemble(halves, compareDigits);
  },

  compare: compareDigits,

  /** `sqlx migrate add` does as the last migration did, and writes a simple one first. */
  scaffold(tree, title, now) {
    const name = nextNumberedName(tree, title, now);
    const last = numberedFiles(tree)
      .toSorted((a, b) => compareDigits(a.version, b.version))
      .at(-1);
    return last?.direction === undefined
      ? [{ path: `${name}.sql`, content: "-- Add migration script here\n" }]
      : [
          { path: `${name}.up.sql`, content: "-- Add up migration script here\n" },
          { path: `${name}.down.sql`, content: "-- Add down migration script here\n" },
        ];
  },

  history: {
    table: "_sqlx_migrations",
    applied: "SELECT concat(version, '') AS version FROM _sqlx_migrations WHERE success",
    dirty: "SELECT concat(version, '') AS version FROM _sqlx_migrations WHERE NOT success",
  },
};

/** `source.rs` stops at a name that has `_` and ends in `.sql`, and does not begin with a number. */
function refuseNames(tree: Tree): void {
  for (const path of tree.files.keys()) {
    if (!/^(?!\d+_)[^/]*_[^/]*\.sql$/s.test(path)) continue;
    throw refusal(
      "BELAY_FILE_NAME",
      `${pathOf(tree, path)}:1`,
      `${path} does not begin with a number and an underscore, which sqlx requires`,
      "Name it like 0001_name.sql, or move it out of the folder.",
      { path },
    );
  }
}

/** Its way back would run with its way there. */
function refuseSections(tree: Tree, path: string, text: string): void {
  const found = sectionMarkerIn(text);
  if (found === undefined) return;
  throw refusal(
    "BELAY_FILE_SECTION",
    placeOf(tree, path, found.offset),
    `${path} has the section markers of ${found.tool}; read as sqlx, its sections would all run`,
    "Name the folder's format with --format, or take the markers out.",
    { path, tool: found.tool },
  );
}
