// The fencing token by itself, where no session of the dead run can be ended (another role, a
// connection pooler): what carries an old token is refused, and a takeover waits for a writer that
// has been let through.

import { expect, test } from "vitest";
import { realEnvironment } from "../src/core/environment.ts";
import { connect } from "../src/dialects/postgres/session.ts";
import { acquireLease } from "../src/engine/lease.ts";
import { append, install, readRecords } from "../src/journal/store.ts";
import { createDatabase, forEachServer } from "./support/servers.ts";

const run = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;

/** No name by which a takeover could find and end the session. */
const applicationName = "pooler";

forEachServer("fencing token", (server) => {
  async function setUp() {
    const db = await createDatabase(server);
    const [keeper, writer, other] = await Promise.all(
      [1, 2, 3].map(() => connect({ url: db.url, applicationName })),
    );
    if (!keeper || !writer || !other) throw new Error("no sessions");
    await install(keeper);
    const acquire = (n: number, session: typeof keeper, termMs = 50) =>
      acquireLease({
        ...{ run: run(n), holder: `run ${n}`, keeper: session, termMs },
        // Nobody renews: as if the process had been stopped.
        environment: { ...realEnvironment, every: () => () => {} },
        onLost: () => {},
      });
    return { db, keeper, writer, other, acquire };
  }
  const entry = { kind: "run-finished", body: { outcome: "done" } } as const;

  test("a write with an old token is refused and not there", async () => {
    const { db, keeper, writer, other, acquire } = await setUp();
    await using _ = db;
    const old = await acquire(1, keeper);
    await realEnvironment.sleep(100);
    await writer.run("BEGIN; CREATE TABLE half (a int)");
    const next = await acquire(2, other);
    expect(BigInt(next.token)).toBeGreaterThan(BigInt(old.token));
    await expect(append(writer, run(1), old.token, entry)).rejects.toMatchObject({
      code: "BELAY_LEASE_LOST",
    });
    await writer.run("ROLLBACK");
    expect(await readRecords(other)).toEqual([]);
  });

  test("a takeover waits for a writer whose token was checked, until it commits", async () => {
    const { db, keeper, writer, other, acquire } = await setUp();
    await using _ = db;
    const old = await acquire(1, keeper);
    await writer.run("BEGIN");
    await append(writer, run(1), old.token, entry);
    await realEnvironment.sleep(100);
    const order: string[] = [];
    const takeover = acquire(2, other).then(() => order.push("taken over"));
    await realEnvironment.sleep(300);
    order.push("committed");
    await writer.run("COMMIT");
    await takeover;
    expect(order).toEqual(["committed", "taken over"]);
    expect(await readRecords(other)).toHaveLength(1);
  });

  test("nobody takes over while the holder is alive and its term has not ended", async () => {
    const { db, keeper, other, acquire } = await setUp();
    await using _ = db;
    await acquire(1, keeper, 60_000);
    await expect(acquire(2, other)).rejects.toMatchObject({ code: "BELAY_LEASE_HELD" });
  });
});
