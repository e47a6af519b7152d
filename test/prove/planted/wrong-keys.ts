// Owns: downs that leave an index or a constraint other than it was.

import type { Planted } from "./planted.ts";

const orders = `CREATE TABLE orders (id int PRIMARY KEY, customer int, number int NOT NULL,
    status varchar(20), quantity int CONSTRAINT orders_quantity CHECK (quantity >= 1));
  INSERT INTO orders VALUES (1, 7, 100, 'open', 1), (2, 8, 101, 'Done', 20), (3, NULL, 102, NULL,
    NULL);`;

const customers = `CREATE TABLE customers (id int PRIMARY KEY, name text);
  INSERT INTO customers VALUES (1, 'ann'), (2, 'bo');
  CREATE TABLE bills (id int PRIMARY KEY, customer int);
  INSERT INTO bills VALUES (10, 1), (11, 2), (12, NULL);`;

/** Before, with the foreign key as given; the up makes it a plain one. */
const key = (rest: string): Pick<Planted, "before" | "up"> => ({
  before: `${customers} ALTER TABLE bills ADD CONSTRAINT bills_customer_fkey
    FOREIGN KEY (customer) REFERENCES customers (id) ${rest}`,
  up: `ALTER TABLE bills DROP CONSTRAINT bills_customer_fkey, ADD CONSTRAINT bills_customer_fkey
    FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE RESTRICT`,
});

const putKey = (rest: string) => `ALTER TABLE bills DROP CONSTRAINT bills_customer_fkey;
  ALTER TABLE bills ADD CONSTRAINT bills_customer_fkey
    FOREIGN KEY (customer) REFERENCES customers (id) ${rest}`;

/** Before, with an index `orders_find` as given; the up replaces it. */
const index = (definition: string, more = ""): Pick<Planted, "before" | "up"> => ({
  before: `${orders} CREATE ${definition}; ${more}`,
  up: "DROP INDEX orders_find; CREATE INDEX orders_wide ON orders (status, customer, number)",
});

const putIndex = (definition: string) => `DROP INDEX orders_wide; CREATE ${definition}`;

const found = ["orders", "orders_find"];

