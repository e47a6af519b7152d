// The live view as people get it: the real program on a terminal, which `script` of util-linux plays.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { runBelay } from "../support/belay.ts";
import { servers } from "../support/servers.ts";
import { guardOf, watchedShop } from "./watched-shop.ts";

const script = "/usr/bin/script";
const missing = existsSync(script) ? "" : ` (skipped: no ${script}; it comes with util-linux)`;
const program = join(import.meta.dirname, "../../bin/belay.js");

async function watched() {
  const given = await watchedShop(servers[0], "CREATE TABLE fine ()");
  const config = { guard: guardOf(given.shop, { baselineReadings: 20 }) };
  await writeFile(join(given.project.dir, "belay.config.json"), JSON.stringify(config));
  const args = ["up", "--watch", "2s", "--database-url", given.db.url];
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

test("without a terminal, plain lines as ever", async () => {
  await using given = await watched();
  const { status, stdout, stderr } = await runBelay(given.args, { env: { CI: "" } });
  expect(status, stderr).toBe(0);
  expect(stdout).toContain("Watched: all was well");
  expect(stderr).not.toMatch(/\[\d*[AJK]|▁|guard:/);
  expect(stderr).toMatch(/^The guard learns what is usual, for 2 s\.$/m);
});
