// Owns: Flyway (github.com/flyway/flyway), sub-folders too: `V<version>__<description>.sql`, `U..`
// to undo, `R__..` repeatable, `<file>.conf` beside a file. Names from `ResourceNameParser`, order
// from `MigrationVersion` (numbers between `.` or `_`, zeros at the end do not count), history from
// `MigrationInfoServiceImpl`.
//
// What is not read is refused by name rather than skipped: callbacks, baselines (`B..`), migrations
// that are no SQL, near misses of a name (Flyway passes over them in silence).
// Placeholders and settings: flyway-script.ts.

import { assemble, type Half } from "./assemble.ts";
import { refusePlaceholders, settingsOf } from "./flyway-script.ts";
import type { Format, Tree } from "./format.ts";
import { refusal } from "./refusal.ts";
import { pathOf, scriptOfFile } from "./sections.ts";
import { compareDigits, compareText, nextVersion, slug } from "./versions.ts";

const migration = /^(?:([VUB])(\d+(?:[._]\d+)*)(?:__(.*))?|R__(.*))\.[sS][qQ][lL]$/s;
const nearMiss = /^(?:[VUBR][\d_]|[vub]\d|r__).*\.[sS][qQ][lL]$/s;
const otherKind = /^(?:[VUB]\d[\d._]*|R)__.*\.(?:java|kt|class|py|ps1|sh|bash|cmd|bat)$/s;
const callback =
  /^(?:createSchema|(?:before|after)(?:Each)?(?:Migrate|Undo|Validate|Baseline|Repair|Info|Clean|Repeatables|Versioned|CreateSchema|Connect)[A-Za-z]*)(?:__.*)?\.sql$/is;

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

export const format: Format = {
  name: "flyway",
  summary: "V1__name.sql, U1__name.sql and R__name.sql, also in sub-folders",

  claims: (tree) =>
    [...tree.files.keys()].filter((path) => {
      const name = baseName(path);
      return migration.test(name) || callback.test(name);
    }),

  read(tree) {
    const other = tree.others.find((path) => otherKind.test(baseName(path)));
    if (other !== undefined) throw unread(tree, other, "is a migration that is not written in SQL");
    return assemble(
      [...tree.files.keys()].flatMap((path) => readFile(tree, path)),
      compare,
    );
  },

  compare,

  /** Beside the last migration; with an undo file where the folder has them. */
  scaffold(tree, title, now) {
    const named = [...tree.files.keys()].flatMap((path) => {
      const [, kind, version] = migration.exec(baseName(path)) ?? [];
      return kind === undefined || version === undefined ? [] : { path, kind, version };
    });
    const last = named.toSorted((a, b) => compare(a.version, b.version)).at(-1);
    const [, major = "", digits] = /^(.*[._])?(\d+)$/.exec(last?.version ?? "") ?? [];
    const version = major + nextVersion(digits === undefined ? [] : [digits], now, "1");
    const folder = last === undefined ? "" : last.path.slice(0, -baseName(last.path).length);
    const rest = `${version}__${slug(title)}.sql`;
    return [
      { path: `${folder}V${rest}`, content: "-- Write the change here.\n" },
      ...(named.some(({ kind }) => kind === "U")
        ? [{ path: `${folder}U${rest}`, content: "-- Write the way back here.\n" }]
        : []),
    ];
  },

  /**
   * The newest row of a version counts; rows of type UNDO_* and DELETE take it away. Repeatable
   * migrations are left out on purpose: they may run once more, and the table's checksum is not ours.
   */
  history: {
    table: "flyway_schema_history",
    applied: newestRows(
      "h.success AND h.type NOT LIKE 'UNDO%' AND h.type NOT IN ('DELETE', 'SCHEMA')",
    ),
    upTo: newestRows("h.success AND h.type LIKE '%BASELINE'"),
    dirty: newestRows("NOT h.success"),
  },
};

function newestRows(condition: string): string {
  return `SELECT h.version AS version FROM flyway_schema_history h
WHERE h.version IS NOT NULL AND ${condition} AND NOT EXISTS (
  SELECT 1 FROM flyway_schema_history newer
  WHERE newer.version = h.version AND newer.installed_rank > h.installed_rank)`;
}

/** Numbers part by part; repeatable ones (`R:<description>`) come last, by description. */
function compare(left: string, right: string): number {
  const [a, b] = [left, right].map((version) =>
    version.startsWith("R:") ? version.replaceAll("_", " ") : version.split(/[._]/),
  );
  if (typeof a === "string" || typeof b === "string") {
    if (typeof a === "string" && typeof b === "string") return compareText(a, b);
    return typeof a === "string" ? 1 : -1;
  }
  const [from = [], to = []] = [a, b];
  for (let at = 0; at < Math.max(from.length, to.length); at += 1) {
    const order = compareDigits(from[at] ?? "0", to[at] ?? "0");
    if (order !== 0) return order;
  }
  return 0;
}

function readFile(tree: Tree, path: string): Half[] {
  const base = baseName(path);
  if (callback.test(base)) throw unread(tree, path, "is a callback");
  const [found, kind, version, name, repeatable] = migration.exec(base) ?? [];
  if (found === undefined) {
    if (!nearMiss.test(base)) return [];
    throw unread(tree, path, "has almost the name of a migration; Flyway would pass over it");
  }
  if (kind === "B") throw unread(tree, path, "is a baseline migration");
  const settings = settingsOf(tree, path);
  if (settings.get("placeholderReplacement") !== "false") refusePlaceholders(tree, path);
  const script = scriptOfFile(tree, path, settings.get("executeInTransaction") === "false");
  if (repeatable !== undefined) {
    return [
      { version: `R:${repeatable}`, name: repeatable, direction: "up", script, repeatable: true },
    ];
  }
  const direction = kind === "U" ? "down" : "up";
  return [{ version: (version ?? "").replaceAll("_", "."), name: name ?? "", direction, script }];
}

function unread(tree: Tree, path: string, what: string): Error {
  return refusal(
    "BELAY_FILE_NAME",
    `${pathOf(tree, path)}:1`,
    `${path} ${what}, which Belay does not run`,
    "Bring its statements into a migration named like V1__name.sql, or move it out of the folder.",
    { path },
  );
}
