// Owns: reading the corpus of real projects' migrations, which lies outside the repository
// (other people's licences). Absent, tests that need it skip and say where it was looked for.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe } from "vitest";

export interface CorpusMigration {
  /** `0001_20170426134008-init`. */
  base: string;
  up: string;
  down: string | undefined;
  /** True when the up file must not be wrapped in a transaction. */
  noTransaction: boolean;
}

export interface Corpus {
  name: string;
  dir: string;
  /** In apply order. */
  migrations: CorpusMigration[];
}

interface Meta {
  dialect: string;
  skip_run: string;
  files: { base: string; no_transaction_up: boolean; concurrently_up: boolean }[];
}

const root = resolve(
  process.env.BELAY_CORPUS ?? join(import.meta.dirname, "../../../shared/corpus"),
);

/** Why there is no corpus; undefined when there is one. */
export const corporaMissing: string | undefined = existsSync(root)
  ? undefined
  : `no corpus at ${root}; set BELAY_CORPUS`;

let said = false;

/** The corpora that run on PostgreSQL from empty to the end; none when absent. */
export function corpora(): Corpus[] {
  if (corporaMissing !== undefined) {
    if (!said) process.stderr.write(`corpus tests are skipped: ${corporaMissing}\n`);
    said = true;
    return [];
  }
  return readdirSync(root)
    .filter((name) => name.endsWith("-pg"))
    .flatMap((name) => read(name, join(root, name)) ?? []);
}

/** A `describe` per corpus, or one skipped `describe` that says why. */
export function forEachCorpus(name: string, body: (corpus: Corpus) => void): void {
  for (const corpus of corpora()) describe(`${name} [${corpus.name}]`, () => body(corpus));
  if (corporaMissing !== undefined) {
    describe.skip(`${name} [${corporaMissing}]`, () => body({ name: "", dir: "", migrations: [] }));
  }
}

function read(name: string, dir: string): Corpus | undefined {
  const meta: Meta = JSON.parse(readFileSync(join(dir, "meta.json"), "utf8"));
  if (meta.skip_run) return undefined;
  const flags = new Map(meta.files.map((file) => [file.base, file]));
  const suffix = ".up.sql";
  const bases = readdirSync(dir)
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length))
    .sort();
  const migrations = bases.map((base) => {
    const down = join(dir, `${base}.down.sql`);
    const flag = flags.get(base);
    return {
      base,
      up: join(dir, `${base}${suffix}`),
      down: existsSync(down) ? down : undefined,
      noTransaction: flag !== undefined && (flag.no_transaction_up || flag.concurrently_up),
    };
  });
  return { name, dir, migrations };
}
