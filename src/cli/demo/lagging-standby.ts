// Owns: the story of a standby that falls behind because of what a migration makes the application
// write.

import { type Harm, pace } from "./harm.ts";
import { openStandby } from "./standby.ts";

/** Ten times of what the orders themselves need, a third of what they need with the journal. */
const bytesPerSecond = 500_000;

export const laggingStandby: Harm = {
  name: "lagging-standby",
  summary: "a trigger makes the application write more than the link to a standby carries",
  omen: "Customers read from a standby in another region. Somebody keeps a journal of all orders, each with\na document of 32 kB; the link to the standby cannot keep up with that:",
  schema: `CREATE TABLE orders (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer text NOT NULL,
  placed   timestamptz NOT NULL DEFAULT clock_timestamp()
);
`,
  work: {
    write: "INSERT INTO orders (customer) VALUES ($1)",
    names: "SELECT customer AS name FROM orders",
    restMs: 20,
  },
  migration: `CREATE TABLE order_journal (order_id bigint, document text);
ALTER TABLE order_journal ALTER COLUMN document SET STORAGE EXTERNAL;
CREATE FUNCTION keep_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO order_journal
  SELECT NEW.id, string_agg(md5(random()::text), '') FROM generate_series(1, 1000);
  RETURN NULL;
END $$;
CREATE TRIGGER keep_order AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION keep_order()`,
  async surroundings(place) {
    const standby = await openStandby(place, bytesPerSecond);
    const reader = await place.connect("shop", standby.url);
    return {
      async figures() {
        const [row] = await reader.query<{ late: number }>(
          `SELECT coalesce(extract(epoch FROM clock_timestamp() - max(placed)) * 1000, 0)::float8 AS late
             FROM orders`,
        );
        return { lateMs: row?.late ?? 0 };
      },
      async [Symbol.asyncDispose]() {
        await reader.close();
        await standby[Symbol.asyncDispose]();
      },
    };
  },
  guard: (url) => ({
    ...pace,
    // What is waiting has to cross the link before all is well again.
    intervalMs: 500,
    signals: {
      reads: { kind: "http", url, pointer: "/lateMs", limit: 1_000 },
      "replication-lag": { kind: "replication-lag", limitMs: 1_000, standbys: 1 },
    },
    // Here a standby that is late is what customers see.
    rules: [{ signal: "replication-lag", action: "rollback" }],
    smoke: { orders: { kind: "sql", sql: "SELECT count(*) > 0 FROM orders" } },
  }),
};
