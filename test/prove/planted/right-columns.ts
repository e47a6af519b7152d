// Owns: right downs of migrations of columns, sequences, indexes and constraints, written in ways
// that look other than what was there and are not.

import type { Planted } from "./planted.ts";

const people = `CREATE TABLE people (id int PRIMARY KEY, email varchar(80), bio text,
    age int DEFAULT 18, state text NOT NULL DEFAULT 'new');
  INSERT INTO people VALUES (1, 'ann@example.org', 'Ann', 31, 'old'), (2, NULL, NULL, NULL, '');`;

const orders = `CREATE TABLE orders (id int PRIMARY KEY, customer int, number int,
    status varchar(20),
    placed timestamptz);
  INSERT INTO orders VALUES (1, 7, 100, 'open', '2024-01-01 10:00+00'), (2, NULL, NULL, NULL,
    NULL);`;

const customers = `CREATE TABLE customers (id int PRIMARY KEY, name text);
  CREATE TABLE bills (id int PRIMARY KEY, customer int
    CONSTRAINT bills_customer_fkey REFERENCES customers);
  INSERT INTO customers VALUES (1, 'ann'), (2, 'bo');
  INSERT INTO bills VALUES (10, 1), (11, NULL);`;

const right = (name: string, before: string, up: string, down: string): Planted => ({
  ...{ name, before, up, down },
  names: [],
});

