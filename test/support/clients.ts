// Owns: PostgreSQL's own programs as independent judges: psql runs files, pg_dump reads schemas.
// They are Debian's version 15: psql talks to any server, pg_dump only to servers up to it.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";

/** The newest server that pg_dump reads. */
export const dumpMajor = 15;
export const debianBin = `/usr/lib/postgresql/${dumpMajor}/bin`;
export const psqlPath = `${debianBin}/psql`;
export const pgDumpPath = `${debianBin}/pg_dump`;

/** Why tests that need the clients skip; undefined when they are there. */
export const clientsMissing: string | undefined =
  existsSync(psqlPath) && existsSync(pgDumpPath)
    ? undefined
    : `no psql and pg_dump in ${debianBin}; apt-get install postgresql-15`;

export type Script = { file: string } | { sql: string };

/** Runs a script, stopping at its first error; throws with psql's stderr. Returns stdout. */
export function psql(
  url: string,
  script: Script,
  options: { singleTransaction?: boolean } = {},
): Promise<string> {
  const args = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url];
  if (options.singleTransaction) args.push("--single-transaction");
  return run(psqlPath, [...args, "-f", "file" in script ? script.file : "-"], script);
}

/** The schema as text, without what differs between two dumps of the same schema. */
export async function pgDump(url: string, extraArgs: string[] = []): Promise<string> {
  const dump = await run(pgDumpPath, ["--schema-only", ...extraArgs, "-d", url]);
  // \restrict carries a random key in every dump (since 15.14).
  return dump.replace(/^\\(un)?restrict .*\n/gm, "");
}

function run(program: string, args: string[], script?: Script): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { maxBuffer: 256 * 1024 * 1024, env: { ...process.env, LC_ALL: "C.UTF-8" } };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr.trim() || error.message, { cause: error }));
      else resolve(stdout);
    });
    // psql may stop reading at the first error; the exit status tells, EPIPE would hide it.
    child.stdin?.on("error", () => {});
    child.stdin?.end(script && "sql" in script ? script.sql : "");
  });
}
