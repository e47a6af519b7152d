// Owns: the port of a migration-folder format. One format = one file here, which exports `format`.

import type { Migration } from "../core/migration.ts";

/** A migrations folder as read from disk: relative path (`/` separators) -> content. */
export interface Tree {
  /** The folder, as the user would type it; used in messages. */
  root: string;
  /** Sorted by code point. Content is decoded UTF-8 with the BOM removed. */
  files: ReadonlyMap<string, string>;
  /** Paths of the other files: no format runs them, but their names tell which tool lives here. */
  others: readonly string[];
}

/** A file that `new` writes. */
export interface NewFile {
  /** Relative to the tree's root, `/` separators. */
  path: string;
  content: string;
}

/**
 * The history table of the tool whose format this is; read at `init` to adopt what was applied.
 * Each query takes no parameters, runs on PostgreSQL and on MySQL/MariaDB, and returns one text
 * column `version`. Match it to the folder by `compare(..) === 0`, never by spelling: the table
 * may say `7` or `20220426` where the folder says `0007` or `2022-04-26`.
 */
export interface HistoryTable {
  /** Unqualified name; the queries find it by the search path. */
  table: string;
  /** SELECT of every version that is applied now. */
  applied: string;
  /** SELECT of marks below which, the mark included, everything counts as applied. */
  upTo?: string;
  /** SELECT of versions that failed half-way; while there is one, nothing may be adopted. */
  dirty?: string;
}

export interface Format {
  /** `golang-migrate`, `diesel`, `flyway`, ...; the value of `--format` and the name of the file. */
  name: string;
  /** One line for `--help` and messages. */
  summary: string;
  /** Paths of the tree that this format would read; none means: not this format. */
  claims(tree: Tree): string[];
  /** In apply order. Throws BelayError with `at` for names or sections that the format forbids. */
  read(tree: Tree): Migration[];
  /** Apply order of two versions of this format; 0 when they are the same to its tool. */
  compare(left: string, right: string): number;
  /** Files of a new, empty migration; `version` follows the folder's habit (timestamp or number). */
  scaffold(tree: Tree, name: string, now: Date): NewFile[];
  history?: HistoryTable;
}
