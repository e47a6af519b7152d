// Owns: downs after which the catalog is as before and rows are not.

import type { Planted } from "./planted.ts";

const members = `CREATE TABLE members (id int PRIMARY KEY, name varchar(40), email varchar(80),
    tier text);
  INSERT INTO members VALUES (1, 'Ann McDonald', ' Ann@Example.org', 'vip'),
    (2, 'bo', 'bo@example.org', 'gold'), (3, NULL, NULL, NULL), (4, '', '', '');
  INSERT INTO members SELECT i, 'Member ' || i, ' M' || i || '@Example.org',
    CASE i % 2 WHEN 0 THEN 'gold' ELSE 'vip' END FROM generate_series(5, 24) i;`;

const moments = `CREATE TABLE moments (id int PRIMARY KEY,
    at timestamptz CHECK (at > '1900-01-01' AND at < '2200-01-01'));
  INSERT INTO moments VALUES (1, '2024-07-01 12:34:56.789012+00'), (2, NULL);`;

const prices = `CREATE TABLE prices (id int PRIMARY KEY,
    price numeric(10,2) CHECK (price BETWEEN -100000 AND 100000));
  INSERT INTO prices VALUES (1, 9.99), (2, 0.07), (3, NULL), (4, 100000.00);`;

const plans = `CREATE TABLE plans (id int PRIMARY KEY, title text);
  CREATE TABLE contracts (id int PRIMARY KEY, plan int REFERENCES plans ON DELETE CASCADE);
  INSERT INTO plans VALUES (1, 'legacy'), (2, 'free');
  INSERT INTO contracts SELECT i, nullif(i % 3, 0) FROM generate_series(10, 30) i;`;