export const wrongKeys: Planted[] = [
  {
    name: "an index is forgotten",
    ...index("INDEX orders_find ON orders (customer)"),
    down: "DROP INDEX orders_wide",
    names: found,
  },
  {
    name: "an index of the up is left",
    before: orders,
    up: `CREATE INDEX orders_status ON orders (status);
      CREATE INDEX orders_customer ON orders (customer)`,
    down: "DROP INDEX orders_status",
    names: ["orders", "orders_customer"],
  },
  {
    name: "an index comes back non-unique",
    ...index("UNIQUE INDEX orders_find ON orders (number)"),
    down: putIndex("INDEX orders_find ON orders (number)"),
    names: [...found, "unique"],
  },
  {
    name: "an index comes back without its WHERE",
    ...index("INDEX orders_find ON orders (customer) WHERE status = 'open'"),
    down: putIndex("INDEX orders_find ON orders (customer)"),
    names: [...found, "where"],
  },
  {
    name: "an index comes back with a slightly other WHERE",
    ...index("INDEX orders_find ON orders (customer) WHERE status <> 'Done'"),
    down: putIndex("INDEX orders_find ON orders (customer) WHERE status <> 'done'"),
    names: found,
  },
  {
    name: "an index comes back with its columns in another order",
    ...index("INDEX orders_find ON orders (customer, number)"),
    down: putIndex("INDEX orders_find ON orders (number, customer)"),
    names: found,
  },
  {
    name: "an index comes back ascending",
    ...index("INDEX orders_find ON orders (customer, number DESC NULLS LAST)"),
    down: putIndex("INDEX orders_find ON orders (customer, number)"),
    names: [...found, "desc"],
  },
  {
    name: "an index comes back with another operator class",
    ...index("INDEX orders_find ON orders (status varchar_pattern_ops)"),
    down: putIndex("INDEX orders_find ON orders (status)"),
    names: [...found, "varchar_pattern_ops"],
  },
  {
    name: "an index comes back with another method",
    ...index("INDEX orders_find ON orders USING hash (customer)"),
    down: putIndex("INDEX orders_find ON orders (customer)"),
    names: [...found, "hash"],
  },
  {
    name: "an index comes back without the columns it included",
    ...index("INDEX orders_find ON orders (customer) INCLUDE (number, quantity)"),
    down: putIndex("INDEX orders_find ON orders (customer) INCLUDE (number)"),
    names: [...found, "include"],
  },
  {
    name: "an index on an expression comes back on the column",
    ...index("INDEX orders_find ON orders (lower(status))"),
    down: putIndex("INDEX orders_find ON orders (status)"),
    names: [...found, "lower"],
  },
  {
    name: "an index comes back with the name that the server gives it",
    ...index("INDEX orders_find ON orders (customer)"),
    down: putIndex("INDEX ON orders (customer)"),
    names: ["orders", "orders_customer_idx"],
  },
  {
    name: "an index comes back without its fill factor",
    ...index("INDEX orders_find ON orders (customer) WITH (fillfactor = 60)"),
    down: putIndex("INDEX orders_find ON orders (customer)"),
    names: [...found, "fillfactor"],
  },
  {
    name: "a unique index comes back with NULLs distinct",
    before: `${orders} CREATE UNIQUE INDEX orders_find ON orders (customer, id) NULLS NOT DISTINCT`,
    up: "DROP INDEX orders_find",
    down: "CREATE UNIQUE INDEX orders_find ON orders (customer, id)",
    names: [...found, "nulls not distinct"],
  },
  {
    name: "the comment on an index is lost when it is made again",
    ...index(
      "INDEX orders_find ON orders (customer)",
      "COMMENT ON INDEX orders_find IS 'for the dashboard'",
    ),
    down: putIndex("INDEX orders_find ON orders (customer)"),
    names: [...found, "dashboard"],
  },
  {
    name: "the statistics target of an index is lost when it is made again",
    ...index(
      "INDEX orders_find ON orders (lower(status))",
      "ALTER INDEX orders_find ALTER COLUMN 1 SET STATISTICS 700",
    ),
    down: putIndex("INDEX orders_find ON orders (lower(status))"),
    names: [...found, "700"],
  },
  {
    name: "a table is no longer clustered on its index",
    ...index("INDEX orders_find ON orders (customer)", "ALTER TABLE orders CLUSTER ON orders_find"),
    down: putIndex("INDEX orders_find ON orders (customer)"),
    names: [...found, "clustered"],
  },
  {
    name: "an index is no longer the replica identity",
    ...index(
      "UNIQUE INDEX orders_find ON orders (id, number)",
      "ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_find",
    ),
    down: putIndex("UNIQUE INDEX orders_find ON orders (id, number)"),
    names: [...found, "replica identity"],
  },
  {
    name: "the replica identity is not moved back to its index",
    before: `${orders} CREATE UNIQUE INDEX orders_find ON orders (number);
      ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_find`,
    up: "ALTER TABLE orders REPLICA IDENTITY FULL",
    down: "ALTER TABLE orders REPLICA IDENTITY DEFAULT",
    names: [...found, "replica identity"],
  },
  {
    name: "an index on a partitioned table comes back on the parent only",
    before: `CREATE TABLE hits (day date NOT NULL, page int) PARTITION BY RANGE (day);
      CREATE TABLE hits_1 PARTITION OF hits FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
      CREATE INDEX hits_page ON hits (page); INSERT INTO hits VALUES ('2024-02-03', 5)`,
    up: "DROP INDEX hits_page",
    down: `CREATE INDEX hits_page ON ONLY hits (page);
      CREATE INDEX hits_1_page_idx ON hits_1 (page)`,
    names: ["hits", "hits_page", "invalid"],
  },
  {
    name: "a unique constraint comes back as a unique index",
    before: `${orders} ALTER TABLE orders ADD CONSTRAINT orders_number_key UNIQUE (number)`,
    up: `ALTER TABLE orders ADD CONSTRAINT orders_number_unique UNIQUE (number);
      ALTER TABLE orders DROP CONSTRAINT orders_number_key`,
    down: `ALTER TABLE orders DROP CONSTRAINT orders_number_unique;
      CREATE UNIQUE INDEX orders_number_key ON orders (number)`,
    names: ["orders", "constraint orders_number_key"],
  },
  {
    name: "a unique constraint comes back undeferrable",
    before: `${orders} ALTER TABLE orders ADD CONSTRAINT orders_number_key UNIQUE (number)
      DEFERRABLE INITIALLY DEFERRED`,
    up: `ALTER TABLE orders DROP CONSTRAINT orders_number_key;
      ALTER TABLE orders ADD CONSTRAINT orders_number_key UNIQUE (number) DEFERRABLE`,
    down: `ALTER TABLE orders DROP CONSTRAINT orders_number_key;
      ALTER TABLE orders ADD CONSTRAINT orders_number_key UNIQUE (number)`,
    names: ["orders", "orders_number_key", "deferrable"],
  },
  {
    name: "a constraint keeps its new name",
    before: orders,
    up: `ALTER TABLE orders RENAME CONSTRAINT orders_quantity TO orders_quantity_positive;
      ALTER TABLE orders ADD COLUMN unit text`,
    down: "ALTER TABLE orders DROP COLUMN unit",
    names: ["orders", "orders_quantity_positive"],
  },
  {
    name: "a primary key comes back as a unique key",
    before: orders,
    up: `ALTER TABLE orders DROP CONSTRAINT orders_pkey;
      ALTER TABLE orders ADD CONSTRAINT pk_orders PRIMARY KEY (id)`,
    down: `ALTER TABLE orders DROP CONSTRAINT pk_orders;
      ALTER TABLE orders ADD CONSTRAINT orders_pkey UNIQUE (id)`,
    names: ["orders", "orders_pkey"],
  },
  {
    name: "a primary key comes back without the column it included",
    before: `CREATE TABLE rates (id int, rate int, CONSTRAINT rates_pkey PRIMARY KEY (id) INCLUDE
        (rate));
      INSERT INTO rates VALUES (1, 5)`,
    up: "ALTER TABLE rates DROP CONSTRAINT rates_pkey, ADD CONSTRAINT rates_id PRIMARY KEY (id)",
    down: "ALTER TABLE rates DROP CONSTRAINT rates_id, ADD CONSTRAINT rates_pkey PRIMARY KEY (id)",
    names: ["rates", "rates_pkey", "include"],
  },
  {
    name: "an exclusion constraint is forgotten",
    before: `CREATE TABLE seats (id int PRIMARY KEY, seat int,
        CONSTRAINT seats_once EXCLUDE USING btree (seat WITH =));
      INSERT INTO seats VALUES (1, 1), (2, NULL)`,
    up: `ALTER TABLE seats DROP CONSTRAINT seats_once;
      ALTER TABLE seats ADD CONSTRAINT seats_seat_key UNIQUE (seat)`,
    down: "ALTER TABLE seats DROP CONSTRAINT seats_seat_key",
    names: ["seats", "seats_once"],
  },
  {
    name: "a check is forgotten",
    before: orders,
    up: `ALTER TABLE orders DROP CONSTRAINT orders_quantity,
      ADD CONSTRAINT orders_amount CHECK (quantity > 0)`,
    down: "ALTER TABLE orders DROP CONSTRAINT orders_amount",
    names: ["orders", "orders_quantity"],
  },
  {
    name: "a check comes back looser",
    before: orders,
    up: `ALTER TABLE orders DROP CONSTRAINT orders_quantity,
        ADD CONSTRAINT orders_amount CHECK (quantity > 0)`,
    down: `ALTER TABLE orders DROP CONSTRAINT orders_amount,
        ADD CONSTRAINT orders_quantity CHECK (quantity >= 0)`,
    names: ["orders", "orders_quantity"],
  },
  {
    name: "a check comes back not valid",
    before: orders,
    up: "ALTER TABLE orders DROP CONSTRAINT orders_quantity",
    down: `ALTER TABLE orders ADD CONSTRAINT orders_quantity CHECK (quantity >= 1) NOT VALID`,
    names: ["orders", "orders_quantity", "not valid"],
  },
  {
    name: "a check that was not valid stays validated",
    before: `${orders} ALTER TABLE orders ADD CONSTRAINT orders_number CHECK (number > -5) NOT
        VALID`,
    up: `ALTER TABLE orders VALIDATE CONSTRAINT orders_number;
      ALTER TABLE orders ADD COLUMN unit text`,
    down: "ALTER TABLE orders DROP COLUMN unit",
    names: ["orders", "orders_number", "not valid"],
  },
  {
    name: "a check comes back inherited by children",
    before: `${orders} ALTER TABLE orders ADD CONSTRAINT orders_local CHECK (number > -5) NO
        INHERIT`,
    up: `ALTER TABLE orders DROP CONSTRAINT orders_local,
        ADD CONSTRAINT orders_other CHECK (number > -5)`,
    down: `ALTER TABLE orders DROP CONSTRAINT orders_other,
        ADD CONSTRAINT orders_local CHECK (number > -5)`,
    names: ["orders", "orders_local", "no inherit"],
  },
  {
    name: "the comment on a constraint is lost when it is made again",
    before: `${orders} COMMENT ON CONSTRAINT orders_quantity ON orders IS 'agreed with sales'`,
    up: `ALTER TABLE orders DROP CONSTRAINT orders_quantity,
        ADD CONSTRAINT orders_amount CHECK (quantity > 0)`,
    down: `ALTER TABLE orders DROP CONSTRAINT orders_amount,
        ADD CONSTRAINT orders_quantity CHECK (quantity >= 1)`,
    names: ["orders", "orders_quantity", "sales"],
  },
  {
    name: "a foreign key is forgotten",
    ...key(""),
    down: "ALTER TABLE bills DROP CONSTRAINT bills_customer_fkey",
    names: ["bills", "bills_customer_fkey"],
  },
  {
    name: "a foreign key loses its ON DELETE CASCADE",
    ...key("ON DELETE CASCADE"),
    down: putKey(""),
    names: ["bills", "bills_customer_fkey", "cascade"],
  },
  {
    name: "a foreign key comes back with another ON DELETE",
    ...key("ON DELETE SET NULL"),
    down: putKey("ON DELETE SET DEFAULT"),
    names: ["bills", "bills_customer_fkey", "set null"],
  },
  {
    name: "a foreign key loses its ON UPDATE CASCADE",
    ...key("ON UPDATE CASCADE"),
    down: putKey("ON UPDATE NO ACTION"),
    names: ["bills", "bills_customer_fkey", "on update"],
  },
  {
    name: "a foreign key comes back not valid",
    ...key(""),
    down: putKey("NOT VALID"),
    names: ["bills", "bills_customer_fkey", "not valid"],
  },
  {
    name: "a foreign key comes back undeferrable",
    ...key("DEFERRABLE INITIALLY DEFERRED"),
    down: putKey(""),
    names: ["bills", "bills_customer_fkey", "deferrable"],
  },
  {
    name: "a deferred foreign key comes back immediate",
    before: key("DEFERRABLE INITIALLY DEFERRED").before,
    up: "ALTER TABLE bills ALTER CONSTRAINT bills_customer_fkey NOT DEFERRABLE",
    down: "ALTER TABLE bills ALTER CONSTRAINT bills_customer_fkey DEFERRABLE",
    names: ["bills", "bills_customer_fkey", "initially deferred"],
  },
  {
    name: "a foreign key loses its MATCH FULL",
    before: `CREATE TABLE places (country int, town int, PRIMARY KEY (country, town));
      CREATE TABLE shops (id int PRIMARY KEY, country int, town int,
        CONSTRAINT shops_place FOREIGN KEY (country, town) REFERENCES places MATCH FULL);
      INSERT INTO places VALUES (1, 1); INSERT INTO shops VALUES (1, 1, 1), (2, NULL, NULL)`,
    up: `ALTER TABLE shops DROP CONSTRAINT shops_place, ADD CONSTRAINT shops_where
      FOREIGN KEY (country, town) REFERENCES places MATCH FULL ON DELETE CASCADE`,
    down: `ALTER TABLE shops DROP CONSTRAINT shops_where, ADD CONSTRAINT shops_place
      FOREIGN KEY (country, town) REFERENCES places`,
    names: ["shops", "shops_place", "match full"],
  },
  {
    name: "a foreign key comes back under the server's name",
    before: `${customers} ALTER TABLE bills ADD CONSTRAINT fk_bills FOREIGN KEY (customer)
        REFERENCES customers`,
    up: `ALTER TABLE bills DROP CONSTRAINT fk_bills, ADD CONSTRAINT fk_bills_customers
      FOREIGN KEY (customer) REFERENCES customers ON DELETE CASCADE`,
    down: `ALTER TABLE bills DROP CONSTRAINT fk_bills_customers,
      ADD FOREIGN KEY (customer) REFERENCES customers`,
    names: ["bills", "bills_customer_fkey"],
  },
  {
    name: "the index that supports a foreign key is forgotten",
    before: `${key("").before}; CREATE INDEX bills_customer ON bills (customer)`,
    up: `${key("").up}; DROP INDEX bills_customer`,
    down: putKey(""),
    names: ["bills", "index bills_customer"],
  },
  {
    name: "triggers of foreign keys are left disabled",
    before: key("").before,
    up: `ALTER TABLE bills DISABLE TRIGGER ALL; UPDATE bills SET customer = customer;
      ALTER TABLE bills ENABLE TRIGGER ALL`,
    down: "ALTER TABLE bills DISABLE TRIGGER ALL; UPDATE bills SET customer = customer",
    names: ["bills", "bills_customer_fkey", "disabled"],
  },
];
