// Owns: what tests of a watch share: a shop, its database, and a migration to be applied under its traffic.

import type { Application } from "../../src/cli/demo/application.ts";
import type { GuardConfig } from "../../src/guard/options.ts";
import { createBelay, type Limits, type RunEvent } from "../../src/index.ts";
import type { NotifyConfig } from "../../src/notify/options.ts";
import { createProject } from "../support/project.ts";
import { createDatabase, type TestDatabase, type TestServer } from "../support/servers.ts";
import { openShop, shopSchema } from "./shop.ts";

/** What tests beside this one make the same server do: each database that is made asks for checkpoints. */
export const elsewhere = { checkpoints: false, disk: false } as const;

/** Ten readings a second, so that a test takes seconds; the rules are the usual ones. */
export function guardOf(shop: Application, more: Partial<GuardConfig> = {}): GuardConfig {
  return {
    intervalMs: 100,
    baselineReadings: 40,
    quietMs: 1_000,
    signals: {
      ...elsewhere,
      shop: { kind: "http", url: shop.url },
      notes: { kind: "sql", sql: "SELECT count(note) >= 0 FROM orders WHERE id < 0" },
    },
    smoke: { orders: { kind: "sql", sql: "SELECT count(note) > 0 FROM orders" } },
    ...more,
  };
}

/**
 * For stories that hang on times: on a machine that stands still for seconds the guard rightly doubts, or
 * pauses. A story that had to be played again is named in the report.
 */
export const doubtful = { retry: 2 };

interface Given {
  guard?: Partial<GuardConfig>;
  signal?: AbortSignal;
  limits?: Partial<Limits>;
  databaseUrl?: string;
  verbatim?: boolean;
  notify?: NotifyConfig;
  secret?: (name: string) => string | undefined;
}

export async function watchedShop(server: TestServer | undefined, up: string) {
  const db = await createDatabase(server);
  await db.query(shopSchema);
  const project = await createProject({ "0001_change.up.sql": up });
  const shop = await openShop(db.url);
  const events: RunEvent[] = [];
  const belay = ({ guard = {}, ...given }: Given = {}) =>
    createBelay({
      ...{ databaseUrl: db.url, projectDir: project.dir, guard: guardOf(shop, guard) },
      report: (event) => events.push(event),
      ...given,
    });
  const close = async () => {
    await shop[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
    await db.drop();
  };
  return { db, project, shop, belay, events, [Symbol.asyncDispose]: close };
}

/** Confirmed orders that are not in the table. */
export async function lost(db: TestDatabase, shop: Application): Promise<number> {
  const confirmed = [...shop.written];
  const rows = await db.query<{ customer: string }>("SELECT customer FROM orders");
  const there = new Set(rows.map(({ customer }) => customer));
  return confirmed.filter((customer) => !there.has(customer)).length;
}

export const rollbacks = (db: TestDatabase) =>
  db.query(`SELECT count(*)::int AS n FROM belay.record
             WHERE kind = 'migration-finished' AND body ->> 'direction' = 'down'`);
