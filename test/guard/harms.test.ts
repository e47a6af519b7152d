// What migrations do to a shop although they run well, as the demos tell it: each is noticed, taken back
// and verified while the shop goes on, and no confirmed order is lost.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Harm } from "../../src/cli/demo/harm.ts";
import { shop, work } from "../../src/cli/demo/harm.ts";
import { deadlocks, droppedIndex } from "../../src/cli/demo/harms.ts";
import { laggingStandby } from "../../src/cli/demo/lagging-standby.ts";
import type { Place } from "../../src/cli/demo/scenario.ts";
import { realEnvironment } from "../../src/core/environment.ts";
import type { Session } from "../../src/dialects/dialect.ts";
import { postgres } from "../../src/dialects/postgres/dialect.ts";
import { createBelay, type IncidentReport, type RunEvent } from "../../src/index.ts";
import { createProject } from "../support/project.ts";
import { createDatabase, forEachServer } from "../support/servers.ts";
import { type StartedPostgres, startPostgres } from "../support/start-postgres.ts";
import { openShop } from "./shop.ts";
import { doubtful } from "./watched-shop.ts";

interface Played {
  incident: IncidentReport;
  /** Of the application, before. */
  usualP95Ms: number;
  /** Everything, for a failing test. */
  context: string;
  sql<T extends Record<string, unknown>>(text: string): Promise<T[]>;
}

/** Plays it on a database; what all harms have in common is expected here. */
async function play(
  url: string,
  harm: Harm,
  afterwards: (played: Played) => Promise<void>,
): Promise<void> {
  const opened: Session[] = [];
  const connect: Place["connect"] = async (applicationName, at = url) => {
    const session = await postgres.connect({ url: at, applicationName });
    opened.push(session);
    return session;
  };
  await using project = await createProject({ "0001_change.up.sql": harm.migration });
  const admin = await connect("admin");
  await admin.run(harm.schema ?? shop);
  for (const sql of harm.rows ?? []) await admin.run(sql);
  {
    await using around = await harm.surroundings?.({ environment: realEnvironment, url, connect });
    const figures = around?.figures && { figures: around.figures };
    await using application = await openShop(
      url,
      { ...(harm.work ?? work), ...figures },
      harm.sessions ?? 1,
    );
    const usualP95Ms = await application.usualP95Ms();
    const guard = harm.guard(application.url, usualP95Ms);
    await writeFile(join(project.dir, "belay.config.json"), JSON.stringify({ guard }));
    const events: RunEvent[] = [];
    const belay = createBelay({
      ...{ databaseUrl: url, projectDir: project.dir, guard },
      report: (event) => events.push(event),
      ...(harm.limits && { limits: harm.limits }),
    });
    const result = await belay.upWatched(30_000);
    const told = events.filter(({ kind }) => kind === "guard" || kind === "note");
    const context = JSON.stringify([result, told]);
    expect(result, context).toMatchObject({
      ...{ outcome: "rolledBack", applied: [], error: { code: "BELAY_GUARD", exit: 5 } },
      watch: { incident: { versions: ["0001"], outcome: "rolledBack", conflicts: 0 } },
    });
    const { incidents } = await belay.report();
    expect(incidents, context).toHaveLength(1);
    const [incident] = incidents as [IncidentReport];
    expect(
      incident.checks.every(({ passed }) => passed),
      context,
    ).toBe(true);
    const { mttd, mttr, mttc } = incident.figures;
    expect(mttd, context).not.toBeNull();
    expect(mttd, context).toBeLessThanOrEqual(mttr ?? Number.NaN);
    expect(mttr, context).toBeLessThanOrEqual(mttc ?? Number.NaN);
    expect(application.written.length, context).toBeGreaterThan(0);
    expect(await application.missing(), context).toBe(0);
    expect((await belay.verify()).findings, context).toEqual([]);
    await afterwards({ incident, context, usualP95Ms, sql: (text) => admin.query(text) });
  }
  for (const session of opened) await session.close();
}

const reasonsOf = ({ reasons }: IncidentReport) => reasons.map(({ signal }) => signal).sort();

forEachServer("the guard takes back", (server) => {
  test.each(["CONCURRENTLY ", ""])("DROP INDEX %sthat makes orders slow", doubtful, async (how) => {
    await using db = await createDatabase(server);
    const harm = { ...droppedIndex, migration: `DROP INDEX ${how}orders_customer` };
    await play(db.url, harm, async ({ incident, context, usualP95Ms, sql }) => {
      expect(incident.action, context).toBe("rollback");
      expect(reasonsOf(incident), context).toEqual(["lookup", "p95"]);
      const { series = [] } = incident.reasons.find(({ signal }) => signal === "p95") ?? {};
      const worst = Math.max(...series.map(([, value]) => value ?? 0));
      expect(worst / usualP95Ms, context).toBeGreaterThan(5);
      expect(
        await sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'orders_customer'::regclass"),
      ).toEqual([{ indisvalid: true }]);
    });
  });

  test("a backfill that deadlocks with the application", doubtful, async () => {
    await using db = await createDatabase(server);
    // Whoever waits behind it for too long is left out: that would do as a reason too.
    const guard: Harm["guard"] = (url) => {
      const { signals, ...rest } = deadlocks.guard(url, 0);
      return { ...rest, signals: { ...signals, blocked: false } };
    };
    await play(db.url, { ...deadlocks, guard }, async ({ incident, context, sql }) => {
      expect(incident.action, context).toBe("cancel");
      expect(incident.reasons, context).toContainEqual(
        expect.objectContaining({ signal: "own-deadlocks", attributed: true }),
      );
      expect(await sql("SELECT FROM accounts WHERE held IS NOT NULL")).toEqual([]);
    });
  });

  test("what makes a standby fall behind", doubtful, async () => {
    await using db = await createDatabase(server);
    const [at] = await db.query<{ bin: string }>(
      "SELECT setting AS bin FROM pg_config WHERE name = 'BINDIR'",
    );
    // One of its own: a standby follows all that happens on a server.
    const primary = await startPostgres(`primary-${server.name}`, at?.bin ?? "");
    await using _ = stopping(primary);
    await play(primary.url, laggingStandby, async ({ incident, context, sql }) => {
      expect(incident.action, context).toBe("rollback");
      expect(reasonsOf(incident), context).toEqual(["reads", "replication-lag"]);
      expect(incident.checks.map(({ name }) => name)).toContain("replication");
      expect(await sql("SELECT to_regclass('order_journal') AS gone")).toEqual([{ gone: null }]);
    });
  });
});

function stopping({ stop }: StartedPostgres): AsyncDisposable {
  return { [Symbol.asyncDispose]: stop };
}
