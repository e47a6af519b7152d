// Signals of the log, the archiver, checkpoints and the disk, on servers of their own: what is bad there
// is bad for all databases of a server. Each is ok, bad, and not known.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { realEnvironment } from "../../src/core/environment.ts";
import type { Session } from "../../src/dialects/dialect.ts";
import { folders } from "../../src/dialects/postgres/server-folders.ts";
import { createDatabase, forEachServer, type TestServer } from "../support/servers.ts";
import { startPostgres } from "../support/start-postgres.ts";
import { closing, one, samplerOf, stranger, until } from "./samples.ts";

/** A server like that one, with a database on it, and a role that may not read `view` there. */
async function ownServer(like: TestServer, { view, ...settings }: Record<string, string>) {
  const given = await createDatabase(like);
  const [at] = await given.query<{ bin: string }>(
    "SELECT setting AS bin FROM pg_config WHERE name = 'BINDIR'",
  );
  await given.drop();
  const server = await startPostgres(`signals-${like.name}`, at?.bin ?? "", settings);
  closing.push(() => server.stop());
  const db = await createDatabase({ name: like.name, url: server.url });
  closing.push(() => db.drop());
  const blind = await stranger(db);
  if (view) await db.query(`REVOKE SELECT ON ${view} FROM PUBLIC`);
  /** Takes effect when the server's processes get to it. */
  const set = async (name: string, value: string) => {
    await db.query(`ALTER SYSTEM SET ${name} = '${value}'`);
    await db.query("SELECT pg_reload_conf()");
  };
  /** So many files of the log, 16 MiB each, are full. */
  const fill = async (files: number) => {
    for (let file = 0; file < files; file += 1) {
      await db.query("SELECT pg_logical_emit_message(false, 'belay', 'x')");
      await db.query("SELECT pg_switch_wal()");
    }
  };
  return { db, blind, set, fill };
}

const forbidden = { state: "unknown", why: expect.stringContaining("permission denied") };

