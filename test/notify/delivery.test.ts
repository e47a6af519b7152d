// Notices of a bad migration to receivers that refuse, stall and answer 500 until they recover: nothing is
// lost, everything comes in order, and nothing twice but what was on its way when a process was killed.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { realEnvironment } from "../../src/core/environment.ts";
import type { RunEvent } from "../../src/index.ts";
import { guardOf, watchedShop } from "../guard/watched-shop.ts";
import { runBelay } from "../support/belay.ts";
import { forEachServer, servers, type TestDatabase } from "../support/servers.ts";
import { hookIds, hookTypes, receivers, secretMark } from "./receiving.ts";

const rename = "ALTER TABLE orders RENAME COLUMN note TO remark";

/** Of a rollback, where nothing was paused before. */
const story = [
  ...["watch-started", "detected", "decided", "rolled-back", "verified", "closed", "watch-over"],
];

const pauses = new Set(["paged", "eased"]);
const apartFromPauses = (types: string[]) => types.filter((type) => !pauses.has(type));

/** Nothing that is kept, and nothing that was said, contains a part of a secret. */
async function expectNoSecret(db: TestDatabase, said: unknown): Promise<void> {
  const records = await db.query("SELECT kind, body::text, detail::text FROM belay.record");
  expect(JSON.stringify([records, said])).not.toContain(secretMark);
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadline = realEnvironment.monotonic() + 60_000;
  while (!isSo()) {
    if (realEnvironment.monotonic() > deadline) throw new Error(`not within a minute: ${what}`);
    await realEnvironment.sleep(20);
  }
}

const notes = (events: RunEvent[]) =>
  events.flatMap((event) => (event.kind === "note" ? [event.message] : []));

forEachServer("notices", (server) => {
  test("come in order once receivers recover, each once, when all were dead for the whole incident", async () => {
    await using to = await receivers();
    await to.die();
    await using given = await watchedShop(server, rename);
    const { db, belay, events } = given;
    const result = await belay({ notify: to.notify, secret: to.secret }).upWatched(15_000);
    const context = JSON.stringify([result, events.filter(({ kind }) => kind !== "statement")]);
    expect(result, context).toMatchObject({
      outcome: "rolledBack",
      watch: { outcome: "rolledBack" },
    });
    expect([to.slack, to.pager, to.alerts].map(({ taken }) => taken.length)).toEqual([0, 0, 0]);
    const said = notes(events).filter((message) => /still to be sent to/.test(message));
    expect(said, context).toHaveLength(5);
    const queued = await belay({ notify: to.notify, secret: to.secret }).queuedNotices();
    expect(queued.channels.map(({ channel }) => channel).toSorted()).toEqual([
      ...["alerts", "hook", "mail", "pager", "slack"],
    ]);

    await to.hook.open();
    await to.mail.open();
    [to.slack.answer, to.pager.answer, to.alerts.answer] = [200, 202, 200];
    expect(await belay({ notify: to.notify, secret: to.secret }).watch()).toMatchObject({
      outcome: "none",
    });
    expect(apartFromPauses(hookTypes(to.hook)), context).toEqual(story);
    const ids = hookIds(to.hook);
    expect(new Set(ids).size).toBe(ids.length);
    expect(to.mail.taken.map(({ text }) => /^Message-ID: <(.*)@/im.exec(text)?.[1])).toEqual(ids);
    expect(to.slack.taken).toHaveLength(ids.length);
    const last = to.alerts.taken.findLast(
      ({ body }) => body[0].labels.alertname === "BelayIncident",
    );
    expect(last?.body[0].annotations.summary).toMatch(/^Over: /);
    const dedup = to.pager.taken.map(({ body }) => [body.event_action, body.dedup_key]);
    expect(
      dedup.filter(([, key]) => /-incident$/.test(key ?? "")).map(([action]) => action),
    ).toEqual([...["trigger", "trigger", "trigger", "trigger", "resolve"]]);
    expect(to.pager.taken.filter(({ path }) => path === "/v2/change/enqueue")).toHaveLength(2);
    expect((await belay().queuedNotices()).channels).toEqual([]);
    await expectNoSecret(db, events);
  });
});

test("come while the command is still at work, where receivers recover in time", async () => {
  await using to = await receivers();
  to.hook.answer = 500;
  await using given = await watchedShop(servers[0], "ALTER TABLE orders ADD COLUMN more int");
  const { belay, events } = given;
  const { hook } = to.notify;
  const running = belay({ notify: { hook: hook! }, secret: to.secret }).upWatched(8_000);
  await until("a failed attempt", () => to.hook.attempts > 0);
  to.hook.answer = 202;
  await until("the first notice", () => to.hook.taken.length === 1);
  expect(await running).toMatchObject({ watch: { outcome: "healthy" } });
  expect(apartFromPauses(hookTypes(to.hook))).toEqual(["watch-started", "watch-over"]);
  const said = notes(events).filter((message) => /^hook/.test(message));
  expect(said).toEqual([
    "hook takes no notices, and is tried again: status 500: no",
    "hook takes notices again.",
  ]);
});

test("an answer that was lost is the only reason for a second copy, with the same id", async () => {
  await using to = await receivers();
  to.hook.answer = "lose";
  await using given = await watchedShop(servers[0], "ALTER TABLE orders ADD COLUMN more int");
  const { hook } = to.notify;
  const running = given.belay({ notify: { hook: hook! }, secret: to.secret }).upWatched(3_000);
  await until("a notice whose answer is lost", () => to.hook.taken.length > 0);
  to.hook.answer = 202;
  await running;
  const ids = hookIds(to.hook);
  expect(apartFromPauses([...new Set(hookTypes(to.hook))])).toEqual([
    "watch-started",
    "watch-over",
  ]);
  expect(ids.filter((id) => id === ids[0]).length).toBeGreaterThanOrEqual(2);
  expect(ids.filter((id) => id !== ids[0])).toHaveLength(new Set(ids).size - 1);
});

