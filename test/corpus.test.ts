// Real projects' migrations, from empty to the end and back: the main promise of the core.

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Catalog, differences } from "../src/core/catalog.ts";
import { createBelay } from "../src/index.ts";
import { catalogOf } from "./support/catalog.ts";
import { clientsMissing, pgDump, psql } from "./support/clients.ts";
import { type Corpus, type CorpusMigration, forEachCorpus } from "./support/corpora.ts";
import { independentFacts } from "./support/independent.ts";
import { createDatabase, servers, templateFrom } from "./support/servers.ts";

/** How many of the last migrations are taken back one at a time; BELAY_CORPUS_DEPTH=50 takes its minutes. */
const depth = Number(process.env.BELAY_CORPUS_DEPTH ?? 8);

function belayFor(url: string, corpus: Corpus) {
  return createBelay({ databaseUrl: url, dir: corpus.dir });
}

/** Applies the plain files with one psql; throws the server's own error where one cannot be. */
async function applyWithPsql(url: string, migrations: CorpusMigration[]) {
  const script = migrations.map(({ up, noTransaction }) => {
    const file = `\\i '${up}'\n`;
    return `${noTransaction ? file : `BEGIN;\n${file}COMMIT;\n`}DISCARD ALL;\n`;
  });
  await psql(url, { sql: script.join("") });
}

/** Statements that neither destroy nor touch rows; judged by text, without Belay's classifier. */
function isHarmless(path: string): boolean {
  const sql = readFileSync(path, "utf8")
    .replace(/--.*$/gm, "")
    .replace(/\$(\w*)\$[\s\S]*?\$\1\$/g, "$$$$");
  const destroys =
    /\b(drop\s+(table|column|type|sequence|schema|extension|materialized)|cascade|truncate|alter\s+column\s+\S+\s+(set\s+data\s+)?type|alter\s+"?\w+"?\s+type|do\s+\$|select\b(?!.*\bcreate\b)|setval)/i;
  const writes =
    /(^|;|\bas\s*\(|\bthen\s)\s*(with\b[\s\S]*?)?(insert\s+into|update\s+\S+\s+(as\s+\w+\s+)?set|delete\s+from|merge\s+into|copy\s)/i;
  const dropsColumn =
    /\balter\s+table\b[^;]*\bdrop\s+(?!constraint|default|not\s+null|identity|expression)/i;
  const statements = sql.split(";");
  return !statements.some(
    (each) =>
      destroys.test(
        each.replace(/create\s+(or\s+replace\s+)?(materialized\s+)?view[\s\S]*/i, ""),
      ) ||
      writes.test(each) ||
      dropsColumn.test(each),
  );
}

for (const server of servers) {
  forEachCorpus(`up from empty to the end, ${server.name}`, (corpus) => {
    test.skipIf(clientsMissing !== undefined)(
      `equals what psql makes of the same files${clientsMissing ? ` (${clientsMissing})` : ""}`,
      async () => {
        await using plain = await createDatabase(server);
        await using ours = await createDatabase(server);
        await applyWithPsql(plain.url, corpus.migrations);
        const belay = belayFor(ours.url, corpus);
        const {
          applied,
          error,
          verified,
          differences: found,
        } = await belay.up({ acceptLoss: true });
        expect(error).toBeUndefined();
        expect(applied).toHaveLength(corpus.migrations.length);
        expect(found).toEqual([]);
        expect(verified).toBe(true);
        // What is kept is invisible to Belay's own eyes, and not to these.
        expect(await belay.finalize({ which: "all" })).toMatchObject({ verified: true });
        const [theirs, mine] = [await catalogOf(plain.url), await catalogOf(ours.url)];
        expect(differences(theirs, mine, "name")).toEqual([]);
        expect(await independentFacts(ours.url)).toEqual(await independentFacts(plain.url));
        if (server.name === "postgres-15") {
          const without = ["--exclude-schema=belay"];
          expect(await pgDump(ours.url, without)).toBe(await pgDump(plain.url, without));
        }
      },
    );
  });
}

forEachCorpus("down one at a time by the planned inverse alone, then up again", (corpus) => {
  const last = corpus.migrations.slice(-depth);
  const versionOf = ({ base }: CorpusMigration) => /^\d+/.exec(base)?.[0] ?? "";
  /** Catalog before the migration, and a copy of the database just after it. */
  const states = new Map<
    string,
    { before: Catalog; template: Awaited<ReturnType<typeof templateFrom>> }
  >();

  beforeAll(async () => {
    await using db = await createDatabase();
    const belay = belayFor(db.url, corpus);
    const first = corpus.migrations.length - last.length;
    const previous = corpus.migrations[first - 1];
    if (previous)
      expect((await belay.up({ to: versionOf(previous), acceptLoss: true })).error).toBeUndefined();
    for (const migration of last) {
      const before = await catalogOf(db.url);
      const { error } = await belay.up({ to: versionOf(migration), acceptLoss: true });
      expect(error).toBeUndefined();
      await db.disconnect();
      states.set(migration.base, { before, template: await templateFrom(db.url) });
    }
  }, 300_000);

  describe.each(last)("$base", (migration) => {
    test("restores the catalog, or refuses and names the loss", async () => {
      const state = states.get(migration.base);
      if (!state) throw new Error("no state");
      await using db = await state.template.copy();
      await state.template.drop();
      const belay = belayFor(db.url, corpus);
      const after = await catalogOf(db.url);
      const { undone, error, verified } = await belay.down({ using: "planned" });
      if (isHarmless(migration.up)) expect(error?.toJSON()).toBeUndefined();
      if (error) {
        expect(["BELAY_UNDO_LOSS", "BELAY_UNDO_NONE"]).toContain(error.code);
        expect(error.message).toMatch(
          /(column|table|rows of|type|schema|sequence|view|extension|value|opaque|cannot be taken back)/,
        );
        expect(differences(after, await catalogOf(db.url))).toEqual([]);
        return;
      }
      expect(undone).toHaveLength(1);
      expect(verified).toBe(true);
      expect(differences(state.before, await catalogOf(db.url), "name")).toEqual([]);
      const again = await belay.up({ to: versionOf(migration), acceptLoss: true });
      expect(again.error).toBeUndefined();
      expect(differences(after, await catalogOf(db.url), "name")).toEqual([]);
    });
  });
});
