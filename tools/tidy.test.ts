// House rules with teeth; the import walls and the linter have the others.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { commands } from "../src/cli/all.ts";
import { errorCodes } from "../src/core/errors.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "");
const sources = files.filter(
  (path) => /^src\/.*\.ts$/.test(path) && !/\.(test|test-data|generated)\.ts$/.test(path),
);

/** Banned text, where it is allowed, and what to use instead. */
const banned = [
  {
    text: /\bDate\.now\(|\bMath\.random\(|\brandomUUID\(|\bset(Timeout|Interval)\(/,
    allowed: /core\/environment\.ts$/,
    instead: "Environment",
  },
  { text: /\bconsole\./, allowed: /^$/, instead: "Output" },
  { text: /\b(TODO|FIXME|XXX)\b/, allowed: /^$/, instead: "an issue, or the work itself" },
];

test.each(banned)("no $text in src; use $instead", ({ text, allowed }) => {
  const found = sources.filter((path) => !allowed.test(path) && text.test(read(path)));
  expect(found).toEqual([]);
});

test("files have telling names and at most 600 lines", () => {
  expect(sources.filter((path) => /util|common|helper|manager/.test(basename(path)))).toEqual([]);
  expect(sources.filter((path) => read(path).split("\n").length > 600)).toEqual([]);
});

test("every error code is documented with its exit status, and none other", () => {
  const documented = new Map(
    [...read("docs/errors.md").matchAll(/^\| `(BELAY_\w+)` *\| (\d+) *\|/gm)].map((each) => [
      each[1],
      Number(each[2]),
    ]),
  );
  expect(Object.fromEntries(documented)).toEqual(errorCodes);
});

test("the README names every command", () => {
  const readme = read("README.md");
  expect(
    commands.map(({ name }) => name).filter((name) => !readme.includes(`belay ${name}`)),
  ).toEqual([]);
});

test("package and changelog agree on the version", () => {
  const { version } = JSON.parse(read("package.json"));
  expect(read("CHANGELOG.md")).toContain(`## [${version}]`);
});

test("no path of a particular machine and no registry host in the tree", () => {
  const suspicious = /\/(root|home\/\w+|work)\/|registry\.npmjs|"resolved":/;
  const texts = files.filter(
    (path) => !/^tools\/tidy/.test(path) && /\.(ts|mjs|js|cjs|json|md|sh)$|run$/.test(path),
  );
  expect(texts.filter((path) => suspicious.test(read(path)))).toEqual([]);
});