export const wrongValues: Planted[] = [
  {
    name: "a numeric loses digits behind the point",
    before: `CREATE TABLE weights (id int PRIMARY KEY, kg numeric(20,6));
      INSERT INTO weights VALUES (1, 1.234567), (2, 2.5), (3, NULL)`,
    up: "ALTER TABLE weights ALTER kg TYPE numeric(20,2)",
    down: "ALTER TABLE weights ALTER kg TYPE numeric(20,6)",
    names: ["weights", "kg"],
  },
  {
    name: "large integers are clamped",
    before: `CREATE TABLE views (id int PRIMARY KEY, n bigint);
      INSERT INTO views VALUES (1, 5), (2, 3000000000), (3, NULL)`,
    up: `ALTER TABLE views ALTER n TYPE int
      USING CASE WHEN n > 2147483647 THEN 2147483647 WHEN n < -2147483648 THEN -2147483648 ELSE n
        END`,
    down: "ALTER TABLE views ALTER n TYPE bigint",
    names: ["views", "n"],
  },
  {
    name: "a moment is read back in another time zone",
    before: moments,
    up: "ALTER TABLE moments ALTER at TYPE timestamp USING at AT TIME ZONE 'UTC'",
    down: "ALTER TABLE moments ALTER at TYPE timestamptz USING at AT TIME ZONE 'Europe/Berlin'",
    names: ["moments", "at"],
  },
  {
    name: "a wall clock is put off by the session's time zone",
    before: `CREATE TABLE alarms (id int PRIMARY KEY,
        at timestamp CHECK (at > '1900-01-01' AND at < '2200-01-01'));
      INSERT INTO alarms VALUES (1, '2024-07-01 06:30:00'), (2, NULL)`,
    up: "ALTER TABLE alarms ALTER at TYPE timestamptz USING at AT TIME ZONE 'UTC'",
    down: "SET TIME ZONE 'America/New_York'; ALTER TABLE alarms ALTER at TYPE timestamp",
    names: ["alarms", "at"],
  },
  {
    name: "a moment loses its microseconds",
    before: moments,
    up: "ALTER TABLE moments ALTER at TYPE timestamptz(0)",
    down: "ALTER TABLE moments ALTER at TYPE timestamptz",
    names: ["moments", "at"],
  },
  {
    name: "a moment makes a detour over whole seconds",
    before: `CREATE TABLE logins (id int PRIMARY KEY, at timestamptz);
      INSERT INTO logins VALUES (1, '2024-07-01 12:34:56.789012+00'), (2, NULL)`,
    up: `ALTER TABLE logins ALTER at TYPE bigint USING
        CASE WHEN at BETWEEN '1900-01-01' AND '2200-01-01' THEN extract(epoch FROM at)::bigint END;
      ALTER TABLE logins ADD CONSTRAINT logins_at CHECK (at BETWEEN -3000000000 AND 8000000000)`,
    down: `ALTER TABLE logins DROP CONSTRAINT logins_at;
      ALTER TABLE logins ALTER at TYPE timestamptz USING to_timestamp(at)`,
    names: ["logins", "at"],
  },
  {
    name: "a moment makes a detour over the day",
    before: moments,
    up: "ALTER TABLE moments ALTER at TYPE date",
    down: "ALTER TABLE moments ALTER at TYPE timestamptz",
    names: ["moments", "at"],
  },
  {
    name: "an interval makes a detour over seconds",
    before: `CREATE TABLE spans (id int PRIMARY KEY, span interval);
      INSERT INTO spans VALUES (1, '1 mon'), (2, '2 days 03:04:05.678901'), (3, NULL)`,
    up: `ALTER TABLE spans ALTER span TYPE numeric USING
        CASE WHEN span BETWEEN '-10 years' AND '10 years' THEN extract(epoch FROM span) END;
      ALTER TABLE spans ADD CONSTRAINT spans_span CHECK (abs(span) < 1000000000)`,
    down: `ALTER TABLE spans DROP CONSTRAINT spans_span;
      ALTER TABLE spans ALTER span TYPE interval USING make_interval(secs => span::float8)`,
    names: ["spans", "span"],
  },
  {
    name: "a text is cut to a limit",
    before: `CREATE TABLE posts (id int PRIMARY KEY, title text);
      INSERT INTO posts VALUES (1, 'short'), (2, 'a title of more than twenty characters')`,
    up: "ALTER TABLE posts ALTER title TYPE varchar(20) USING title::varchar(20)",
    down: "ALTER TABLE posts ALTER title TYPE text",
    names: ["posts", "title"],
  },
  {
    name: "blanks at the end are lost with a detour over char",
    before: `CREATE TABLE codes (id int PRIMARY KEY, code varchar(10));
      INSERT INTO codes VALUES (1, 'ab  '), (2, 'cd'), (3, NULL)`,
    up: "ALTER TABLE codes ALTER code TYPE char(10)",
    down: "ALTER TABLE codes ALTER code TYPE varchar(10)",
    names: ["codes", "code"],
  },
  {
    name: "a text is padded",
    before: `CREATE TABLE codes (id int PRIMARY KEY, code varchar(10));
      INSERT INTO codes VALUES (1, 'ab'), (2, 'abcdefghij'), (3, NULL)`,
    up: "ALTER TABLE codes ALTER code TYPE char(10)",
    down: "ALTER TABLE codes ALTER code TYPE varchar(10) USING rpad(code, 10)",
    names: ["codes", "code"],
  },
  {
    name: "lower() is not taken back",
    before: members,
    up: "UPDATE members SET email = lower(email); ALTER TABLE members ADD COLUMN checked boolean",
    down: "ALTER TABLE members DROP COLUMN checked",
    names: ["members", "email"],
  },
  {
    name: "trim() is not taken back",
    before: members,
    up: "UPDATE members SET email = trim(email) WHERE email <> trim(email)",
    down: "SELECT 1",
    names: ["members", "email"],
  },
  {
    name: "initcap() is taken for the inverse of lower()",
    before: members,
    up: "UPDATE members SET name = lower(name)",
    down: "UPDATE members SET name = initcap(name)",
    names: ["members", "name"],
  },
  {
    name: "Unicode is normalised for good",
    before: `CREATE TABLE towns (id int PRIMARY KEY, town text);
      INSERT INTO towns SELECT i, U&'Ko\\0308ln ' || i FROM generate_series(1, 20) i`,
    up: "UPDATE towns SET town = normalize(town)",
    down: "SELECT 1",
    names: ["towns", "town"],
  },
  {
    name: "NULL becomes a value for good",
    before: `CREATE TABLE items (id int PRIMARY KEY, n int);
      INSERT INTO items VALUES (1, 3), (2, NULL)`,
    up: `UPDATE items SET n = 0 WHERE n IS NULL; ALTER TABLE items ALTER n SET DEFAULT 0,
        ALTER n SET NOT NULL`,
    down: "ALTER TABLE items ALTER n DROP DEFAULT, ALTER n DROP NOT NULL",
    names: ["items", "n"],
  },
  {
    name: "every empty text becomes NULL",
    before: members,
    up: `UPDATE members SET name = '' WHERE name IS NULL;
      ALTER TABLE members ALTER name SET NOT NULL`,
    down: `ALTER TABLE members ALTER name DROP NOT NULL;
      UPDATE members SET name = NULL WHERE name = ''`,
    names: ["members", "name"],
  },
  {
    name: "every zero becomes NULL",
    before: `CREATE TABLE items (id int PRIMARY KEY, n int);
      INSERT INTO items VALUES (1, 0), (2, NULL)`,
    up: "UPDATE items SET n = coalesce(n, 0)",
    down: "UPDATE items SET n = nullif(n, 0)",
    names: ["items", "n"],
  },
  {
    name: "json loses its spelling with a detour over jsonb",
    before: `CREATE TABLE docs (id int PRIMARY KEY, doc json);
      INSERT INTO docs VALUES (1, '{"b": 1,  "a": 2, "b": 3}'), (2, 'null'), (3, NULL)`,
    up: "ALTER TABLE docs ALTER doc TYPE jsonb",
    down: "ALTER TABLE docs ALTER doc TYPE json",
    names: ["docs", "doc"],
  },
  {
    name: "jsonb loses its nulls",
    before: `CREATE TABLE docs (id int PRIMARY KEY, doc jsonb);
      INSERT INTO docs SELECT i, '{"a": null, "b": 1}' FROM generate_series(1, 20) i`,
    up: "UPDATE docs SET doc = jsonb_strip_nulls(doc)",
    down: "SELECT 1",
    names: ["docs", "doc"],
  },
  {
    name: "a number makes a detour over real",
    before: `CREATE TABLE rates (id int PRIMARY KEY, rate numeric(15,6),
        CONSTRAINT rates_rate CHECK (abs(rate) <= 99999));
      INSERT INTO rates VALUES (1, 12345.678912), (2, 0.5), (3, NULL)`,
    up: `ALTER TABLE rates DROP CONSTRAINT rates_rate, ALTER rate TYPE real;
      ALTER TABLE rates ADD CONSTRAINT rates_real CHECK (abs(rate) <= 99999)`,
    down: `ALTER TABLE rates DROP CONSTRAINT rates_real, ALTER rate TYPE numeric(15,6);
      ALTER TABLE rates ADD CONSTRAINT rates_rate CHECK (abs(rate) <= 99999)`,
    names: ["rates", "rate"],
  },
  {
    name: "a double makes a detour over numeric",
    before: `CREATE TABLE rates (id int PRIMARY KEY, rate double precision,
        CONSTRAINT rates_rate CHECK (abs(rate) <= 1e15));
      INSERT INTO rates SELECT i, i / 7::float8 FROM generate_series(1, 20) i`,
    up: `ALTER TABLE rates DROP CONSTRAINT rates_rate, ALTER rate TYPE numeric;
      ALTER TABLE rates ADD CONSTRAINT rates_rate CHECK (abs(rate) <= 1e15)`,
    down: `ALTER TABLE rates DROP CONSTRAINT rates_rate, ALTER rate TYPE double precision;
      ALTER TABLE rates ADD CONSTRAINT rates_rate CHECK (abs(rate) <= 1e15)`,
    names: ["rates", "rate"],
  },
  {
    name: "a bigint makes a detour over double",
    before: `CREATE TABLE snowflakes (id int PRIMARY KEY, flake bigint,
        CONSTRAINT snowflakes_flake CHECK (flake BETWEEN 0 AND 9000000000000000000));
      INSERT INTO snowflakes
        SELECT i, 1234567890123456789 + i FROM generate_series(1, 20) i`,
    up: `ALTER TABLE snowflakes DROP CONSTRAINT snowflakes_flake, ALTER flake TYPE double precision;
      ALTER TABLE snowflakes ADD CONSTRAINT snowflakes_real CHECK (flake BETWEEN 0 AND 9e18)`,
    down: `ALTER TABLE snowflakes DROP CONSTRAINT snowflakes_real, ALTER flake TYPE bigint;
      ALTER TABLE snowflakes ADD CONSTRAINT snowflakes_flake
        CHECK (flake BETWEEN 0 AND 9000000000000000000)`,
    names: ["snowflakes", "flake"],
  },
  {
    name: "hexadecimal digits are taken for the bytes",
    before: `CREATE TABLE tokens (id int PRIMARY KEY, token bytea);
      INSERT INTO tokens VALUES (1, '\\xdeadbeef'), (2, ''), (3, NULL)`,
    up: "ALTER TABLE tokens ALTER token TYPE text USING encode(token, 'hex')",
    down: "ALTER TABLE tokens ALTER token TYPE bytea USING convert_to(token, 'UTF8')",
    names: ["tokens", "token"],
  },
  {
    name: "an array makes a detour over a list with commas",
    before: `CREATE TABLE books (id int PRIMARY KEY, tags text[]);
      INSERT INTO books VALUES (1, '{a,"b,c"}'), (2, '{}'), (3, '{x,NULL}'), (4, NULL)`,
    up: "ALTER TABLE books ALTER tags TYPE text USING array_to_string(tags, ',')",
    down: "ALTER TABLE books ALTER tags TYPE text[] USING string_to_array(tags, ',')",
    names: ["books", "tags"],
  },
  {
    name: "arrays are emptied",
    before: `CREATE TABLE books (id int PRIMARY KEY, tags text[] DEFAULT '{}');
      INSERT INTO books VALUES (1, '{a,b}'), (2, '{}'), (3, NULL)`,
    up: "ALTER TABLE books DROP COLUMN tags",
    down: "ALTER TABLE books ADD COLUMN tags text[] DEFAULT '{}'",
    names: ["books", "tags"],
  },
  {
    name: "only the first element of an array survives",
    before: `CREATE TABLE books (id int PRIMARY KEY, tags text[]);
      INSERT INTO books VALUES (1, '{a,b}'), (2, '{c}'), (3, NULL)`,
    up: "ALTER TABLE books ALTER tags TYPE text USING tags[1]",
    down: `ALTER TABLE books ALTER tags TYPE text[] USING CASE WHEN tags IS NOT NULL THEN
        ARRAY[tags] END`,
    names: ["books", "tags"],
  },
  {
    name: "a label of an enum is mapped to another one",
    before: `CREATE TYPE state AS ENUM ('open', 'held', 'done');
      CREATE TABLE tickets (id int PRIMARY KEY, state state);
      INSERT INTO tickets VALUES (1, 'open'), (2, 'held'), (3, 'done'), (4, NULL)`,
    up: `ALTER TABLE tickets ALTER state TYPE int
        USING CASE state WHEN 'open' THEN 1 WHEN 'held' THEN 2 WHEN 'done' THEN 3 END;
      ALTER TABLE tickets ADD CONSTRAINT tickets_state CHECK (state BETWEEN 1 AND 3)`,
    down: `ALTER TABLE tickets DROP CONSTRAINT tickets_state;
      ALTER TABLE tickets ALTER state TYPE state
        USING (CASE state WHEN 1 THEN 'open' WHEN 2 THEN 'done' ELSE 'done' END)::state`,
    names: ["tickets", "state"],
  },
  {
    name: "two labels that the up made one stay one",
    before: `CREATE TYPE state AS ENUM ('open', 'cancelled', 'closed');
      CREATE TABLE tickets (id int PRIMARY KEY, state state);
      INSERT INTO tickets VALUES (1, 'open'), (2, 'cancelled'), (3, 'closed')`,
    up: "UPDATE tickets SET state = 'closed' WHERE state = 'cancelled'",
    down: "UPDATE tickets SET state = 'cancelled' WHERE state = 'closed'",
    names: ["tickets", "state"],
  },
  {
    name: "an unknown boolean becomes false",
    before: `CREATE TABLE flags (id int PRIMARY KEY, active boolean);
      INSERT INTO flags VALUES (1, true), (2, false), (3, NULL)`,
    up: "ALTER TABLE flags ALTER active TYPE smallint USING CASE WHEN active THEN 1 ELSE 0 END",
    down: "ALTER TABLE flags ALTER active TYPE boolean USING active = 1",
    names: ["flags", "active"],
  },
  {
    name: "an address loses its network mask",
    before: `CREATE TABLE hosts (id int PRIMARY KEY, address inet);
      INSERT INTO hosts VALUES (1, '10.1.2.3/24'), (2, '::1'), (3, NULL)`,
    up: "UPDATE hosts SET address = host(address)::inet",
    down: "SELECT 1",
    names: ["hosts", "address"],
  },
  {
    name: "cents are divided as integers",
    before: `CREATE TABLE fares (id int PRIMARY KEY, fare numeric(6,2),
        CONSTRAINT fares_fare CHECK (fare <> 'NaN'));
      INSERT INTO fares VALUES (1, 9.99), (2, 5), (3, NULL)`,
    up: `ALTER TABLE fares DROP CONSTRAINT fares_fare;
      ALTER TABLE fares ALTER fare TYPE int USING (fare * 100)::int;
      ALTER TABLE fares ADD CONSTRAINT fares_cents CHECK (fare BETWEEN -999999 AND 999999)`,
    down: `ALTER TABLE fares DROP CONSTRAINT fares_cents;
      ALTER TABLE fares ALTER fare TYPE numeric(6,2) USING fare / 100;
      ALTER TABLE fares ADD CONSTRAINT fares_fare CHECK (fare <> 'NaN')`,
    names: ["fares", "fare"],
  },
  {
    name: "a factor is divided out again and rounds",
    before: prices,
    up: "UPDATE prices SET price = price * 0.8",
    down: "UPDATE prices SET price = price / 0.8",
    names: ["prices", "price"],
  },
  {
    name: "names are joined and split at the first blank",
    before: `CREATE TABLE staff (id int PRIMARY KEY, first text, last text);
      INSERT INTO staff VALUES (1, 'Anna Maria', 'Lind'), (2, 'Bo', NULL), (3, 'Cy', 'Dee')`,
    up: `ALTER TABLE staff ADD COLUMN name text;
      UPDATE staff SET name = concat_ws(' ', first, last);
      ALTER TABLE staff DROP COLUMN first, DROP COLUMN last`,
    down: `ALTER TABLE staff ADD COLUMN first text, ADD COLUMN last text;
      UPDATE staff SET first = split_part(name, ' ', 1), last = split_part(name, ' ', 2);
      ALTER TABLE staff DROP COLUMN name`,
    names: ["staff", "first"],
  },
  {
    name: "two columns come back crossed",
    before: `CREATE TABLE spots (id int PRIMARY KEY, lat float8, lng float8);
      INSERT INTO spots VALUES (1, 52.5, 13.4), (2, NULL, NULL)`,
    up: `ALTER TABLE spots ADD COLUMN place float8[]; UPDATE spots SET place = ARRAY[lat, lng];
      ALTER TABLE spots DROP COLUMN lat, DROP COLUMN lng`,
    down: `ALTER TABLE spots ADD COLUMN lat float8, ADD COLUMN lng float8;
      UPDATE spots SET lat = place[2], lng = place[1]; ALTER TABLE spots DROP COLUMN place`,
    names: ["spots", "lat"],
  },
  {
    name: "a dropped column comes back empty",
    before: `CREATE TABLE carts (id int PRIMARY KEY, coupon text);
      INSERT INTO carts VALUES (1, 'SPRING'), (2, NULL)`,
    up: "ALTER TABLE carts DROP COLUMN coupon",
    down: "ALTER TABLE carts ADD COLUMN coupon text",
    names: ["carts", "coupon"],
  },
  {
    name: "a dropped table comes back empty",
    before: `CREATE TABLE coupons (code varchar(20) PRIMARY KEY, percent int);
      INSERT INTO coupons VALUES ('SPRING', 10)`,
    up: "DROP TABLE coupons",
    down: "CREATE TABLE coupons (code varchar(20) PRIMARY KEY, percent int)",
    names: ["coupons"],
  },
  {
    name: "a truncated table is filled from the seeds",
    before: `CREATE TABLE roles (id int PRIMARY KEY, role text);
      INSERT INTO roles VALUES (1, 'admin'), (2, 'reader'), (3, 'made in production')`,
    up: "TRUNCATE roles",
    down: "INSERT INTO roles VALUES (1, 'admin'), (2, 'reader')",
    names: ["roles"],
  },
  {
    name: "children that a cascade deleted are gone",
    before: plans,
    up: "DELETE FROM plans WHERE id = 1",
    down: "INSERT INTO plans VALUES (1, 'legacy')",
    names: ["contracts"],
  },
  {
    name: "deleted rows come back in part",
    before: plans,
    up: "CREATE TABLE parked AS SELECT * FROM contracts; DELETE FROM contracts",
    down: `INSERT INTO contracts SELECT parked.* FROM parked JOIN plans ON plans.id = parked.plan;
      DROP TABLE parked`,
    names: ["contracts"],
  },
  {
    name: "duplicates that the up removed are gone",
    before: `CREATE TABLE subscribers (email varchar(80), since date);
      INSERT INTO subscribers SELECT 's' || i % 10, '2024-01-01' FROM generate_series(1, 30) i`,
    up: `DELETE FROM subscribers s USING subscribers t
      WHERE s.email = t.email AND s.since = t.since AND s.ctid > t.ctid`,
    down: "SELECT 1",
    names: ["subscribers"],
  },
  {
    name: "rows that were there before are deleted with those of the up",
    before: `CREATE TABLE statuses (id int PRIMARY KEY, status text);
      INSERT INTO statuses VALUES (1, 'open'), (2, 'done'), (900, 'made in production')`,
    up: "INSERT INTO statuses VALUES (-77, 'archived') ON CONFLICT DO NOTHING",
    down: "DELETE FROM statuses WHERE id NOT IN (1, 2)",
    names: ["statuses"],
  },
  {
    name: "rows of the up are left",
    before: `CREATE TABLE statuses (id int PRIMARY KEY, status text);
      INSERT INTO statuses VALUES (1, 'open')`,
    up: "INSERT INTO statuses VALUES (-77, 'archived'), (-78, 'spam') ON CONFLICT DO NOTHING",
    down: "DELETE FROM statuses WHERE id = -77",
    names: ["statuses"],
  },
  {
    name: "an UPDATE without WHERE touches rows that the up did not",
    before: members,
    up: "UPDATE members SET tier = 'gold' WHERE tier = 'vip'",
    down: "UPDATE members SET tier = 'vip'",
    names: ["members", "tier"],
  },
  {
    name: "an UPDATE takes rows along that had the new value before",
    before: members,
    up: "UPDATE members SET tier = 'gold' WHERE tier = 'vip'",
    down: "UPDATE members SET tier = 'vip' WHERE tier = 'gold'",
    names: ["members", "tier"],
  },
  {
    name: "positions are numbered anew for good",
    before: `CREATE TABLE cards (id int PRIMARY KEY, position int);
      INSERT INTO cards VALUES (1, 10), (2, 20), (3, 25), (4, NULL)`,
    up: `UPDATE cards SET position = n FROM
      (SELECT id, row_number() OVER (ORDER BY position,
        id) AS n FROM cards) o WHERE o.id = cards.id`,
    down: "SELECT 1",
    names: ["cards", "position"],
  },
  {
    name: "rows moved to another table come back without a column",
    before: `CREATE TABLE mails (id int PRIMARY KEY, subject text, read boolean);
      CREATE TABLE mails_old (id int PRIMARY KEY, subject text);
      INSERT INTO mails VALUES (1, 'hello', true), (2, NULL, NULL)`,
    up: `INSERT INTO mails_old SELECT id, subject FROM mails WHERE read ON CONFLICT DO NOTHING;
      DELETE FROM mails WHERE read`,
    down: `INSERT INTO mails SELECT id, subject FROM mails_old ON CONFLICT DO NOTHING;
      DELETE FROM mails_old WHERE id IN (SELECT id FROM mails)`,
    names: ["mails"],
  },
  {
    name: "a swap with a copy loses what was written to it",
    before: `CREATE TABLE clients (id int PRIMARY KEY, name text);
      INSERT INTO clients VALUES (1, 'ann')`,
    up: `CREATE TABLE clients_new (LIKE clients INCLUDING ALL);
      INSERT INTO clients_new SELECT * FROM clients;
      ALTER TABLE clients RENAME TO clients_old; ALTER TABLE clients_new RENAME TO clients`,
    down: "DROP TABLE clients; ALTER TABLE clients_old RENAME TO clients",
    names: ["clients"],
  },
  {
    name: "a column that stood aside comes back stale",
    before: `CREATE TABLE clients (id int PRIMARY KEY, phone varchar(40));
      INSERT INTO clients VALUES (1, '123'), (2, NULL)`,
    up: `ALTER TABLE clients RENAME COLUMN phone TO old_phone;
      ALTER TABLE clients ADD COLUMN phone varchar(40); UPDATE clients SET phone = old_phone`,
    down: `ALTER TABLE clients DROP COLUMN phone;
      ALTER TABLE clients RENAME COLUMN old_phone TO phone`,
    names: ["clients", "phone"],
  },
  {
    name: "a backup overwrites what was written since",
    before: prices,
    up: `CREATE TABLE prices_was AS TABLE prices; UPDATE prices SET price = price + 1 WHERE price <
        99999`,
    down: `UPDATE prices SET price = w.price FROM prices_was w WHERE w.id = prices.id;
      DROP TABLE prices_was`,
    names: ["prices", "price"],
  },
  {
    name: "a table is put back from a backup as a whole",
    before: prices,
    up: "CREATE TABLE prices_was AS TABLE prices; UPDATE prices SET price = 0 WHERE price < 0",
    down: "TRUNCATE prices; INSERT INTO prices SELECT * FROM prices_was; DROP TABLE prices_was",
    names: ["prices"],
  },
  {
    name: "rows that the new release wrote are deleted",
    before: `CREATE TABLE leads (id int PRIMARY KEY, name text);
      INSERT INTO leads VALUES (1, 'ann')`,
    up: "ALTER TABLE leads ADD COLUMN form int; ALTER TABLE leads ALTER form SET DEFAULT 2",
    down: "DELETE FROM leads WHERE form IS NOT NULL; ALTER TABLE leads DROP COLUMN form",
    names: ["leads"],
  },
];
