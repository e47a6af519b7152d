// Owns: dbmate (github.com/amacneil/dbmate): `<digits>_<name>.sql` with `-- migrate:up` and
// `-- migrate:down` sections; `transaction:false` behind a marker. Rules from
// `pkg/dbmate/migration.go`, order and history from `pkg/dbmate/db.go`.
// Of several pairs in one file dbmate runs the downs in file order too, and so does the down here.

import { assemble, type Half } from "./assemble.ts";
import type { Format, Tree } from "./format.ts";
import { refusal } from "./refusal.ts";
import {
  forbidsTransaction,
  isBlank,
  type Marker,
  markersIn,
  pathOf,
  type Section,
  scriptOf,
} from "./sections.ts";
import { compareText, nextVersion, slug } from "./versions.ts";

const named = /^(\d+)([^/]*)\.sql$/s;
const marked = /(?<=^|\n)--[ \t]*migrate:(?:up|down)(?=\s|$)/g;

const namedFiles = (tree: Tree): string[] => [...tree.files.keys()].filter((p) => named.test(p));

/** dbmate sorts whole file names as text, so `10_b` comes before `9_a`: `_` is above the digits. */
const compare = (left: string, right: string): number => compareText(`${left}_`, `${right}_`);

export const format: Format = {
  name: "dbmate",
  summary: "0001_name.sql with sections -- migrate:up and -- migrate:down",

  claims: (tree) =>
    namedFiles(tree).filter((path) => markersIn(tree.files.get(path) ?? "", marked).length > 0),

  read: (tree) =>
    assemble(
      namedFiles(tree).flatMap((path) => readFile(tree, path)),
      compare,
    ),

  compare,

  scaffold(tree, title, now) {
    const versions = namedFiles(tree).map((path) => named.exec(path)?.[1] ?? "");
    const path = `${nextVersion(versions, now)}_${slug(title)}.sql`;
    return [{ path, content: "-- migrate:up\n\n\n-- migrate:down\n\n" }];
  },

  history: {
    table: "schema_migrations",
    applied: "SELECT version FROM schema_migrations",
  },
};

function readFile(tree: Tree, path: string): Half[] {
  const text = tree.files.get(path) ?? "";
  const [, version = "", rest = ""] = named.exec(path) ?? [];
  const markers = markersIn(text, marked);
  const preamble = text.slice(0, markers[0]?.start);
  markers.forEach((marker, at) => {
    const due = at % 2 === 0 ? "up" : "down";
    if (direction(marker) === due) return;
    throw wrong(tree, path, marker.line, `has "${marker.text}" where -- migrate:${due} is due`);
  });
  const sections = markers.map((marker, at) => {
    return { marker, end: markers[at + 1]?.start ?? text.length };
  });
  const [up, ...ups] = sections.filter(({ marker }) => direction(marker) === "up");
  const [down, ...downs] = sections.filter(({ marker }) => direction(marker) === "down");
  if (up === undefined) throw wrong(tree, path, 1, "has no -- migrate:up");
  if (down === undefined || downs.length < ups.length) {
    throw wrong(tree, path, markers.at(-1)!.line, "has no -- migrate:down after this");
  }
  if (!isBlank(preamble)) throw wrong(tree, path, 1, "has statements before -- migrate:up");

  const half = (parts: readonly [Section, ...Section[]]): Half => {
    const optsOut = ({ marker, end }: Section): boolean =>
      optOut.test(marker.text) || forbidsTransaction(text.slice(marker.end, end));
    const mode = forbidsTransaction(preamble) || parts.some(optsOut) ? "none" : "auto";
    const script = scriptOf(tree, path, parts, mode);
    return { version, name: rest.replace(/^_/, ""), direction: direction(parts[0].marker), script };
  };
  return [half([up, ...ups]), half([down, ...downs])];
}

const optOut = /\stransaction:false(?=\s|$)/;

function direction({ text }: Marker): Half["direction"] {
  return /^--[ \t]*migrate:up/.test(text) ? "up" : "down";
}

function wrong(tree: Tree, path: string, line: number, what: string): Error {
  return refusal(
    "BELAY_FILE_SECTION",
    `${pathOf(tree, path)}:${line}`,
    `${path} ${what}`,
    "A dbmate file has -- migrate:up, then -- migrate:down, each at the start of a line; the down may be empty.",
    { path },
  );
}
