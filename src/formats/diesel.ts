// Owns: diesel (github.com/diesel-rs/diesel): a folder `<version>_<name>` for each migration, with
// `up.sql`, `down.sql` and `metadata.toml`. Rules from `diesel_migrations/migrations_internals`
// (the version is all before the first `_` without its dashes, compared as text), names from
// `diesel_cli` (`YYYY-MM-DD-HHMMSS`, lately followed by `-0000`).

import { assemble } from "./assemble.ts";
import type { Format, Tree } from "./format.ts";
import { refusal } from "./refusal.ts";
import { pathOf, placeOf, scriptOfFile } from "./sections.ts";
import { compareText, nextVersion, slug } from "./versions.ts";

const shape = /^([^/]*)\/(up|down)\.sql$/s;

const bare = (version: string): string => version.replaceAll("-", "");
const compare = (left: string, right: string): number => compareText(bare(left), bare(right));

export const format: Format = {
  name: "diesel",
  summary: "folders 2026-01-31-120000_name with up.sql and down.sql",

  claims: (tree) => [...tree.files.keys()].filter((path) => shape.test(path)),

  read(tree) {
    const halves = [...tree.files.keys()].flatMap((path) => {
      const [, folder, direction] = shape.exec(path) ?? [];
      if (folder === undefined || (direction !== "up" && direction !== "down")) return [];
      const [version = "", ...words] = folder.split("_");
      if (bare(version) === "") {
        throw refusal(
          "BELAY_FILE_NAME",
          `${pathOf(tree, path)}:1`,
          `${folder}/ has no version before its first underscore`,
          "Name the folder like 2026-01-31-120000_name.",
          { path },
        );
      }
      const script = scriptOfFile(tree, path, !runsInTransaction(tree, folder));
      return { version, name: words.join("_"), direction: direction as "up" | "down", script };
    });
    return assemble(halves, compare);
  },

  compare,

  scaffold(tree, title, now) {
    const versions = format.claims(tree).map((path) => path.split("_")[0] ?? "");
    const stamps = versions.map((version) => bare(version).slice(0, stampLength));
    const next = nextVersion(
      stamps.filter((stamp) => /^\d+$/.test(stamp)),
      now,
    );
    const plain = versions.length > 0 && versions.every((version) => !version.includes("-"));
    const folder = `${plain ? next : dashed(next)}_${slug(title)}`;
    return [
      { path: `${folder}/up.sql`, content: "-- Your SQL goes here\n" },
      { path: `${folder}/down.sql`, content: "-- This file should undo anything in `up.sql`\n" },
    ];
  },

  history: {
    table: "__diesel_schema_migrations",
    applied: "SELECT version FROM __diesel_schema_migrations",
  },
};

const stampLength = 14;
const dashed = (stamp: string): string =>
  stamp.replace(/^(\d{4})(\d\d)(\d\d)(\d{6})$/, "$1-$2-$3-$4");

const setting = /(?<=^|\n)[ \t]*run_in_transaction[ \t]*=[ \t]*([^#\n]*)/;

/** A file without the setting means false: it is a Rust `bool` with serde's default. */
function runsInTransaction(tree: Tree, folder: string): boolean {
  const path = `${folder}/metadata.toml`;
  const text = tree.files.get(path);
  if (text === undefined) return true;
  const found = setting.exec(text);
  const value = found?.[1]?.trim() ?? "false";
  if (value === "true" || value === "false") return value === "true";
  throw refusal(
    "BELAY_FILE_SECTION",
    placeOf(tree, path, found?.index ?? 0),
    `${path} sets run_in_transaction to ${value}`,
    "Say true or false.",
    { path },
  );
}
