// Owns: from files to migrations: which up goes with which down, the order, and what every format
// forbids (a version used twice, a down that undoes nothing). Gaps between versions are allowed:
// timestamps have them, and so has a sequence from which a branch was dropped.

import { checksum } from "../core/hash.ts";
import type { Migration, Script } from "../core/migration.ts";
import type { Format } from "./format.ts";
import { refusal } from "./refusal.ts";
import { isBlank } from "./sections.ts";
import { compareText } from "./versions.ts";

/** One direction of one migration, as a file or a section of a file gives it. */
export interface Half {
  version: string;
  name: string;
  direction: "up" | "down";
  script: Script;
  repeatable?: boolean;
}

export function assemble(halves: readonly Half[], compare: Format["compare"]): Migration[] {
  const sorted = halves.toSorted(
    (a, b) => compare(a.version, b.version) || compareText(a.script.path, b.script.path),
  );
  const migrations: Migration[] = [];
  for (let from = 0; from < sorted.length; ) {
    const { version } = sorted[from]!;
    let to = from + 1;
    while (to < sorted.length && compare(version, sorted[to]!.version) === 0) to += 1;
    migrations.push(join(sorted.slice(from, to)));
    from = to;
  }
  return migrations;
}

/** What shares a version: one up, and at most one down. */
function join(halves: readonly Half[]): Migration {
  const up = only(halves.filter((half) => half.direction === "up"));
  const down = only(halves.filter((half) => half.direction === "down"));
  if (up === undefined) throw orphan(down!);
  const { version, name, script, repeatable } = up;
  return {
    version,
    name,
    up: script,
    ...(down === undefined || isBlank(down.script.sql) ? {} : { down: down.script }),
    checksum: checksum(script.sql),
    ...(repeatable === true ? { repeatable } : {}),
  };
}

function only(halves: readonly Half[]): Half | undefined {
  const [first, second] = halves;
  if (first !== undefined && second !== undefined) {
    const versions = [...new Set([first.version, second.version])];
    const paths = [first.script.path, second.script.path];
    throw refusal(
      "BELAY_DUPLICATE_VERSION",
      `${second.script.path}:${second.script.line}`,
      `two files have version ${versions.join(" = ")}: ${paths.join(" and ")}`,
      "Give one of them another version; one that was already applied keeps its own.",
      { versions, paths },
    );
  }
  return first;
}

function orphan(down: Half): Error {
  const { path, line } = down.script;
  return refusal(
    "BELAY_FILE_SECTION",
    `${path}:${line}`,
    `${path} goes back from version ${down.version}, but no file goes up to it`,
    "Restore the up file, correct the version in the name, or delete this file.",
    { version: down.version, path },
  );
}