forEachServer("signals of the log", (like) => {
  test("archiver: off, working, failing, not at work at all, not to be seen", async () => {
    const off = await createDatabase(like);
    closing.push(() => off.drop());
    expect(await one(samplerOf(off.url, "archiver"))).toMatchObject({
      state: "ok",
      detail: expect.stringContaining("archive_mode"),
    });
    const { db, blind, set, fill } = await ownServer(like, {
      view: "pg_stat_archiver",
      archive_mode: "on",
    });
    await set("archive_command", "true");
    const sampler = samplerOf(db.url, "archiver");
    await fill(1);
    expect(await until(sampler, "ok")).toMatchObject({ value: expect.any(Number) });
    await set("archive_command", "false");
    await fill(1);
    expect(await until(sampler, "bad")).toMatchObject({
      detail: expect.stringMatching(/^archiving [0-9A-F]{24} has failed/),
    });
    await set("archive_command", "true");
    await fill(1);
    expect(await until(sampler, "ok")).toMatchObject({ detail: expect.stringMatching(/^\d+ MiB/) });
    // Nothing fails, and nothing is archived.
    await set("archive_command", "");
    const behind = samplerOf(db.url, "archiver", { limitBytes: 20 * 2 ** 20 });
    expect(await one(behind)).toMatchObject({ state: "ok" });
    await fill(3);
    expect(await until(behind, "bad")).toMatchObject({
      detail: expect.stringMatching(/^\d+ MiB wait/),
    });
    expect(await one(samplerOf(blind, "archiver"))).toMatchObject(forbidden);
  });

  test("wal: a slot that nobody reads, one that is lost, what is written, not to be seen", async () => {
    const { db, blind, set, fill } = await ownServer(like, { view: "pg_replication_slots" });
    await db.query("SELECT pg_create_physical_replication_slot('left', true)");
    await fill(2);
    const limits = { limitBytes: 20 * 2 ** 20 };
    const sampler = samplerOf(db.url, "wal", limits);
    // What it kept before anybody looked is no news.
    expect(await one(sampler)).toMatchObject({ state: "ok", value: expect.any(Number) });
    await fill(2);
    expect(await one(sampler)).toMatchObject({
      state: "bad",
      detail: expect.stringMatching(/^slot left, which nobody reads, keeps \d+ MiB/),
    });
    await db.query("SELECT pg_drop_replication_slot('left')");
    expect(await one(sampler)).toMatchObject({ state: "ok", value: 0 });

    await db.query("SELECT pg_create_physical_replication_slot('late', true)");
    const losing = samplerOf(db.url, "wal");
    expect(await one(losing)).toMatchObject({ state: "ok" });
    await set("max_slot_wal_keep_size", "1MB");
    await fill(4);
    expect(await until(losing, "bad")).toMatchObject({
      detail: expect.stringMatching(/^slot late is (about to be )?lost/),
    });
    // It was at risk before this one looked, so what comes of it is no news.
    const late = samplerOf(db.url, "wal");
    expect(await one(late)).toMatchObject({ state: "ok" });
    await db.query("CHECKPOINT");
    expect(await one(losing)).toMatchObject({
      state: "bad",
      detail: expect.stringMatching(/^slot late is lost/),
    });
    expect(await one(late)).toMatchObject({ state: "ok" });
    expect(await one(samplerOf(db.url, "wal"))).toMatchObject({ state: "ok" });

    const fast = samplerOf(db.url, "wal", { limitBytesPerSecond: 1_000_000 });
    expect(await one(fast)).toMatchObject({ state: "ok" });
    await fill(4);
    expect(await one(fast)).toMatchObject({ state: "bad" });
    expect(await one(samplerOf(blind, "wal"))).toMatchObject(forbidden);
  });

  test("checkpoints: one after the other, and not to be seen", async () => {
    const { db, blind } = await ownServer(like, {});
    // Making databases asks for some too, and what is usual counts.
    await db.query(`SELECT pg_stat_reset_shared(
      CASE WHEN to_regclass('pg_stat_checkpointer') IS NULL THEN 'bgwriter' ELSE 'checkpointer' END)`);
    let later = 0;
    const clock = { ...realEnvironment, monotonic: () => realEnvironment.monotonic() + later };
    const sampler = samplerOf(db.url, "checkpoints", {}, 2_000, clock);
    expect(await one(sampler)).toMatchObject({ state: "ok", value: 0 });
    for (let one = 0; one < 3; one += 1) await db.query("CHECKPOINT");
    expect(await until(sampler, "bad")).toMatchObject({ value: 3 });
    later += 61_000;
    expect(await one(sampler)).toMatchObject({ state: "ok", value: 0 });
    for (const view of ["pg_stat_checkpointer", "pg_stat_bgwriter"]) {
      await db.query(
        `DO $$ BEGIN IF to_regclass('${view}') IS NOT NULL THEN REVOKE SELECT ON ${view} FROM PUBLIC; END IF; END $$`,
      );
    }
    expect(await one(samplerOf(blind, "checkpoints"))).toMatchObject(forbidden);
  });

  test("disk: of a server on this machine, by a query, and nobody knows", async () => {
    const db = await createDatabase(like);
    closing.push(() => db.drop());
    expect(await one(samplerOf(db.url, "disk", { limitBytes: 0 }))).toMatchObject({
      state: "ok",
      detail: expect.stringMatching(/^(data|log): [\d.]+ GiB left$/),
    });
    expect(await one(samplerOf(db.url, "disk", { limitBytes: 2 ** 60 }))).toMatchObject({
      state: "bad",
      detail: expect.stringMatching(/^data: .* left; log: .* left$/),
    });
    const blind = await stranger(db);
    expect(await one(samplerOf(blind, "disk"))).toMatchObject({
      state: "unknown",
      why: expect.stringContaining("pg_read_all_settings"),
    });

    await db.query("CREATE TABLE room (free bigint); INSERT INTO room VALUES (100000000000)");
    let later = 0;
    const clock = { ...realEnvironment, monotonic: () => later };
    const asked = samplerOf(db.url, "disk", { sql: "SELECT free FROM room" }, 2_000, clock);
    const after = async (ms: number, free: number) => {
      later += ms;
      await db.query("UPDATE room SET free = $1", [free]);
      return one(asked);
    };
    expect(await after(0, 100e9)).toMatchObject({ state: "ok", value: 100e9 });
    // Within a few seconds nothing is told of the time to come.
    expect(await after(1_000, 95e9)).toMatchObject({ state: "ok" });
    expect(await after(39_000, 60e9)).toMatchObject({
      state: "bad",
      detail: "by query: 55.9 GiB left, for 60 s as it goes now",
    });
    expect(await after(60_000, 60e9)).toMatchObject({ state: "ok" });
    expect(await after(60_000, 1e9)).toMatchObject({ state: "bad", value: 1e9 });
    await db.query("TRUNCATE room");
    expect(await one(asked)).toMatchObject({ state: "unknown", why: "the query answered no row" });
    await db.query("DROP TABLE room");
    expect(await one(asked)).toMatchObject({
      state: "unknown",
      why: expect.stringContaining("room"),
    });
  });
});

describe("where a server keeps its files", () => {
  test("only its own lock file proves that it is here", async () => {
    const data = await mkdtemp(join(tmpdir(), "belay-folders-"));
    closing.push(() => rm(data, { recursive: true }));
    const place = { data, port: "5432", startedAt: 1_700_000_003.5, tablespaces: [] };
    const session = { query: async () => [place] } as unknown as Session;
    expect(await folders(session)).toMatchObject({ why: expect.stringContaining("not on this") });
    const lock = (started: number, port: number) =>
      writeFile(join(data, "postmaster.pid"), `4711\n${data}\n${started}\n${port}\n\n`);
    await lock(1_700_000_000, 5433);
    expect(await folders(session)).toMatchObject({
      why: expect.stringContaining("another server"),
    });
    await lock(1_600_000_000, 5432);
    expect(await folders(session)).toMatchObject({
      why: expect.stringContaining("another server"),
    });
    await lock(1_700_000_000, 5432);
    expect(await folders(session)).toEqual({
      folders: [
        { name: "data", path: data },
        { name: "log", path: join(data, "pg_wal") },
      ],
    });
  });
});
