// The database server killed (SIGKILL of the postmaster) at every step boundary of migrations of
// real projects: after its restart, `recover` reaches exactly before or exactly after.

import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Catalog, differences } from "../src/core/catalog.ts";
import { type CrashPoint, realEnvironment } from "../src/core/environment.ts";
import { identify } from "../src/dialects/postgres/embedded/process.ts";
import { type EmbeddedServer, openEmbedded } from "../src/dialects/postgres/embedded.ts";
import { type Belay, createBelay } from "../src/index.ts";
import { catalogOf } from "./support/catalog.ts";
import { corpora } from "./support/corpora.ts";
import { type Choice, chooseForCrashWalk } from "./support/crash-choice.ts";
import { type Template, templateFrom } from "./support/servers.ts";
import { fastFolder } from "./support/start-postgres.ts";

/** Where a step begins, ends, or is between the database and the journal. */
const boundaries: CrashPoint[] = [
  "migration-started",
  "transaction-begun",
  "step-journaled",
  "step-committed",
  "statement-intended",
  "statement-ran",
  "statement-done",
  "migration-finished",
];

/** A few in every run; `npm run test:crash` walks 30. */
const cases = chooseForCrashWalk(corpora(), Number(process.env.BELAY_CRASH_WALK ?? 3));

interface State {
  before: Catalog;
  after: Catalog;
  template: Template;
}

describe.skipIf(cases.length === 0)("the server is killed at every step boundary", () => {
  const states = new Map<Choice, State>();
  let dir = "";
  let server: EmbeddedServer;
  const tally = { kills: 0, before: 0, after: 0 };

  const open = () =>
    openEmbedded({
      dir,
      environment: realEnvironment,
      // The kill is the process's, not the machine's: what was written is in the kernel's hands.
      settings: { fsync: "off", full_page_writes: "off" },
    });

  /** Kills the postmaster with SIGKILL; its children notice and end. */
  let killed = 0;
  const kill = () => {
    killed = Number.parseInt(readFileSync(join(server.dataDir, "postmaster.pid"), "utf8"), 10);
    process.kill(killed, "SIGKILL");
  };

  const restart = async () => {
    // The signal is delivered at once, but on a busy machine the process takes its time to go.
    while (identify(killed)) await realEnvironment.sleep(5);
    // The first handle still counts as a user of the server; it is closed with the new one.
    const old = server;
    server = await open();
    await old.close();
  };

  beforeAll(async () => {
    dir = join(await mkdtemp(join(fastFolder(), "belay-server-crash-")), ".belay");
    server = await open();
    for (const corpus of new Set(cases.map((each) => each.corpus))) {
      const name = `c_${corpus.name.replaceAll("-", "_")}`;
      const url = server.url(name);
      await administer(server.url("postgres"), `CREATE DATABASE ${name}`);
      const belay = createBelay({ databaseUrl: url, dir: corpus.dir });
      for (const each of cases.filter((choice) => choice.corpus === corpus)) {
        const index = corpus.migrations.indexOf(each.migration);
        const previous = corpus.migrations[index - 1];
        if (previous)
          await belay.up({ to: /^\d+/.exec(previous.base)?.[0] ?? "", acceptLoss: true });
        const before = await catalogOf(url);
        const template = await templateFrom(url);
        expect((await belay.up({ to: each.version, acceptLoss: true })).error).toBeUndefined();
        states.set(each, { before, after: await catalogOf(url), template });
      }
    }
  }, 600_000);

  afterAll(async () => {
    await server.close();
    await rm(join(dir, ".."), { recursive: true, force: true });
    process.stderr.write(
      `server crash walk: ${cases.length} migrations, ${tally.kills} kills, ended before ${tally.before}, after ${tally.after}\n`,
    );
  });

  describe.each(cases)("$corpus.name $migration.base", (each) => {
    test("up", async () => {
      const state = states.get(each);
      if (!state) throw new Error("no state");
      for (const point of boundaries) {
        for (let nth = 1; ; nth += 1) {
          await using db = await state.template.copy();
          await db.disconnect();
          let left = nth;
          const belay: Belay = createBelay({
            ...{ databaseUrl: db.url, dir: each.corpus.dir },
            environment: {
              ...realEnvironment,
              reached(reached) {
                if (reached !== point) return;
                left -= 1;
                if (left === 0) kill();
              },
            },
          });
          const ended = await belay.up({ to: each.version, acceptLoss: true }).then(
            (result) => result.error,
            (error: unknown) => error,
          );
          if (left > 0) {
            expect(ended, `${point}:${nth}`).toBeUndefined();
            break;
          }
          await restart();
          const again = createBelay({ databaseUrl: db.url, dir: each.corpus.dir });
          const recovered = await again.recover();
          expect(recovered.error, `${point}:${nth}`).toBeUndefined();
          const now = await catalogOf(db.url);
          const isBefore = differences(state.before, now, "name").length === 0;
          const rest = isBefore ? [] : differences(state.after, now, "name");
          expect(rest, `${point}:${nth}`).toEqual([]);
          tally.kills += 1;
          tally[isBefore ? "before" : "after"] += 1;
        }
      }
    }, 600_000);
  });
});

async function administer(url: string, sql: string): Promise<void> {
  const { connect } = await import("../src/dialects/postgres/session.ts");
  const session = await connect({ url, applicationName: "test" });
  await session.run(sql);
  await session.close();
}
