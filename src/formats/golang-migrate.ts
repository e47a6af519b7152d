// Owns: golang-migrate (github.com/golang-migrate/migrate): `<version>_<name>.up.sql` and
// `.down.sql`. Name and order from `source/parse.go` (version is a number, the name is free and may
// be empty), history from `database/postgres/postgres.go`. The tool has no marker for files that
// must not run in a transaction; Belay takes sqlx's `-- no-transaction` here too, see sqlx.ts.

import { assemble } from "./assemble.ts";
import type { Format } from "./format.ts";
import {
  beginsAsSqlx,
  nextNumberedName,
  numberedFiles,
  saysNoTransaction,
} from "./numbered-files.ts";
import { scriptOfFile } from "./sections.ts";
import { compareDigits } from "./versions.ts";

const position = "SELECT concat(version, '') AS version FROM schema_migrations WHERE version >= 0";

export const format: Format = {
  name: "golang-migrate",
  summary: "pairs of 0001_name.up.sql and 0001_name.down.sql",

  /** sqlx writes the same pairs. They are sqlx's when one begins with its marker. */
  claims(tree) {
    const pairs = numberedFiles(tree).filter(({ direction }) => direction !== undefined);
    return pairs.some(({ text }) => beginsAsSqlx(text)) ? [] : pairs.map(({ path }) => path);
  },

  read(tree) {
    const halves = numberedFiles(tree).flatMap(({ path, text, version, name, direction }) =>
      direction === undefined
        ? []
        : { version, name, direction, script: scriptOfFile(tree, path, saysNoTransaction(text)) },
    );
    return assemble(halves, compareDigits);
  },

  compare: compareDigits,

  scaffold(tree, title, now) {
    const name = nextNumberedName(tree, title, now);
    return [
      { path: `${name}.up.sql`, content: "-- Write the change here.\n" },
      {
        path: `${name}.down.sql`,
        content: "-- Optional: your own way back. Belay works out one.\n",
      },
    ];
  },

  history: {
    table: "schema_migrations",
    // One row says where the database is; -1 stands for a first migration that failed to go back.
    applied: position,
    upTo: position,
    dirty: "SELECT concat(version, '') AS version FROM schema_migrations WHERE dirty",
  },
};
