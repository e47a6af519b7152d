// Real projects' folders, read where they lie beside the repository (`../shared/corpus`).

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { readMigrations } from "./read-folder.ts";

interface Meta {
  with_nonempty_down: number;
  files: {
    base: string;
    down_empty: boolean;
    source_down: string | null;
  }[];
}

const root = resolve(
  process.env.BELAY_CORPUS ?? join(import.meta.dirname, "../../../shared/corpus"),
);
const reason = existsSync(root) ? undefined : "no ../shared/corpus beside the repository";
if (reason !== undefined) process.stderr.write(`formats: corpus tests are skipped: ${reason}\n`);

const names =
  reason === undefined ? readdirSync(root).filter((name) => /-(?:pg|mysql)$/.test(name)) : [];

test.skipIf(reason !== undefined)(
  `there is a corpus${reason === undefined ? "" : ` (${reason})`}`,
  () => {
    expect(names).toHaveLength(9);
  },
);

test.each(names)("%s is read whole", async (name) => {
  const dir = join(root, name);
  const meta: Meta = JSON.parse(readFileSync(join(dir, "meta.json"), "utf8"));
  const { format, migrations, notes } = await readMigrations(dir);
  expect(format.name).toBe("golang-migrate");

  const bases = migrations.map(({ version, name }) => `${version}_${name}`);
  const ups = readdirSync(dir).flatMap((file) => /^(.*)\.up\.sql$/.exec(file)?.[1] ?? []);
  expect(bases).toEqual(ups.sort());
  // Files made for the corpus are not in its list.
  const made = /^0000_prerequisites$|_go_/;
  expect(bases.filter((base) => !made.test(base))).toEqual(meta.files.map(({ base }) => base));

  const real = migrations.filter(
    ({ up }) => !made.test(up.path.slice(dir.length + 1, -".up.sql".length)),
  );
  expect(real.filter(({ down }) => down !== undefined)).toHaveLength(meta.with_nonempty_down);
  const withoutDown = real.filter(({ down }) => down === undefined);
  expect(withoutDown.map(({ version, name }) => `${version}_${name}`)).toEqual(
    meta.files.flatMap(({ base, down_empty, source_down }) =>
      down_empty || source_down === null || source_down === "" ? base : [],
    ),
  );
  for (const note of notes) expect(note).toMatch(/changes nothing\.$/);
});