test("what is refused for good is recorded and told, and holds nothing up", async () => {
  await using to = await receivers();
  to.slack.answer = 404;
  to.slack.text = `no_service ${secretMark}-slack`;
  await using given = await watchedShop(servers[0], "ALTER TABLE orders ADD COLUMN more int");
  const { db, belay, events } = given;
  const { slack, hook } = to.notify;
  const notify = { slack: slack!, hook: hook! };
  const running = belay({ notify, secret: to.secret }).upWatched(3_000);
  await until("a refusal", () => to.slack.attempts > 0);
  to.slack.answer = 200;
  expect(await running).toMatchObject({ watch: { outcome: "healthy" } });
  expect(to.slack.taken).toHaveLength(to.hook.taken.length - 1);
  const failed = await db.query("SELECT body FROM belay.record WHERE kind = 'notice-failed'");
  expect(failed).toEqual([
    {
      body: {
        channel: "slack",
        of: expect.any(Number),
        attempts: 1,
        error: "status 404: no_service ***",
      },
    },
  ]);
  expect(notes(events)).toContain(
    "slack refuses a notice, which is given up: status 404: no_service ***",
  );
  await expectNoSecret(db, events);
});

test("a process killed between sending and writing that down: the next goes on, and sends that one again", async () => {
  await using to = await receivers();
  await using given = await watchedShop(servers[0], rename);
  const { db, shop, project, belay } = given;
  const { hook } = to.given;
  const config = { guard: guardOf(shop, { baselineReadings: 25 }), notify: { hook } };
  await writeFile(join(project.dir, "belay.config.json"), JSON.stringify(config));
  const flags = ["--database-url", db.url, "--project", project.dir];
  const env = { ...to.env, BELAY_CRASH_AT: "notice-sent:3" };
  const killed = await runBelay(["up", "--watch", "60s", ...flags], { env });
  expect(killed.signal, killed.stderr).toBe("SIGKILL");
  expect(to.hook.taken).toHaveLength(3);
  const next = await runBelay(["watch", ...flags, "--json"], { env: to.env });
  const context = killed.stderr + next.stderr;
  expect([next.status, JSON.parse(next.stdout).outcome], context).toEqual([5, "rolledBack"]);
  const ids = hookIds(to.hook);
  expect(ids[2], context).toBe(ids[3]);
  expect(new Set(ids).size).toBe(ids.length - 1);
  const once = hookTypes(to.hook).toSpliced(2, 1);
  expect(apartFromPauses(once), context).toEqual(story);
  expect((await belay().queuedNotices()).channels).toEqual([]);
  await expectNoSecret(db, [killed, next]);
});

test("a channel whose secret is missing ends up --watch before it begins, and never a rollback", async () => {
  await using to = await receivers();
  await using given = await watchedShop(servers[0], rename);
  const { db, events } = given;
  const without = given.belay({ notify: to.notify });
  await expect(without.upWatched(1_000)).rejects.toMatchObject({
    ...{ code: "BELAY_CONFIG", exit: 64, message: expect.stringContaining("HOOK is not set") },
  });
  expect(await db.query("SELECT to_regclass('belay.record') AS journal")).toEqual([
    { journal: null },
  ]);
  expect(await without.watch()).toMatchObject({ outcome: "none" });
  expect(notes(events)).toContain("Nothing is sent to hook: HOOK is not set");
});

test("belay notify: test, queue and send", async () => {
  await using to = await receivers();
  await using given = await watchedShop(servers[0], "ALTER TABLE orders ADD COLUMN more int");
  const { db, project, belay } = given;
  const path = join(project.dir, "belay.config.json");
  await writeFile(path, JSON.stringify({ notify: to.given }));
  const notify = (...args: string[]) =>
    runBelay(["notify", ...args, "--database-url", db.url, "--project", project.dir], {
      env: to.env,
    });
  const tested = await notify("test", "--json");
  expect([tested.status, tested.stderr]).toEqual([0, ""]);
  expect(JSON.parse(tested.stdout).channels).toHaveLength(5);
  expect(hookTypes(to.hook)).toEqual(["test"]);
  to.slack.answer = 403;
  const failed = await notify("test");
  expect(failed.status).toBe(1);
  expect(failed.stdout).toContain("not sent  slack (slack): status 403: no");

  to.slack.answer = 500;
  const { slack } = to.notify;
  await belay({ notify: { slack: slack! }, secret: to.secret }).upWatched(1_000);
  const queued = await notify("queue", "--json");
  expect(queued.status).toBe(1);
  expect(JSON.parse(queued.stdout).channels).toMatchObject([
    {
      channel: "slack",
      configured: true,
      notices: [{ type: "watch-started" }, { type: "watch-over" }],
    },
  ]);
  expect((await notify("send", "--for", "1s")).status).toBe(1);
  to.slack.answer = 200;
  const sent = await notify("send");
  expect([sent.status, sent.stdout]).toEqual([0, "Nothing is to be sent.\n"]);
  await writeFile(
    path,
    JSON.stringify({ notify: { ops: { kind: "slack", url: "https://s3cret" } } }),
  );
  const literal = await notify("test");
  expect([literal.status, literal.stderr.includes("s3cret")]).toEqual([64, false]);
  expect(literal.stderr).toContain("BELAY_CONFIG");
  const all = [tested, failed, queued, sent].map(({ stdout, stderr }) => stdout + stderr).join();
  expect(all).not.toContain(secretMark);
});
