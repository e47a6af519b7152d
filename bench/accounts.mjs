// Owns: the table whose rows are changed in benchmarks: a key, an index, and columns of several types.

import pg from "pg";

/** @param {pg.Client} client @param {number} rows */
export async function fill(client, rows) {
  await client.query("DROP TABLE IF EXISTS accounts");
  await client.query(`CREATE TABLE accounts (id bigint PRIMARY KEY, name text, email text,
    status int, amount numeric, at timestamptz)`);
  await client.query(
    `INSERT INTO accounts SELECT i, 'name ' || i, 'user' || i || '@example.com', i % 7, i * 1.5, now()
     FROM generate_series(1, $1::int) AS i`,
    [rows],
  );
  await client.query("CREATE INDEX ON accounts (email)");
  await settle(client);
}

/**
 * What writing left to be done must not be paid by what is measured. `others`: written with it.
 * @param {pg.Client} client @param {string[]} others
 */
export async function settle(client, ...others) {
  await client.query(`VACUUM ANALYZE ${["accounts", ...others].join(", ")}`);
  await client.query("CHECKPOINT");
}
