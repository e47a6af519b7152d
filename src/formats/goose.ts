// Owns: goose (github.com/pressly/goose): `<version>_<name>.sql` with `-- +goose Up` and, if one
// likes, `-- +goose Down`; `-- +goose NO TRANSACTION` anywhere is for the whole file. Rules from
// `internal/sqlparser/parser.go`, names from `NumericComponent`, history from `internal/dialects`.
// `StatementBegin` and `StatementEnd` only help goose to split at semicolons: they are checked and
// left in the text, as the comments they are. What would change the text or is no SQL (`ENVSUB ON`,
// Go migrations) is refused.

import { assemble, type Half } from "./assemble.ts";
import type { Format, Tree } from "./format.ts";
import { type NumberedFile, nextNumberedName, numberedFiles } from "./numbered-files.ts";
import { refusal } from "./refusal.ts";
import {
  forbidsTransaction,
  isBlank,
  type Marker,
  markersIn,
  pathOf,
  scriptOf,
} from "./sections.ts";
import { compareDigits } from "./versions.ts";

const annotated = /(?<=^|\n)[ \t]*--[^\n]*\+goose/g;
const startsUp = /(?<=^|\n)--[ \t]*\+goose[ \t]+[Uu][Pp][ \t]*(?:\r?\n|$)/;
const goMigration = /^0*[1-9]\d*_[^/]*(?<!_test)\.go$/s;

export const format: Format = {
  name: "goose",
  summary: "0001_name.sql with sections -- +goose Up and -- +goose Down",

  claims: (tree) =>
    numberedFiles(tree)
      .filter(({ text }) => startsUp.test(text))
      .map(({ path }) => path),

  read(tree) {
    const go = tree.others.find((path) => goMigration.test(path));
    if (go !== undefined) {
      throw refusal(
        "BELAY_FILE_NAME",
        `${pathOf(tree, go)}:1`,
        `${go} is a migration written in Go, which Belay cannot run`,
        "Write it as SQL; to leave it out would leave a gap in the history.",
        { path: go },
      );
    }
    return assemble(
      numberedFiles(tree).flatMap((file) => readFile(tree, file)),
      compareDigits,
    );
  },

  compare: compareDigits,

  scaffold(tree, title, now) {
    const path = `${nextNumberedName(tree, title, now)}.sql`;
    return [{ path, content: "-- +goose Up\n\n-- +goose Down\n" }];
  },

  history: {
    table: "goose_db_version",
    // Version 0 marks the table itself. Old releases added a row for each down; now it is deleted.
    applied: `SELECT concat(g.version_id, '') AS version FROM goose_db_version g
WHERE g.is_applied AND g.version_id > 0 AND NOT EXISTS (
  SELECT 1 FROM goose_db_version newer
  WHERE newer.version_id = g.version_id AND newer.id > g.id)`,
  },
};

type State = "start" | "up" | "down" | "statement of up" | "statement of down";

/** goose's state machine: where an annotation may stand, and what comes after it. */
const steps: Readonly<Record<string, Partial<Record<State, State>>>> = {
  up: { start: "up" },
  down: { up: "down" },
  statementbegin: { up: "statement of up", down: "statement of down" },
  statementend: { "statement of up": "up", "statement of down": "down" },
};

/** Annotations that may stand anywhere. */
const switches = ["no transaction", "envsub off"];

function readFile(tree: Tree, { path, text, version, name }: NumberedFile): Half[] {
  const begins = new Map<State, Marker>();
  let state: State = "start";
  let noTransaction = false;
  const markers = markersIn(text, annotated);
  for (const marker of markers) {
    const asked = annotation(marker);
    if (asked === "no transaction") noTransaction = true;
    if (switches.includes(asked)) continue;
    if (asked === "envsub on") {
      throw fault(tree, path, marker.line, "takes environment variables into its SQL");
    }
    const next: State | undefined = steps[asked]?.[state];
    if (next === undefined) {
      const line = marker.text.trim();
      throw fault(tree, path, marker.line, `has "${line}" where goose does not take it`);
    }
    state = next;
    if (asked === state) begins.set(state, marker);
  }
  if (state.startsWith("statement")) {
    throw fault(tree, path, markers.at(-1)!.line, "has no -- +goose StatementEnd after this");
  }
  const [up, down] = [begins.get("up"), begins.get("down")];
  if (up === undefined) throw fault(tree, path, 1, "has no -- +goose Up");
  const preamble = text.slice(0, up.start);
  if (!isBlank(preamble)) throw fault(tree, path, 1, "has statements before -- +goose Up");

  const half = (direction: Half["direction"], marker: Marker, end: number): Half => {
    const parts = [preamble, text.slice(marker.end, end)];
    const mode = noTransaction || parts.some(forbidsTransaction) ? "none" : "auto";
    return { version, name, direction, script: scriptOf(tree, path, [{ marker, end }], mode) };
  };
  return [
    half("up", up, down?.start ?? text.length),
    ...(down === undefined ? [] : [half("down", down, text.length)]),
  ];
}

/** What the line asks for, lower case; leading white space spoils it, as in goose. */
function annotation({ text }: Marker): string {
  if (!text.startsWith("--")) return "";
  return text.replaceAll("--", "").replace("+goose", "").trim().toLowerCase();
}

function fault(tree: Tree, path: string, line: number, what: string): Error {
  return refusal(
    "BELAY_FILE_SECTION",
    `${pathOf(tree, path)}:${line}`,
    `${path} ${what}`,
    "A goose file for Belay has -- +goose Up, maybe -- +goose Down behind it, each at the start of a line, and no ENVSUB ON.",
    { path },
  );
}
