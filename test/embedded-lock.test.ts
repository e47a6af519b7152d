// The lock file's claim is about processes that are killed while they hold it.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { realEnvironment as environment } from "../src/core/environment.ts";
import { withLock } from "../src/dialects/postgres/embedded/lock-file.ts";
import { identify } from "../src/dialects/postgres/embedded/process.ts";
import { install } from "./support/embedded-child.ts";

let folder: string;
let lock: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "belay-lock-"));
  lock = join(folder, "lock");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("every holder is killed, and still no two are inside at once", async () => {
  install(folder, "absent");
  writeFileSync(join(folder, "holder.js"), holder);
  for (let wave = 0; wave < 4; wave++) {
    const children = Array.from({ length: 8 }, () =>
      spawn(process.execPath, [join(folder, "holder.js"), folder], {
        stdio: ["ignore", "ignore", "inherit"],
      }),
    );
    const ends = await Promise.all(children.map(end));
    // Status 1 is an overlap; a holder that was alone has killed itself.
    expect(ends).toEqual(ends.map(() => "SIGKILL"));
  }
  // All are dead: the lock is free, and its next holder tidies up.
  expect(await withLock(lock, environment, 5_000, async () => "mine")).toBe("mine");
  expect(readdirSync(folder).filter((name) => name.startsWith("lock"))).toEqual([]);
});

test("only one process at a time may replace a dead holder", async () => {
  const dead = { id: "dead", pid: process.pid, started: "1" };
  const replacing = { id: "replacing", ...identify(process.pid) };
  writeFileSync(lock, JSON.stringify(dead));
  writeFileSync(`${lock}.dead`, JSON.stringify(replacing));
  const refused = withLock(lock, environment, 50, async () => {});
  await expect(refused).rejects.toThrow(`${lock}.dead`);
  rmSync(`${lock}.dead`);
  expect(await withLock(lock, environment, 50, async () => "mine")).toBe("mine");
});

test("says which process holds it, when waiting is of no use", async () => {
  await withLock(lock, environment, 1_000, async () => {
    await expect(withLock(lock, environment, 50, async () => {})).rejects.toMatchObject({
      code: "BELAY_EMBEDDED_START",
      message: expect.stringContaining(`Process ${process.pid} holds`),
    });
  });
});

test("is free again after its work failed", async () => {
  const failing = withLock(lock, environment, 1_000, async () => {
    throw new Error("work");
  });
  await expect(failing).rejects.toThrow("work");
  await withLock(lock, environment, 0, async () => {});
});

test("a torn file is nobody's", async () => {
  writeFileSync(lock, '{"id":"abc","pi');
  expect(await withLock(lock, environment, 1_000, async () => "mine")).toBe("mine");
});

test("its holder does not tidy away what another process is just writing", async () => {
  const halfWritten = `${lock}.waiter.new`;
  writeFileSync(halfWritten, "");
  await withLock(lock, environment, 1_000, async () => {});
  expect(existsSync(halfWritten)).toBe(true);
});

async function end(child: ChildProcess): Promise<number | string | null> {
  return new Promise((resolve) =>
    child.once("exit", (status, signal) => resolve(signal ?? status)),
  );
}

const holder = `
import { mkdirSync, rmdirSync } from "node:fs";
import { realEnvironment as environment } from "./src/core/environment.js";
import { withLock } from "./src/dialects/postgres/embedded/lock-file.js";
const folder = process.argv[2];
await withLock(folder + "/lock", environment, 60_000, async () => {
  mkdirSync(folder + "/inside"); // throws when another one is inside
  await environment.sleep(2);
  rmdirSync(folder + "/inside");
  process.kill(process.pid, "SIGKILL");
  await environment.sleep(60_000);
});
`;
