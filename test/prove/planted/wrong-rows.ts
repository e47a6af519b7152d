// Owns: downs that get one row of many wrong, which no sample finds.

import type { Planted } from "./planted.ts";

const many = 20_000;

const accounts = `CREATE TABLE accounts (id int PRIMARY KEY, name text, balance numeric);
  INSERT INTO accounts SELECT i, 'account ' || i, i * 1.5 FROM generate_series(1, ${many}) i;`;

const lines = `CREATE TABLE lines (line text, at timestamp);
  INSERT INTO lines SELECT 'line ' || i % 5000, '2024-01-01' FROM generate_series(0,
    ${many - 1}) i;`;

export const wrongRows: Planted[] = [
  {
    name: "the up changes one row on the quiet",
    before: accounts,
    up: "UPDATE accounts SET name = 'ACCOUNT 7777' WHERE id = 7777",
    down: "SELECT 1",
    names: ["accounts", "name", "7777"],
  },
  {
    name: "the inverse leaves out every ten thousandth row",
    before: accounts,
    up: "UPDATE accounts SET balance = balance + 1",
    down: "UPDATE accounts SET balance = balance - 1 WHERE id % 10000 <> 0",
    names: ["accounts", "balance", "10000"],
  },
  {
    name: "one deleted row comes back with a blank at its end",
    before: accounts,
    up: "DELETE FROM accounts WHERE id = 19999",
    down: "INSERT INTO accounts VALUES (19999, 'account 19999 ', 29998.5)",
    names: ["accounts", "name", "19999"],
  },
  {
    name: "one value comes back equal and not the same",
    before: accounts,
    up: "UPDATE accounts SET balance = NULL WHERE id = 12346",
    down: "UPDATE accounts SET balance = 18519 WHERE id = 12346",
    names: ["accounts", "balance", "12346"],
  },
  {
    name: "the last row falls out of a batch",
    before: accounts,
    up: `CREATE TABLE accounts_was AS TABLE accounts; UPDATE accounts SET name = upper(name)`,
    down: `DO $$ BEGIN
        FOR batch IN 0..19 LOOP
          UPDATE accounts SET name = w.name FROM accounts_was w
          WHERE w.id = accounts.id AND accounts.name = upper(w.name)
            AND accounts.id >= batch * 1000 AND accounts.id < (batch + 1) * 1000;
        END LOOP;
      END $$; DROP TABLE accounts_was`,
    names: ["accounts", "name", "20000"],
  },
  {
    name: "one of four equal rows of a table without a key is gone",
    before: lines,
    up: "DELETE FROM lines WHERE ctid = (SELECT max(ctid) FROM lines WHERE line = 'line 4321')",
    down: "SELECT 1",
    names: ["lines"],
  },
  {
    name: "one row of a table without a key is there twice",
    before: lines,
    up: "CREATE TABLE lines_was AS SELECT * FROM lines WHERE line = 'line 17' LIMIT 1",
    down: "INSERT INTO lines SELECT * FROM lines_was; DROP TABLE lines_was",
    names: ["lines"],
  },
  {
    name: "one NULL becomes an empty text",
    before: `${accounts} UPDATE accounts SET name = NULL WHERE id = 4242`,
    up: "UPDATE accounts SET name = 'nobody' WHERE name IS NULL AND id = 4242",
    down: "UPDATE accounts SET name = '' WHERE name = 'nobody'",
    names: ["accounts", "name", "4242"],
  },
];
