// Owns: a streaming standby of a server on this machine: a base backup by the server's own functions
// (the embedded PostgreSQL has no pg_basebackup), and a second server that follows over a link.
// Leaves to the caller: a role that may do that, and whose files these are.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { chmod, chown, copyFile, lstat, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import type { Environment } from "../../core/environment.ts";
import type { Session } from "../../dialects/dialect.ts";
import { openLink } from "./link.ts";
import type { Place } from "./scenario.ts";

export interface Standby extends AsyncDisposable {
  /** The same database there; it can only be read. */
  url: string;
}

const slot = "belay_demo";
const followsWithinMs = 60_000;

/** What a running server keeps for itself, or a new one makes anew; the folders have to be there. */
const emptied = new Set([
  ...["pg_wal", "pg_replslot", "pg_dynshmem", "pg_notify", "pg_serial", "pg_snapshots"],
  ...["pg_stat_tmp", "pg_subtrans"],
]);
const left = /^(postmaster\.(pid|opts)|pg_internal\.init.*|backup_label.*|pgsql_tmp.*)$/;

/** A standby may not have less of these than its primary had. */
const atLeast = [
  ...["max_connections", "max_worker_processes", "max_wal_senders"],
  ...["max_prepared_transactions", "max_locks_per_transaction"],
];

export async function openStandby(place: Place, bytesPerSecond: number): Promise<Standby> {
  const { environment } = place;
  const primary = await place.connect("standby");
  const [at] = await primary.query<{ data: string; bin: string }>(
    `SELECT current_setting('data_directory') AS data, setting AS bin
       FROM pg_config WHERE name = 'BINDIR'`,
  );
  if (at === undefined) throw new Error("the server does not say where its programs are");
  const home = join(dirname(at.data), `standby-${environment.id()}`);
  const { uid, gid } = statSync(at.data);
  const owner: Owner = process.getuid?.() === 0 ? { uid, gid } : {};
  await primary.query("SELECT pg_create_physical_replication_slot($1, true)", [slot]);
  await backUp(primary, at.data, home, owner);
  const { hostname: host, port } = new URL(place.url);
  const link = await openLink({ host, port: Number(port) }, environment);
  const own = await freePort();
  const flags = await settingsOf(primary, { place, port: link.port, own });
  const log = openSync(join(home, "standby.log"), "a");
  await give(join(home, "standby.log"), owner);
  const server = spawn(join(at.bin, "postgres"), ["-D", home, ...flags], {
    ...{ ...owner, cwd: home, env: { ...process.env, LC_ALL: "C" } },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const close = async () => {
    await end(server);
    await link[Symbol.asyncDispose]();
    await primary.query("SELECT pg_drop_replication_slot($1)", [slot]).catch(() => {});
    await rm(home, { recursive: true, force: true });
  };
  try {
    await untilFollowing(primary, server, join(home, "standby.log"), environment);
    // Not before: a standby begins with the whole segment of the log in which its backup was made.
    link.narrow(bytesPerSecond);
  } catch (error) {
    await close();
    throw error;
  }
  const url = new URL(place.url);
  url.port = String(own);
  return { url: url.href, [Symbol.asyncDispose]: close };
}

type Owner = { uid?: number; gid?: number };

/** A low-level base backup: what is copied while it is written is put right by the log. */
async function backUp(session: Session, data: string, home: string, owner: Owner): Promise<void> {
  await session.query("SELECT pg_backup_start('belay demo', true)");
  await copyFolder(data, home, owner);
  const [stopped] = await session.query<{ labelfile: string }>(
    "SELECT labelfile FROM pg_backup_stop(false)",
  );
  for (const [name, content] of [
    ["backup_label", stopped?.labelfile ?? ""],
    ["standby.signal", ""],
  ] as const) {
    await writeFile(join(home, name), content, { mode: 0o600 });
    await give(join(home, name), owner);
  }
}

async function copyFolder(from: string, to: string, owner: Owner): Promise<void> {
  await mkdir(to);
  await chmod(to, 0o700);
  await give(to, owner);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (left.test(entry.name)) continue;
    if (entry.isDirectory() && emptied.has(entry.name)) {
      await mkdir(target, { mode: 0o700 });
      await give(target, owner);
    } else if (entry.isDirectory()) await copyFolder(source, target, owner);
    else if (entry.isFile()) await copyOne(source, target, owner);
  }
}

/** One that has gone meanwhile is none that the standby needs. */
async function copyOne(source: string, target: string, owner: Owner): Promise<void> {
  try {
    await copyFile(source, target);
  } catch (error) {
    const isGone = await lstat(source).then(
      () => false,
      () => true,
    );
    if (isGone) return;
    throw error;
  }
  await give(target, owner);
}

async function give(path: string, { uid, gid }: Owner): Promise<void> {
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
}

async function settingsOf(
  session: Session,
  { place, port, own }: { place: Place; port: number; own: number },
): Promise<string[]> {
  const { username, password } = new URL(place.url);
  const secret = password === "" ? "" : ` password=${decodeURIComponent(password)}`;
  const rows = await session.query<{ name: string; setting: string }>(
    "SELECT name, setting FROM pg_settings WHERE name = ANY ($1)",
    [atLeast],
  );
  const settings = {
    ...Object.fromEntries(rows.map(({ name, setting }) => [name, setting])),
    ...{ port: own, listen_addresses: "127.0.0.1", unix_socket_directories: "" },
    ...{ hot_standby: "on", primary_slot_name: slot, wal_receiver_status_interval: "1s" },
    // What it has is thrown away with it.
    fsync: "off",
    primary_conninfo: `host=127.0.0.1 port=${port} user=${username}${secret} application_name=${slot}`,
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

async function untilFollowing(
  primary: Session,
  server: ChildProcess,
  log: string,
  environment: Environment,
): Promise<void> {
  const deadline = environment.monotonic() + followsWithinMs;
  const [target] = await primary.query<{ lsn: string }>("SELECT pg_current_wal_lsn()::text AS lsn");
  for (;;) {
    const follows = await primary.query(
      `SELECT FROM pg_stat_replication WHERE application_name = $1 AND state = 'streaming'
          AND least(flush_lsn, replay_lsn) >= $2::pg_lsn`,
      [slot, target?.lsn],
    );
    if (follows.length > 0) return;
    if (server.exitCode !== null || environment.monotonic() > deadline) {
      const said = readFileSync(log, "utf8").split("\n").slice(-15).join("\n");
      throw new Error(`the standby does not follow its primary:\n${said}`);
    }
    await environment.sleep(50);
  }
}

/** At once: its data is about to be removed. */
async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once("exit", resolve));
  if (server.kill("SIGQUIT")) await ended;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}
