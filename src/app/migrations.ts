// Owns: the folder and the journal side by side, as the use cases need them.

import { relative, resolve } from "node:path";
import { BelayError } from "../core/errors.ts";
import type { Migration } from "../core/migration.ts";
import { type Folder, readMigrations } from "../formats/read-folder.ts";
import type { JournalState, MigrationState } from "../journal/state.ts";
import { applied } from "../journal/state.ts";
import type { Settings } from "./settings.ts";

/** As short as it can be typed from here, since messages show it. */
export function folderOf(settings: Pick<Settings, "projectDir" | "dir">): string {
  const path = resolve(settings.projectDir, settings.dir);
  const short = relative(process.cwd(), path);
  return short.startsWith("..") ? path : short || ".";
}

export async function loadFolder(settings: Settings): Promise<Folder> {
  return settings.folder ?? readMigrations(folderOf(settings), settings.format);
}

/** For going back, which needs no files: the folder where it can be read, or nothing. */
export async function loadFolderIfAny(
  settings: Settings,
): Promise<{ migrations: Migration[]; compare: Order }> {
  try {
    const { migrations, format } = await loadFolder(settings);
    return { migrations, compare: format.compare };
  } catch (error) {
    if (!(error instanceof BelayError)) throw error;
    return {
      migrations: [],
      compare: (left, right) => (left === right ? 0 : left < right ? -1 : 1),
    };
  }
}

/** `7` finds `0007` where the format counts them as the same. */
type Order = Folder["format"]["compare"];

/** The pending ones up to and with `to`. Throws BELAY_VERSION_UNKNOWN. */
export function upTo(
  pending: readonly Migration[],
  to: string | undefined,
  { migrations: all, format }: Folder,
) {
  if (to === undefined) return [...pending];
  const last = all.findIndex((each) => format.compare(each.version, to) === 0);
  if (last < 0) throw unknownVersion(to);
  const wanted = new Set(all.slice(0, last + 1));
  return pending.filter((each) => wanted.has(each));
}

/** The applied ones to take back: how many; all after one (`0`: all); or only one. */
export type BackTarget = { count: number } | { to: string } | { only: string };

/** Last first. Throws BELAY_VERSION_UNKNOWN, or BELAY_UNDO_ORDER where `only` is not the last. */
export function backTo(state: JournalState, target: BackTarget, compare: Order) {
  const stack = applied(state).toReversed();
  if ("only" in target) return [onlyOf(stack, target.only, compare)];
  if ("count" in target) return stack.slice(0, target.count);
  if (target.to === "0") return stack;
  const index = stack.findIndex((each) => compare(each.version, target.to) === 0);
  if (index < 0) throw unknownVersion(target.to);
  return stack.slice(0, index);
}

/** An inverse starts where its migration ended, so what came later has to go first. */
function onlyOf(stack: readonly MigrationState[], only: string, compare: Order): MigrationState {
  const index = stack.findIndex((each) => compare(each.version, only) === 0);
  const found = stack[index];
  if (found === undefined) throw unknownVersion(only);
  if (index === 0) return found;
  const after = stack.slice(0, index).map(({ version }) => version);
  const some =
    after.length > 5
      ? `${after.slice(0, 5).join(", ")} and ${after.length - 5} more`
      : after.join(", ");
  throw new BelayError(
    "BELAY_UNDO_ORDER",
    `${found.version} ${found.name} cannot be taken back before what came after it: ${some}`,
    {
      state: "Nothing was changed.",
      hint: `belay down ${index + 1} takes them back too, last first; or write a migration that goes forward.`,
      details: { version: found.version, after },
    },
  );
}

export function unknownVersion(version: string): BelayError {
  return new BelayError("BELAY_VERSION_UNKNOWN", `There is no migration ${version}`, {
    state: "Nothing was changed.",
    hint: "belay status lists the versions.",
    details: { version },
  });
}
