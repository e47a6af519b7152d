// Owns: archives of ended undo windows as use cases: whether they are whole, and into a database again.

import { resolve } from "node:path";
import { broken, readArchives } from "../archive/manifest.ts";
import { damage, type Loaded, loadArchive } from "../archive/read.ts";
import { BelayError } from "../core/errors.ts";
import { withAttempts } from "../engine/attempts.ts";
import type { Run } from "../engine/run.ts";
import { guardedRun, type RunResult } from "./guarded-run.ts";
import type { Settings } from "./settings.ts";

export interface CheckedArchive {
  dir: string;
  version: string;
  name: string;
  tables: number;
  rows: number;
  /** What is wrong with its files, a line each. */
  damage: string[];
}

export interface ArchiveCheck {
  archives: CheckedArchive[];
  whole: boolean;
}

/** `dir`: an archive, or a folder of archives. Throws BELAY_ARCHIVE where there is none. */
export async function checkArchives(settings: Settings, dir: string): Promise<ArchiveCheck> {
  const archives: CheckedArchive[] = [];
  for (const archive of await readArchives(resolve(settings.projectDir, dir))) {
    const { version, name, tables } = archive.manifest;
    archives.push({
      ...{ dir: archive.dir, version, name, tables: tables.length },
      rows: tables.reduce((sum, { rows }) => sum + rows, 0),
      damage: await damage(archive),
    });
  }
  return { archives, whole: archives.every((each) => each.damage.length === 0) };
}

export interface LoadOptions {
  /** Made where it is not there. Absent: `archive_<version>` of each. */
  schema?: string;
  allowDrift: boolean;
}

export interface LoadResult extends RunResult {
  loaded: (Loaded & { version: string })[];
}

/** All of it in one transaction, or nothing. Its tables are ordinary ones, without keys. */
export async function loadArchives(
  settings: Settings,
  dir: string,
  { schema, allowDrift }: LoadOptions,
): Promise<LoadResult> {
  const archives = await readArchives(resolve(settings.projectDir, dir));
  return guardedRun<Omit<LoadResult, keyof RunResult>>(
    settings,
    { command: "archive load", allowDrift },
    async (run, _state, result) => {
      const { session, dialect, lease, limits } = run;
      await dialect.begin(session, { lockMs: limits.lockTimeoutMs, statementMs: 0 });
      try {
        await dialect.writePortably(session);
        for (const archive of archives) {
          const { version } = archive.manifest;
          const into = schema ?? `archive_${version}`;
          const loaded = await loadArchive(run, archive, into);
          result.loaded.push(...loaded.map((each) => ({ ...each, version })));
        }
        lease.check();
        await dialect.commit(session);
      } catch (error) {
        result.loaded = [];
        await dialect.rollback(session).catch(() => {});
        throw refusal(run, error);
      }
      run.catalog = await withAttempts(run, () => dialect.extract(session));
    },
    { loaded: [] },
  );
}

function refusal({ dialect }: Run, error: unknown): unknown {
  if (error instanceof BelayError) return error;
  return broken(`Not loaded: ${dialect.trouble(error).message}`, error);
}
