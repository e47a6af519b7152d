// Completeness of the statement kinds: the generated lists are fresh, and every kind has a proof.

import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { kinds } from "../src/dialects/postgres/kinds/all.generated.ts";

test("the lists of kinds are fresh; else run `node tools/gen.mjs`", async () => {
  const { lists } = (await import("../tools/gen.mjs" as string)) as {
    lists(): { path: string; text: string }[];
  };
  const written = lists();
  expect(written.length).toBeGreaterThan(0);
  for (const { path, text } of written) expect(readFileSync(path, "utf8"), path).toBe(text);
});

/** Cannot be carried out, so cannot be proved: what they refuse is tested in steps.test.ts. */
const unproved = new Set(["transaction", "execute"]);

test("every kind has a proof", () => {
  const texts = testFiles(resolve(import.meta.dirname))
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");
  const missing = kinds
    .map(({ kind }) => kind)
    .filter((kind) => !unproved.has(kind) && !texts.includes(`"${kind}"`));
  expect(missing).toEqual([]);
});

function testFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return testFiles(path);
    return path.endsWith(".test.ts") && entry.name !== "kinds-harness.test.ts" ? [path] : [];
  });
}
