// Every statement of the application fails, so that the server counts none of them, and nobody tells but
// the server itself.

import { expect, test } from "vitest";
import { realEnvironment } from "../../src/core/environment.ts";
import { forEachServer } from "../support/servers.ts";
import { client } from "./samples.ts";
import { doubtful, elsewhere, rollbacks, watchedShop } from "./watched-shop.ts";

forEachServer("all statements fail", (server) => {
  test("is seen where query ids are computed, and taken back", doubtful, async () => {
    await using given = await watchedShop(server, "ALTER TABLE orders RENAME note TO remark");
    const { db, belay, events } = given;
    await db.query(`ALTER DATABASE ${db.name} SET compute_query_id = on`);
    const sessions = await Promise.all([1, 2, 3, 4, 5].map(() => client(db.url)));
    let isOpen = true;
    const traffic = sessions.map(async (session) => {
      while (isOpen) {
        await session.query("SELECT note FROM orders WHERE id = $1", [7]).catch(() => {});
        await realEnvironment.sleep(20);
      }
    });
    const notes = "SELECT count(note) >= 0 FROM orders WHERE id < 0";
    const signals = { ...elsewhere, notes: { kind: "sql", sql: notes } };
    const { watch } = await belay({ guard: { signals } }).upWatched(15_000);
    isOpen = false;
    await Promise.all(traffic);
    const context = JSON.stringify([watch, events.filter(({ kind }) => kind === "guard")]);
    expect(watch, context).toMatchObject({ outcome: "rolledBack" });
    const reasons = watch?.incident?.reasons.map(({ signal }) => signal) ?? [];
    expect(reasons.toSorted(), context).toEqual(["notes", "refused"]);
    expect(await rollbacks(db)).toEqual([{ n: 1 }]);
  });
});
