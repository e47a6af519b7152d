// Killed anywhere, it recovers: the real program is killed at every crash point it passes, for
// migrations of real projects; then `recover` reaches exactly before or exactly after.

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Catalog, differences } from "../src/core/catalog.ts";
import { type CrashPoint, crashPoints } from "../src/core/environment.ts";
import { type Belay, BelayError, createBelay } from "../src/index.ts";
import { runBelay } from "./support/belay.ts";
import { catalogOf } from "./support/catalog.ts";
import { type Corpus, type CorpusMigration, corpora } from "./support/corpora.ts";
import { chooseForCrashWalk } from "./support/crash-choice.ts";
import { createDatabase, type Template, templateFrom } from "./support/servers.ts";

/** A migration of many statements has many points; each costs two processes. */
const minutes = 600_000;

interface Case {
  corpus: Corpus;
  migration: CorpusMigration;
  version: string;
}

interface State {
  before: Catalog;
  after: Catalog;
  beforeUp: Template;
  afterUp: Template;
}

/** One of several steps in every run; `npm run test:crash` walks 30. */
const wanted = Number(process.env.BELAY_CRASH_WALK ?? 1);
const cases: Case[] = chooseForCrashWalk(corpora(), wanted);

async function replay(corpus: Corpus, chosen: Case[], states: Map<string, State>) {
  await using db = await createDatabase();
  const belay = createBelay({ databaseUrl: db.url, dir: corpus.dir });
  for (const { migration, version } of chosen) {
    const index = corpus.migrations.indexOf(migration);
    const previous = corpus.migrations[index - 1];
    if (previous) await belay.up({ to: /^\d+/.exec(previous.base)?.[0] ?? "", acceptLoss: true });
    await db.disconnect();
    const beforeUp = await templateFrom(db.url);
    const before = await catalogOf(db.url);
    expect((await belay.up({ to: version, acceptLoss: true })).error).toBeUndefined();
    await db.disconnect();
    const afterUp = await templateFrom(db.url);
    const after = await catalogOf(db.url);
    states.set(`${corpus.name} ${version}`, { before, after, beforeUp, afterUp });
  }
}

/** On a busy machine the server takes its time to notice that the killed process is gone. */
async function recoverSoon(belay: Belay): ReturnType<Belay["recover"]> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      return await belay.recover();
    } catch (error) {
      const isHeld = error instanceof BelayError && error.code === "BELAY_LEASE_HELD";
      if (!isHeld || Date.now() > deadline) throw error;
    }
  }
}

/** What the database is: exactly before, exactly after, or neither (with the differences). */
function whichOf(state: State, now: Catalog): string {
  if (differences(state.before, now, "name").length === 0) return "before";
  const rest = differences(state.after, now, "name");
  return rest.length === 0 ? "after" : JSON.stringify(rest.slice(0, 5));
}

describe.skipIf(cases.length === 0)("killed at every crash point", () => {
  const states = new Map<string, State>();
  const tally = { points: 0, before: 0, after: 0 };

  beforeAll(async () => {
    for (const corpus of new Set(cases.map((each) => each.corpus))) {
      await replay(
        corpus,
        cases.filter((each) => each.corpus === corpus),
        states,
      );
    }
  }, 600_000);

  afterAll(() => {
    process.stderr.write(
      `crash walk: ${cases.length} migrations, ${tally.points} kills, ended before ${tally.before}, after ${tally.after}\n`,
    );
  });

  /** Kills `belay <words>` at the n-th passing of a point; false when it never got there. */
  async function killAndRecover(
    { corpus }: Case,
    state: State,
    words: string[],
    from: Template,
    point: CrashPoint,
    nth: number,
  ): Promise<boolean> {
    await using db = await from.copy();
    const target = ["--database-url", db.url, "--dir", corpus.dir];
    const ended = await runBelay([...words, ...target], {
      env: { BELAY_CRASH_AT: `${point}:${nth}` },
    });
    if (ended.signal !== "SIGKILL") {
      expect(ended.stderr).not.toContain("BELAY_INTERNAL");
      return false;
    }
    const recovered = await recoverSoon(createBelay({ databaseUrl: db.url, dir: corpus.dir }));
    const context = `${words.join(" ")} killed at ${point}:${nth}: ${JSON.stringify(recovered.error)}`;
    expect(recovered.error, context).toBeUndefined();
    const which = whichOf(state, await catalogOf(db.url));
    expect(["before", "after"], context).toContain(which);
    const { migrations } = await createBelay({ databaseUrl: db.url, dir: corpus.dir }).status();
    const version = words[words.indexOf("--to") + 1];
    const changesCatalog = differences(state.before, state.after, "name").length > 0;
    if (words[0] === "up" && changesCatalog) {
      const row = migrations.find((each) => each.version === version);
      expect(row?.state === "applied", context).toBe(which === "after");
    }
    tally.points += 1;
    tally[which as "before" | "after"] += 1;
    return true;
  }

  describe.each(cases)("$corpus.name $migration.base", (each) => {
    const { corpus, version } = each;

    test(
      "up",
      async () => {
        const state = states.get(`${corpus.name} ${version}`);
        if (!state) throw new Error("no state");
        let reached = 0;
        for (const point of crashPoints) {
          for (let nth = 1; ; nth += 1) {
            const words = ["up", "--accept-loss", "--to", version];
            if (!(await killAndRecover(each, state, words, state.beforeUp, point, nth))) break;
            reached += 1;
          }
        }
        expect(reached).toBeGreaterThanOrEqual(8);
      },
      minutes,
    );

    test(
      "down",
      async () => {
        const state = states.get(`${corpus.name} ${version}`);
        if (!state) throw new Error("no state");
        for (const point of crashPoints) {
          for (let nth = 1; ; nth += 1) {
            const words = ["down", "--using", "planned"];
            if (!(await killAndRecover(each, state, words, state.afterUp, point, nth))) break;
          }
        }
      },
      minutes,
    );
  });
});

test("the choice covers what it should", () => {
  if (cases.length === 0) return;
  const texts = cases.map(({ migration }) => readFileSync(migration.up, "utf8"));
  expect(texts.some((sql) => /concurrently|add value/i.test(sql))).toBe(true);
  expect(cases.length).toBe(wanted);
});
