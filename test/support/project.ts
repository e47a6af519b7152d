// Owns: a throw-away project folder with migrations in it.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface Project extends AsyncDisposable {
  /** Absolute; the migrations are in `migrations`. */
  dir: string;
  /** Writes `migrations/<path>`. */
  write(path: string, content: string | Buffer): Promise<void>;
}

export async function createProject(files: Record<string, string | Buffer> = {}): Promise<Project> {
  const dir = await mkdtemp(join(tmpdir(), "belay-test-"));
  const write = async (path: string, content: string | Buffer) => {
    const target = join(dir, "migrations", path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  };
  for (const [path, content] of Object.entries(files)) await write(path, content);
  return { dir, write, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}
