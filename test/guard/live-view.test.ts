// The live view as people get it: the real program on a terminal, which `script` of util-linux plays.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { runBelay } from "../support/belay.ts";
import { servers } from "../support/servers.ts";
import { guardOf, lost, rollbacks, watchedShop } from "./watched-shop.ts";

const script = "/usr/bin/script";
const missing = existsSync(script) ? "" : ` (skipped: no ${script}; it comes with util-linux)`;
const program = join(import.meta.dirname, "../../bin/belay.js");

async function watched(watch = "2s", change = "CREATE TABLE fine ()") {
  const given = await watchedShop(servers[0], change);
  const config = { guard: guardOf(given.shop, { baselineReadings: 20 }) };
  await writeFile(join(given.project.dir, "belay.config.json"), JSON.stringify(config));
  const args = ["up", "--watch", watch, "--database-url", given.db.url];
  return { ...given, args: [...args, "--project", given.project.dir] };
}

test.skipIf(missing !== "")(`on a terminal, redrawn in its place${missing}`, async () => {
  await using given = await watched();
  const words = [process.execPath, program, ...given.args].map((each) => `'${each}'`).join(" ");
  const { CI: _, NO_COLOR: __, ...env } = process.env;
  const { stdout } = await promisify(execFile)(
    script,
    ["-qfec", `stty rows 30 columns 90; ${words}`, "/dev/null"],
    { env: { ...env, TERM: "xterm-256color" } },
  );
  expect(stdout).toContain("guard");
  expect(stdout).toMatch(/all has to be well for .* more/);
  expect(stdout).toMatch(/[▁▂▃▄▅▆▇█]/u);
  expect(stdout).toContain("nobody waits");
  // Up to its first line again, and at the end below the last: nothing of it is left.
  expect(stdout).toMatch(/\[\d+A\r/);
  expect(stdout.split("\u001B[J").at(-1)).not.toContain("guard");
  expect(stdout).toContain("Watched: all was well");
  expect(stdout).not.toContain("\u001B[?25l");
});

/**
 * Types each key once what goes before it is on the screen, and behind what it is to wait for; what the
 * screen has shown, at the end.
 */
async function typed(args: readonly string[], keys: [RegExp, string, (() => Promise<unknown>)?][]) {
  const words = [process.execPath, program, ...args].map((each) => `'${each}'`).join(" ");
  const { CI: _, NO_COLOR: __, ...env } = process.env;
  // In the shell's place: Ctrl-C goes to the whole group, and some shells die of it.
  const child = spawn(script, ["-qfec", `exec ${words}`, "/dev/null"], {
    env: { ...env, TERM: "xterm-256color" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let screen = "";
  child.stdout.on("data", (chunk: Buffer) => {
    screen += chunk;
    const [expected, key, first] = keys[0] ?? [];
    if (!expected?.test(screen)) return;
    keys.shift();
    void (first?.() ?? Promise.resolve()).finally(() => child.stdin.write(key ?? ""));
  });
  const [status] = await once(child, "close");
  return { screen, status };
}

const controlC = "\u0003";

test.skipIf(missing !== "")(`Ctrl-C is a question; r and y roll back${missing}`, async () => {
  await using given = await watched("90s");
  const { screen, status } = await typed(given.args, [
    [/all has to be well/, controlC],
    [/k: keep watching/, "r"],
    [/Roll back all .*y: yes/, "y"],
  ]);
  expect(screen).toContain("Taken back by the guard: taken back and verified");
  expect(status).toBe(5);
  expect(await rollbacks(given.db)).toEqual([{ n: 1 }]);
  expect(await lost(given.db, given.shop)).toBe(0);
  expect(await given.db.query("SELECT to_regclass('fine') AS there")).toEqual([{ there: null }]);
});

test.skipIf(missing !== "")(
  `what cannot be rolled back is not, and watched on${missing}`,
  async () => {
    await using given = await watched("90s", "DROP TABLE spare");
    await given.db.query("CREATE TABLE spare (id int PRIMARY KEY)");
    const { screen } = await typed(given.args, [
      [/all has to be well/, controlC, () => given.belay().finalize({ which: "all" })],
      [/k: keep watching/, "r"],
      [/Roll back all .*y: yes/, "y"],
      [/Not rolled back: the undo window of 0001 is over/, controlC],
      [/(k: keep watching.*){2}/s, "l"],
    ]);
    expect(screen).toContain("Left: belay watch goes on with it.");
    expect(await rollbacks(given.db)).toEqual([{ n: 0 }]);
  },
);

test.skipIf(missing !== "")(`Ctrl-C twice leaves the watch to another${missing}`, async () => {
  await using given = await watched("90s");
  const { screen } = await typed(given.args, [
    [/all has to be well/, controlC],
    [/k: keep watching/, controlC],
  ]);
  expect(screen).toContain("Left: belay watch goes on with it.");
  expect(screen).toMatch(/The watch goes on/);
  expect(await rollbacks(given.db)).toEqual([{ n: 0 }]);
});

test("without a terminal, plain lines as ever", async () => {
  await using given = await watched();
  const { status, stdout, stderr } = await runBelay(given.args, { env: { CI: "" } });
  expect(status, stderr).toBe(0);
  expect(stdout).toContain("Watched: all was well");
  expect(stderr).not.toMatch(/\[\d*[AJK]|▁|guard:/);
  expect(stderr).toMatch(/^The guard learns what is usual, for 2 s\.$/m);
});
