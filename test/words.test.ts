// The program's words and exit statuses, for people who mistype.

import { expect, test } from "vitest";
import { startBelay } from "./support/belay.ts";

const belay = async (...args: string[]) => startBelay(args).ended;

test("a command that is not there is named, with the one that was probably meant", async () => {
  const { status, stderr } = await belay("statsu");
  expect(status).toBe(64);
  expect(stderr).toMatch(/unknown command 'statsu'\n\(Did you mean status\?\)/);
});

test("no word at all is asking for help; --version is a version", async () => {
  expect(await belay()).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^Usage: belay/),
  });
  expect(await belay("--version")).toMatchObject({
    ...{ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) },
  });
});

test("a temporary folder that is not there is told as such", async () => {
  const { ended } = startBelay(["demo"], { env: { TMPDIR: "/no/such/folder" } });
  const { status, stderr } = await ended;
  expect(status).toBe(64);
  expect(stderr).toMatch(/BELAY_CONFIG {2}No temporary folder for the demo/);
  expect(stderr).toMatch(/Set TMPDIR/);
});
