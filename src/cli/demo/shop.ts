// Owns: the first story: a small shop, a migration that fails halfway, one that is taken back.

import type { Scenario, Stage } from "./scenario.ts";

async function counts(stage: Stage): Promise<string> {
  const [row] = await stage.sql<{ customers: string; orders: string; total: string }>(
    `SELECT (SELECT count(*) FROM customers) AS customers, count(*) AS orders, sum(cents) AS total
       FROM orders`,
  );
  return `${row?.customers} customers, ${row?.orders} orders, ${row?.total} cents`;
}

export const shop: Scenario = {
  name: "shop",
  summary: "migrate a small shop; one migration fails halfway, one is rolled back",
  async play(stage) {
    stage.say("A small shop. Two migrations, ordinary SQL:");
    await stage.write(
      "0001_shop.up.sql",
      `CREATE TABLE customers (
  id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email text NOT NULL,
  since timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE orders (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id bigint NOT NULL REFERENCES customers,
  cents       int NOT NULL CHECK (cents >= 0)
);
`,
    );
    await stage.write(
      "0002_find_orders.up.sql",
      "CREATE INDEX CONCURRENTLY orders_customer_idx ON orders (customer_id);\n",
    );
    await stage.belay("up");

    stage.say("The shop opens, and customers come:");
    await stage.sql(
      `INSERT INTO customers (email) SELECT 'c' || n % 4999 || '@example.org' FROM generate_series(1, 5000) n`,
    );
    await stage.sql(
      `INSERT INTO orders (customer_id, cents) SELECT 1 + n % 5000, n % 9973 FROM generate_series(1, 20000) n`,
    );
    stage.say(`  ${await counts(stage)}`);

    stage.say(
      "A migration in three steps. The last cannot work: two customers share an e-mail address.\nOther tools would stop here, with a new column, a new index and an INVALID one left behind.",
    );
    await stage.write(
      "0003_unique_email.up.sql",
      `ALTER TABLE customers ADD COLUMN phone text;
CREATE INDEX CONCURRENTLY customers_phone_idx ON customers (phone);
CREATE UNIQUE INDEX CONCURRENTLY customers_email_key ON customers (email);
`,
    );
    await stage.belay("up");
    stage.say(
      "It failed, and left nothing. Belay had journaled each step, and took the first two back:",
    );
    await stage.belay("verify");

    stage.say("The author corrects it. First, what will run, and how each statement is undone:");
    await stage.write(
      "0003_unique_email.up.sql",
      `ALTER TABLE customers ADD COLUMN phone text;
CREATE INDEX CONCURRENTLY customers_phone_idx ON customers (phone);
ALTER TABLE orders ALTER COLUMN cents TYPE bigint;
`,
    );
    await stage.belay("plan");
    await stage.belay("up");

    stage.say(
      "Orders go on coming in. Then somebody wants the old schema back. No down file was written:",
    );
    await stage.sql(
      `INSERT INTO orders (customer_id, cents) SELECT 1 + n % 5000, 4200 FROM generate_series(1, 500) n`,
    );
    stage.say(`  before: ${await counts(stage)}`);
    await stage.belay("down");
    stage.say(`  after:  ${await counts(stage)}. Not one order was lost.`);

    stage.say("Where we are:");
    await stage.belay("status");
  },
};
