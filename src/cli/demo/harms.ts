// Owns: what migrations do to a shop although they run well, and how it is seen.

import { type Harm, pace, shop, usualGuard } from "./harm.ts";

export const badRename: Harm = {
  name: "undefined-column",
  summary: "a renamed column breaks the application's queries; the guard notices and takes it back",
  omen: "The application of today reads the note. Somebody renames it too early:",
  migration: "ALTER TABLE orders RENAME COLUMN note TO remark",
  guard: usualGuard,
};

export const badConstraint: Harm = {
  name: "broken-inserts",
  summary: "a constraint breaks the application's inserts; the guard notices and takes it back",
  omen: "Amounts are never negative, thinks the author. Refunds are:",
  migration: "ALTER TABLE orders ADD CONSTRAINT orders_cents CHECK (cents >= 0) NOT VALID",
  guard: usualGuard,
};

/** Nobody but the guard ends a wait of these. */
const patient = { lockTimeoutMs: 300_000, lockBudgetMs: 600_000 };

export const lockQueue: Harm = {
  name: "lock-queue",
  summary: "a migration waits behind a report, and everybody behind the migration; it is cancelled",
  omen: "A report reads the orders for minutes. The migration has to wait for it, and has been told to\nwait patiently; so everybody else waits behind the migration:",
  migration: "ALTER TABLE orders ADD COLUMN shipped timestamptz",
  limits: patient,
  async surroundings({ connect }) {
    const report = await connect("report");
    await report.run("BEGIN; SELECT count(*) FROM orders");
    return { [Symbol.asyncDispose]: async () => void (await report.run("COMMIT")) };
  },
  guard: usualGuard,
};

const customers = 400_000;

/**
 * Of what is usual, but no less than a busy machine may take for nothing; and so often in a row, since a
 * server is slow for a moment now and then. Without the index it is ten times that.
 */
const tooSlow = { factor: 3, leastMs: 15, consecutive: 8 };

const limitFrom = (p95Ms: number) => Math.max(tooSlow.leastMs, Math.ceil(tooSlow.factor * p95Ms));

export const droppedIndex: Harm = {
  name: "dropped-index",
  summary: "an index is dropped that nobody seemed to need; orders get slow, and it is built again",
  omen: `The shop looks the customer up before each order, among ${customers.toLocaleString("en")}. Somebody drops the index for that:`,
  schema: `${shop}CREATE INDEX orders_customer ON orders (customer);\n`,
  rows: [
    `INSERT INTO orders (customer, cents, note)
     SELECT 'customer ' || n, n % 100, 'x' FROM generate_series(1, ${customers}) n`,
    // Else the server does that while it is learnt what is usual.
    ...["VACUUM ANALYZE orders", "CHECKPOINT"],
  ],
  sessions: 2,
  work: {
    read: `SELECT count(*) FROM orders
            WHERE customer = (SELECT 'customer ' || (random() * 1000)::int)`,
    write: "INSERT INTO orders (customer, cents, note) VALUES ($1, 100, 'x')",
    names: "SELECT customer AS name FROM orders WHERE starts_with(customer, 'order ')",
  },
  migration: "DROP INDEX CONCURRENTLY orders_customer",
  guard: (url, p95Ms) => ({
    ...pace,
    intervalMs: 250,
    signals: {
      p95: { kind: "http", url, pointer: "/p95Ms", limit: limitFrom(p95Ms) },
      lookup: {
        kind: "latency",
        limitMs: limitFrom(p95Ms),
        sql: "SELECT count(*) FROM orders WHERE customer = 'customer 4711'",
      },
      latency: false,
    },
    rules: [
      { signal: "p95", test: "condition", consecutive: tooSlow.consecutive, action: "rollback" },
      { signal: "lookup", test: "condition", consecutive: tooSlow.consecutive, action: "rollback" },
    ],
    smoke: { orders: { kind: "sql", sql: "SELECT count(note) > 0 FROM orders" } },
  }),
};

export const deadlocks: Harm = {
  name: "deadlocks",
  summary: "a backfill and the application lock rows in opposite orders; the backfill is cancelled",
  omen: "Each order takes from an account at the end of the table and gives to one at its beginning. A\nbackfill goes through it from the beginning, in one transaction, and has been told to wait patiently:",
  schema: `CREATE TABLE orders (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer text NOT NULL
);
CREATE TABLE accounts (
  id    int PRIMARY KEY,
  cents bigint NOT NULL,
  held  bigint
);
CREATE FUNCTION place(customer text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM accounts WHERE id = 4000 + (random() * 1000)::int FOR UPDATE;
  PERFORM pg_sleep(0.01);
  UPDATE accounts SET cents = cents + 1 WHERE id = 1 + (random() * 1000)::int;
  INSERT INTO orders (customer) VALUES (place.customer);
END $$;
`,
  rows: ["INSERT INTO accounts SELECT n, 1000, NULL FROM generate_series(0, 5000) n"],
  work: { write: "SELECT place($1)", names: "SELECT customer AS name FROM orders" },
  sessions: 4,
  migration: "UPDATE accounts SET held = cents",
  limits: patient,
  guard: (url) => ({
    ...pace,
    signals: { shop: { kind: "http", url } },
    smoke: { orders: { kind: "sql", sql: "SELECT count(*) > 0 FROM orders" } },
  }),
};
