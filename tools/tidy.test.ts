// House rules with teeth; the import walls, the linter and knip (dead files and exports) have the
// others. Reads text only, and no git: a tarball of the tree has none.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { commands } from "../src/cli/all.ts";
import { globalOptions } from "../src/cli/global-options.ts";
import { errorCodes } from "../src/core/errors.ts";
import { formats } from "../src/formats/all.ts";
import { journalVersion } from "../src/journal/record.ts";

const root = join(import.meta.dirname, "..");
const texts = new Map(walk("").map((path) => [path, readFileSync(join(root, path), "utf8")]));
const read = (path: string): string => texts.get(path) ?? "";
const files = [...texts.keys()];
const sources = files.filter(
  (path) => /^src\/.*\.ts$/.test(path) && !/\.(test|test-data|generated)\.ts$/.test(path),
);

/** All files but those of other people and of programs; paths with `/`. */
function walk(folder: string): string[] {
  const skipped = ["node_modules", "dist", "coverage", ".git", ".belay"];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return skipped.includes(entry.name) ? [] : walk(path);
    return entry.isFile() ? [path] : [];
  });
}

/** Banned text, where it is allowed, and what to use instead. */
const banned = [
  {
    text: /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandomUUID\(|\bset(Timeout|Interval|Immediate)\(|\bperformance\.now\(/,
    allowed: /^src\/core\/environment\.ts$/,
    instead: "Environment",
  },
  {
    text: /\bconsole\.|\bprocess\.(stdout|stderr)\.write\(/,
    allowed: /^src\/cli\/main\.ts$/,
    instead: "Output",
  },
  { text: /\bprocess\.exit\(/, allowed: /^src\/cli\/main\.ts$/, instead: "a BelayError" },
  {
    text: /\bprocess\.env\./,
    allowed: /^src\/cli\/(main|crash)\.ts$|^src\/index\.ts$/,
    instead: "Settings",
  },
  { text: /\bas any\b|: any\b/, allowed: /^$/, instead: "unknown, or the type" },
  { text: /@ts-(ignore|nocheck|expect-error)/, allowed: /^$/, instead: "a type that is true" },
  { text: /\b(TODO|FIXME|XXX)\b/, allowed: /^$/, instead: "an issue, or the work itself" },
];

test.each(banned)("no $text in src; use $instead", ({ text, allowed }) => {
  const found = sources.filter((path) => !allowed.test(path) && text.test(read(path)));
  expect(found).toEqual([]);
});

test("files have telling names and at most 600 lines", () => {
  const vague = /(^|-)(utils?|common|helpers?|manager|misc)(-|\.)/;
  expect(sources.filter((path) => vague.test(basename(path)))).toEqual([]);
  expect(sources.filter((path) => read(path).split("\n").length > 600)).toEqual([]);
});

test("a file begins with what it owns, or documents its one export", () => {
  // A command and a kind are told by their name and by what they say of themselves.
  const explained = /^(import [^;]+;\s*)*(\/\/|\/\*\*)/;
  const ownWords = /^src\/cli\/commands\/|\/kinds\//;
  expect(sources.filter((path) => !ownWords.test(path) && !explained.test(read(path)))).toEqual([]);
});

test("tests of a file have different names", () => {
  for (const path of files.filter((each) => each.endsWith(".test.ts"))) {
    const names = [...read(path).matchAll(/^\s*test\("([^"]+)"/gm)].map(([, name]) => name);
    const twice = names.filter((name, index) => names.indexOf(name) !== index);
    expect(twice, path).toEqual([]);
  }
});

test("every error code is documented with its exit status, and none other", () => {
  const rows = read("docs/errors.md").matchAll(/^\| `(BELAY_\w+)` *\| (\d+) *\|/gm);
  const documented = [...rows].map(([, code, exit]) => [code, Number(exit)]);
  expect(Object.fromEntries(documented)).toEqual(errorCodes);
  expect(documented).toHaveLength(Object.keys(errorCodes).length);
});

test("every error code is used", () => {
  const all = sources.filter((path) => path !== "src/core/errors.ts").map(read);
  const unused = Object.keys(errorCodes).filter((code) => !all.some((text) => text.includes(code)));
  expect(unused).toEqual([]);
});

test("the README names every command", () => {
  const names = commands.map(({ name }) => name);
  expect(names.filter((name) => !read("README.md").includes(`\`belay ${name}`))).toEqual([]);
});

test("the documentation names every flag, configuration key and format", () => {
  const everything = files.filter((path) => path.endsWith(".md")).map(read);
  const longFlag = (flags: string): string => /--[a-z-]+/.exec(flags)?.[0] ?? flags;
  const options = [...globalOptions, ...commands.flatMap((command) => command.options ?? [])];
  const flags = options.map((option) => longFlag(option.flags));
  expect(flags.filter((flag) => !everything.some((text) => text.includes(flag)))).toEqual([]);
  const schema = read("src/app/config.ts").matchAll(/^ {2}(\w+): .*\.optional\(\),$/gm);
  const keys = [...schema].map(([, key]) => `\`${key}\``);
  expect(keys.length).toBeGreaterThan(0);
  expect(keys.filter((key) => !read("docs/configuration.md").includes(key))).toEqual([]);
  const names = formats.map(({ name }) => `\`${name}\``);
  expect(names.filter((name) => !read("docs/formats.md").includes(name))).toEqual([]);
});

test("links between documents lead somewhere", () => {
  for (const path of files.filter((each) => each.endsWith(".md"))) {
    const links = [...read(path).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, to]) => to ?? "");
    const local = links.filter((to) => !to.includes(":"));
    expect(
      local.filter((to) => !existsSync(join(root, dirname(path), to))),
      path,
    ).toEqual([]);
  }
});

test("versions agree", () => {
  const { version } = JSON.parse(read("package.json"));
  expect(read("CHANGELOG.md")).toContain(`## [${version}]`);
  expect(JSON.parse(read("package-lock.json")).packages[""].version).toBe(version);
  expect(read("src/journal/format.md")).toContain(`stored form, version ${journalVersion}\n`);
});

test("the lock file has a version for every package, those of other platforms too", () => {
  // A registry without one of them makes npm leave it out, and then `npm ci` refuses everywhere.
  const { packages } = JSON.parse(read("package-lock.json"));
  const missing = Object.values<{ optionalDependencies?: object }>(packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter((name) => packages[`node_modules/${name}`]?.version === undefined);
  expect(missing).toEqual([]);
});

test("no path of a particular machine and no registry host in the tree", () => {
  const suspicious = /\/(root|home\/\w+|work)\/|registry\.npmjs|"resolved":/;
  const mine = "tools/tidy.test.ts";
  expect(files.filter((path) => path !== mine && suspicious.test(read(path)))).toEqual([]);
});

test("CI is executable and runs the README's test command", () => {
  expect(statSync(join(root, ".ci/run")).mode & 0o111).toBe(0o111);
  for (const part of ["npm ci", "npm test"]) expect(read(".ci/run")).toContain(part);
  expect(read("README.md")).toContain("npm ci && npm test");
});