export const rightColumns: Planted[] = [
  right(
    "an added column is dropped",
    people,
    "ALTER TABLE people ADD COLUMN phone text",
    "ALTER TABLE people DROP COLUMN phone",
  ),
  right(
    "columns with random defaults are dropped in another order, and one that never was",
    people,
    `ALTER TABLE people ADD COLUMN seen timestamptz NOT NULL DEFAULT clock_timestamp(),
      ADD COLUMN luck float8 DEFAULT random(), ADD COLUMN token uuid DEFAULT gen_random_uuid()`,
    `ALTER TABLE people DROP COLUMN IF EXISTS token;
      ALTER TABLE people DROP COLUMN IF EXISTS nothing;
      ALTER TABLE people DROP luck, DROP seen`,
  ),
  right(
    "a serial column takes its sequence along",
    people,
    "ALTER TABLE people ADD COLUMN no bigserial UNIQUE",
    "ALTER TABLE IF EXISTS public.people DROP COLUMN no RESTRICT",
  ),
  right(
    "a generated column and what hangs on it go with CASCADE",
    people,
    `ALTER TABLE people ADD COLUMN search text GENERATED ALWAYS AS (lower(email)) STORED;
      CREATE INDEX people_search ON people (search);
      CREATE VIEW found AS SELECT id, search FROM people`,
    "ALTER TABLE people DROP COLUMN search CASCADE",
  ),
  right(
    "a column is renamed back",
    people,
    "ALTER TABLE people RENAME COLUMN bio TO about",
    "ALTER TABLE people RENAME about TO bio",
  ),
  right(
    "two columns swap their names twice",
    `CREATE TABLE spans (id int PRIMARY KEY, first int, last int);
      INSERT INTO spans VALUES (1, 2, 3)`,
    `ALTER TABLE spans RENAME first TO x; ALTER TABLE spans RENAME last TO first;
      ALTER TABLE spans RENAME x TO last`,
    `ALTER TABLE spans RENAME last TO "other"; ALTER TABLE spans RENAME first TO last;
      ALTER TABLE spans RENAME "other" TO first`,
  ),
  right(
    "names that need quotes are given back",
    `CREATE TABLE "Größe ☃" ("naïve ""col""" text, id int PRIMARY KEY, "SELECT" int);
      INSERT INTO "Größe ☃" VALUES ('x', 1, 2)`,
    `ALTER TABLE "Größe ☃" RENAME "naïve ""col""" TO plain; ALTER TABLE "Größe ☃" RENAME TO sizes;
      ALTER TABLE sizes RENAME "SELECT" TO selected`,
    `ALTER TABLE sizes RENAME TO "Größe ☃"; ALTER TABLE "Größe ☃" RENAME selected TO "SELECT";
      ALTER TABLE "Größe ☃" RENAME plain TO U&"na\\00EFve ""col"""`,
  ),
  right(
    "a column is renamed back in a DO block",
    `CREATE TABLE texts (id int PRIMARY KEY, body text)`,
    "ALTER TABLE texts RENAME body TO body_shelved",
    "DO $$ BEGIN ALTER TABLE texts RENAME body_shelved TO body; END $$",
  ),
  right(
    "a default comes back in another notation",
    people,
    "ALTER TABLE people ALTER state SET DEFAULT 'queued', ALTER age DROP DEFAULT",
    `ALTER TABLE people ALTER COLUMN age SET DEFAULT (18),
        ALTER COLUMN state SET DEFAULT 'new'::text`,
  ),
  right(
    "a default of an expression comes back in another spelling",
    `CREATE TABLE logs (id int PRIMARY KEY, at timestamptz DEFAULT now(),
        day date DEFAULT current_date,
      wait interval DEFAULT '1 day 02:00', list int[] DEFAULT '{}')`,
    `ALTER TABLE logs ALTER at DROP DEFAULT, ALTER day DROP DEFAULT, ALTER wait DROP DEFAULT,
        ALTER list DROP DEFAULT`,
    `ALTER TABLE logs ALTER list SET DEFAULT '{}'::integer[], ALTER at SET DEFAULT pg_catalog.now(),
      ALTER day SET DEFAULT CURRENT_DATE, ALTER wait SET DEFAULT interval '26:00:00' - '24:00' +
        '1 day';
      ALTER TABLE logs ALTER wait SET DEFAULT '1 day 02:00:00'::interval`,
  ),
  right(
    "a default that casts the constant comes back with CAST",
    `CREATE TABLE fees (id int PRIMARY KEY, fee numeric(8,2) DEFAULT 0.5,
        code varchar(5) DEFAULT 'x')`,
    "ALTER TABLE fees ALTER fee SET DEFAULT 1, ALTER code SET DEFAULT 'y'",
    `ALTER TABLE fees ALTER fee SET DEFAULT 0.5, ALTER code SET DEFAULT CAST('x' AS character
        varying)`,
  ),
  right(
    "NOT NULL goes, with the check that made it cheap",
    `CREATE TABLE users (id int PRIMARY KEY, login text CONSTRAINT users_there CHECK (login IS NOT
        NULL));
      INSERT INTO users VALUES (1, 'ann')`,
    `ALTER TABLE users ADD CONSTRAINT users_login CHECK (login IS NOT NULL) NOT VALID;
      ALTER TABLE users VALIDATE CONSTRAINT users_login;
      ALTER TABLE users ALTER login SET NOT NULL; ALTER TABLE users DROP CONSTRAINT users_login`,
    "ALTER TABLE users ALTER COLUMN login DROP NOT NULL",
  ),
  right(
    "storage, compression and statistics are put back one by one",
    `${people} ALTER TABLE people ALTER bio SET STORAGE EXTERNAL, ALTER email SET STATISTICS 500,
      ALTER age SET (n_distinct = 90)`,
    `ALTER TABLE people ALTER bio TYPE varchar; ALTER TABLE people ALTER bio SET COMPRESSION pglz,
      ALTER email SET STATISTICS -1, ALTER age RESET (n_distinct)`,
    `ALTER TABLE people ALTER age SET (n_distinct = 90); ALTER TABLE people ALTER bio TYPE text;
      ALTER TABLE people ALTER bio SET STORAGE EXTERNAL, ALTER bio SET COMPRESSION DEFAULT;
      ALTER TABLE people ALTER email SET STATISTICS 500`,
  ),
  right(
    "a collation is named when the type comes back",
    `CREATE TABLE codes (id int PRIMARY KEY, code text COLLATE "C");
      INSERT INTO codes VALUES (1, 'a')`,
    "ALTER TABLE codes ALTER code TYPE varchar",
    'ALTER TABLE codes ALTER code SET DATA TYPE text COLLATE pg_catalog."C"',
  ),
  right(
    "an identity is taken away",
    `CREATE TABLE jobs (id int PRIMARY KEY, kind text); INSERT INTO jobs VALUES (1, 'mail')`,
    "ALTER TABLE jobs ALTER id ADD GENERATED BY DEFAULT AS IDENTITY (START WITH 1000000)",
    "ALTER TABLE jobs ALTER id DROP IDENTITY IF EXISTS",
  ),
  right(
    "an identity is BY DEFAULT for a while",
    `CREATE TABLE jobs (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text);
      INSERT INTO jobs (kind) VALUES ('mail')`,
    "ALTER TABLE jobs ALTER id SET GENERATED BY DEFAULT SET CACHE 20",
    "ALTER TABLE jobs ALTER id SET CACHE 1 SET GENERATED ALWAYS",
  ),
  right(
    "a serial that was an identity for a while goes on where that stood",
    `CREATE TABLE bills (id serial PRIMARY KEY, payer text);
      INSERT INTO bills (payer) VALUES ('ann')`,
    `ALTER TABLE bills ALTER id DROP DEFAULT; ALTER SEQUENCE bills_id_seq OWNED BY NONE;
      ALTER SEQUENCE bills_id_seq RENAME TO bills_id_old;
      ALTER TABLE bills ALTER id ADD GENERATED BY DEFAULT AS IDENTITY;
      SELECT setval('bills_id_seq', last_value, is_called) FROM bills_id_old`,
    `SELECT setval('bills_id_old', last_value, is_called) FROM bills_id_seq;
      ALTER TABLE bills ALTER id DROP IDENTITY; ALTER SEQUENCE bills_id_old RENAME TO bills_id_seq;
      ALTER SEQUENCE bills_id_seq OWNED BY bills.id;
      ALTER TABLE bills ALTER id SET DEFAULT nextval('public.bills_id_seq'::regclass)`,
  ),
  right(
    "a dropped sequence comes back where it stood",
    `CREATE SEQUENCE invoice_no START 100 INCREMENT BY 5 CACHE 1; SELECT nextval('invoice_no')`,
    "CREATE TABLE parked AS SELECT last_value, is_called FROM invoice_no; DROP SEQUENCE invoice_no",
    `CREATE SEQUENCE invoice_no AS bigint INCREMENT 5 MINVALUE 1 NO MAXVALUE START WITH 100 NO
        CYCLE;
      SELECT setval('invoice_no', last_value, is_called) FROM parked; DROP TABLE parked`,
  ),
  right(
    "a sequence has other steps for a while",
    "CREATE SEQUENCE ticket_no MINVALUE 10 MAXVALUE 99999; SELECT nextval('ticket_no')",
    "ALTER SEQUENCE ticket_no INCREMENT 10 CACHE 50 CYCLE NO MAXVALUE",
    "ALTER SEQUENCE ticket_no MAXVALUE 99999 NO CYCLE CACHE 1 INCREMENT BY 1",
  ),
  right(
    "an index of the up is dropped",
    orders,
    "CREATE INDEX orders_customer ON orders (customer); CREATE INDEX ON orders (number)",
    "DROP INDEX IF EXISTS orders_customer, orders_number_idx, orders_status_idx",
  ),
  right(
    "an index comes back in another spelling",
    `${orders} CREATE INDEX orders_find ON orders (customer, number DESC)`,
    "DROP INDEX orders_find",
    `CREATE INDEX IF NOT EXISTS orders_find ON ONLY public.orders
      USING btree (customer ASC NULLS LAST, number DESC NULLS FIRST)`,
  ),
  right(
    "a partial index comes back with its condition in other words",
    `${orders} CREATE INDEX orders_find ON orders (customer) WHERE customer IN (1,
        2) AND number != 5`,
    "DROP INDEX orders_find",
    `CREATE INDEX orders_find ON orders (customer)
      WHERE ((customer = ANY (ARRAY[1, 2])) AND (number <> 5))`,
  ),
  right(
    "an index on an expression comes back with all that hung on it",
    `${orders} CREATE INDEX orders_find ON orders (lower(status)) INCLUDE (number) WITH (fillfactor
        = 70);
      COMMENT ON INDEX orders_find IS 'i'; ALTER INDEX orders_find ALTER COLUMN 1 SET STATISTICS 99;
      ALTER TABLE orders CLUSTER ON orders_find`,
    "DROP INDEX orders_find",
    `CREATE INDEX orders_find ON orders (LOWER("status"::text)) INCLUDE (number) WITH (FILLFACTOR =
        '70');
      ALTER INDEX orders_find ALTER 1 SET STATISTICS 99; ALTER TABLE orders CLUSTER ON orders_find;
      COMMENT ON INDEX public.orders_find IS $$i$$`,
  ),
  right(
    "an index made CONCURRENTLY is dropped CONCURRENTLY",
    orders,
    "CREATE INDEX CONCURRENTLY orders_customer ON orders (customer)",
    "DROP INDEX CONCURRENTLY IF EXISTS orders_customer",
  ),
  right(
    "an index comes back CONCURRENTLY",
    `${orders} CREATE INDEX orders_find ON orders (customer)`,
    "DROP INDEX CONCURRENTLY orders_find",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_find ON orders (customer)",
  ),
  right(
    "a better index gets the name of the old one, which stood aside",
    `${orders} CREATE INDEX orders_find ON orders (customer)`,
    `ALTER INDEX orders_find RENAME TO orders_find_old;
      CREATE INDEX orders_find ON orders (customer, number)`,
    "DROP INDEX orders_find; ALTER INDEX orders_find_old RENAME TO orders_find",
  ),
  right(
    "a check of the up is dropped without having been validated",
    orders,
    "ALTER TABLE orders ADD CONSTRAINT orders_number CHECK (number > 0) NOT VALID",
    "ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_number",
  ),
  right(
    "a check comes back as another spelling of it",
    `${orders} ALTER TABLE orders ADD CONSTRAINT orders_range CHECK (id BETWEEN -5 AND 2000000000)`,
    `ALTER TABLE orders DROP CONSTRAINT orders_range;
      ALTER TABLE orders ADD CONSTRAINT orders_range CHECK (id > -6 AND id < 2000000001)`,
    `ALTER TABLE orders DROP CONSTRAINT orders_range,
      ADD CONSTRAINT orders_range CHECK (((id >= -5) AND id <= 2000000000))`,
  ),
  right(
    "a constraint is renamed back by dropping and adding it",
    `${orders} ALTER TABLE orders ADD CONSTRAINT orders_quick UNIQUE (id, number)`,
    "ALTER TABLE orders RENAME CONSTRAINT orders_quick TO orders_id_number",
    `ALTER TABLE orders ADD CONSTRAINT orders_quick UNIQUE (id, number);
      ALTER TABLE orders DROP CONSTRAINT orders_id_number`,
  ),
  right(
    "a constraint comes back from an index",
    `${orders} ALTER TABLE orders ADD CONSTRAINT orders_quick UNIQUE (id, number)`,
    "ALTER TABLE orders DROP CONSTRAINT orders_quick",
    `CREATE UNIQUE INDEX made ON orders (id, number);
      ALTER TABLE orders ADD CONSTRAINT orders_quick UNIQUE USING INDEX made`,
  ),
  right(
    "an index that the up made a constraint is an index again",
    `${orders} CREATE UNIQUE INDEX orders_quick ON orders (id, number)`,
    "ALTER TABLE orders ADD UNIQUE USING INDEX orders_quick",
    `ALTER TABLE orders DROP CONSTRAINT orders_quick;
      CREATE UNIQUE INDEX orders_quick ON orders (id, number)`,
  ),
  right(
    "an exclusion constraint goes",
    orders,
    "ALTER TABLE orders ADD CONSTRAINT orders_once EXCLUDE USING btree (id WITH =)",
    "ALTER TABLE ONLY orders DROP CONSTRAINT orders_once CASCADE",
  ),
  right(
    "a primary key has another name for a while",
    orders,
    `ALTER TABLE orders DROP CONSTRAINT orders_pkey;
      ALTER TABLE orders ADD CONSTRAINT pk_orders PRIMARY KEY (id)`,
    "ALTER TABLE orders DROP CONSTRAINT pk_orders, ADD PRIMARY KEY (id)",
  ),
  right(
    "a foreign key of the up goes, with its index first",
    `CREATE TABLE shops (id int PRIMARY KEY); CREATE TABLE sales (id int PRIMARY KEY, shop int);
      INSERT INTO shops VALUES (1); INSERT INTO sales VALUES (1, 1), (2, NULL)`,
    `CREATE INDEX sales_shop ON sales (shop);
      ALTER TABLE sales ADD FOREIGN KEY (shop) REFERENCES shops NOT VALID`,
    "DROP INDEX sales_shop; ALTER TABLE sales DROP CONSTRAINT sales_shop_fkey",
  ),
  right(
    "a foreign key comes back with everything spelt out that goes without saying",
    customers,
    `ALTER TABLE bills DROP CONSTRAINT bills_customer_fkey, ADD CONSTRAINT bills_customer_fkey
      FOREIGN KEY (customer) REFERENCES customers ON DELETE SET NULL DEFERRABLE`,
    `ALTER TABLE bills DROP CONSTRAINT bills_customer_fkey;
      ALTER TABLE ONLY public.bills ADD FOREIGN KEY (customer) REFERENCES public.customers (id)
        MATCH SIMPLE ON DELETE NO ACTION ON UPDATE NO ACTION NOT DEFERRABLE INITIALLY IMMEDIATE`,
  ),
  right(
    "a foreign key comes back not valid and is validated",
    customers,
    `ALTER TABLE bills DROP CONSTRAINT bills_customer_fkey, ADD CONSTRAINT fk_bills
      FOREIGN KEY (customer) REFERENCES customers ON UPDATE CASCADE`,
    `ALTER TABLE bills ADD CONSTRAINT bills_customer_fkey
        FOREIGN KEY (customer) REFERENCES customers NOT VALID;
      ALTER TABLE bills DROP CONSTRAINT fk_bills;
      ALTER TABLE bills VALIDATE CONSTRAINT bills_customer_fkey`,
  ),
  right(
    "a foreign key is deferred for a while",
    customers,
    "ALTER TABLE bills ALTER CONSTRAINT bills_customer_fkey DEFERRABLE INITIALLY DEFERRED",
    "ALTER TABLE bills ALTER CONSTRAINT bills_customer_fkey NOT DEFERRABLE",
  ),
];
