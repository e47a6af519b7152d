// Owns: the first step in a project: a config file, a migrations folder, and, where another tool
// was at work, its folder recognised and its history adopted.

import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BelayError } from "../core/errors.ts";
import type { Session } from "../dialects/dialect.ts";
import type { Format } from "../formats/format.ts";
import { append } from "../journal/store.ts";
import { configNames } from "./config.ts";
import { guardedRun, type RunResult } from "./guarded-run.ts";
import { folderOf, loadFolder } from "./migrations.ts";
import type { Settings } from "./settings.ts";

export interface InitResult extends RunResult {
  /** Files and folders written, relative to the project. */
  written: string[];
  /** The migrations folder and its format; null: it is new and empty. */
  dir: string;
  format: string | null;
  /** Versions taken over from the other tool's history table. */
  adopted: string[];
  notes: string[];
}

export interface InitOptions {
  /** Read the other tool's history table and record what it applied. */
  adopt: boolean;
}

export async function init(settings: Settings, options: InitOptions): Promise<InitResult> {
  const written: string[] = [];
  const folder = folderOf(settings);
  if (!existsSync(folder)) {
    await mkdir(folder, { recursive: true });
    written.push(settings.dir);
  }
  if (!configNames.some((name) => existsSync(join(settings.projectDir, name)))) {
    const config = { dir: settings.dir, ...(settings.format ? { format: settings.format } : {}) };
    await writeFile(
      join(settings.projectDir, "belay.config.json"),
      `${JSON.stringify(config, null, 2)}\n`,
    );
    written.push("belay.config.json");
  }
  const empty = { written, dir: settings.dir, adopted: [] as string[], notes: [] as string[] };
  const isNew = (await readdir(folder)).length === 0;
  const found = isNew ? undefined : await loadFolder(settings);
  return guardedRun<Omit<InitResult, keyof RunResult>>(
    settings,
    { command: "init", allowDrift: true },
    async (run, state, result) => {
      if (found === undefined || !options.adopt || state.migrations.size > 0) return;
      const versions = await appliedElsewhere(
        run.session,
        found.format,
        found.migrations.map((each) => each.version),
      );
      for (const migration of found.migrations) {
        if (!versions.has(migration.version)) continue;
        const { version, name, checksum } = migration;
        await append(run.session, run.id, run.lease.token, {
          kind: "migration-adopted",
          version,
          body: { name, checksum, tool: found.format.name },
        });
        result.adopted.push(version);
      }
      const known = new Set(found.migrations.map((each) => each.version));
      for (const version of versions) {
        if (!known.has(version))
          result.notes.push(
            `${found.format.name} applied ${version}, whose file is not here; it was left out`,
          );
      }
    },
    { ...empty, format: found?.format.name ?? null, notes: found?.notes ?? [] },
  );
}

/** Versions that the other tool's history table counts as applied; none when there is no table. */
async function appliedElsewhere(
  session: Session,
  { history, name, compare }: Format,
  known: readonly string[],
): Promise<Set<string>> {
  if (history === undefined) return new Set();
  const [table] = await session.query<{ present: boolean }>(
    "SELECT to_regclass($1) IS NOT NULL AS present",
    [history.table],
  );
  if (!table?.present) return new Set();
  if (history.dirty !== undefined) {
    const [dirty] = await session.query<{ version: string }>(history.dirty);
    if (dirty !== undefined) {
      throw new BelayError("BELAY_INTERRUPTED", `${name} left ${dirty.version} half applied`, {
        state: "Nothing was changed now.",
        hint: `Repair it with ${name} first: only you know what of that migration was done.`,
      });
    }
  }
  const rows = await session.query<{ version: string }>(history.applied);
  const versions = new Set(rows.map(({ version }) => spelled(version, known, compare)));
  const marks =
    history.upTo === undefined ? [] : await session.query<{ version: string }>(history.upTo);
  for (const each of known) {
    if (marks.some((mark) => compare(each, mark.version) <= 0)) versions.add(each);
  }
  return versions;
}

/** As the folder writes it: `1` in a table of numbers is `0001` of the files. */
function spelled(version: string, known: readonly string[], compare: Format["compare"]): string {
  return known.find((each) => compare(each, version) === 0) ?? version;
}
