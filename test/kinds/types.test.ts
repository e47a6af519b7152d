// Proofs of ALTER COLUMN TYPE: what changes back exactly, what is lost, and what refuses loudly.

import { expect, test } from "vitest";
import { parseStatement } from "../../src/dialects/postgres/parse.ts";
import { connect } from "../../src/dialects/postgres/session.ts";
import { carryOut, type KindCase, proveKind, runUndo } from "../kinds-harness.ts";
import { createDatabase, forEachServer } from "../support/servers.ts";

const rows = "SELECT c::text FROM t ORDER BY ctid";

/** `from` -> `to`, with values; the change is exact and gives the same values back. */
function exact(from: string, to: string, values: string, more: Partial<KindCase> = {}): KindCase {
  return {
    sql: `ALTER TABLE t ALTER c TYPE ${to}`,
    before: `CREATE TABLE t (c ${from}); INSERT INTO t VALUES ${values}, (NULL)`,
    rows,
    ...more,
  };
}

/** As {@link exact}, but this many rows do not come back. */
function lossy(from: string, to: string, values: string, lost: string): KindCase {
  return {
    sql: `ALTER TABLE t ALTER c TYPE ${to}`,
    before: `CREATE TABLE t (c ${from}); INSERT INTO t VALUES ${values}, (NULL)`,
    verdict: "lossy",
    losses: [`column t.c: ${lost}`],
    residual: [],
    once: true,
  };
}

/** As {@link lossy}, and what is left has not even the old type's form. */
function unreadable(from: string, to: string, values: string, lost: string): KindCase {
  return { ...lossy(from, to, values, lost), undoFails: /invalid input syntax/ };
}

const mood =
  "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE mood2 AS ENUM ('sad', 'ok', 'fine'); ";

proveKind("alter-column-type", [
  exact("int", "bigint", "(1), (-5)"),
  exact("smallint", "int", "(1)"),
  exact("bigint", "int", "(1)"),
  exact("int", "numeric(12,2)", "(1)"),
  exact("int", "float8", "(2147483647)"),
  exact("int", "text", "(1)"),
  exact("varchar(5)", "varchar(10)", "('abc')"),
  exact("varchar(5)", "text", "('abc ')"),
  exact("text", "varchar", "('abc ')"),
  exact("text", "varchar(3)", "('abc')"),
  exact("char(5)", "text", "('abc')"),
  exact("numeric(5,2)", "numeric(7,3)", "(1.25)"),
  exact("numeric(5,2)", "numeric", "(1.25)"),
  exact("numeric(10,0)", "bigint", "(77)"),
  exact("float4", "float8", "(1.1)"),
  exact("date", "timestamp", "('2024-02-29')"),
  exact("date", "timestamptz", "('2024-02-29')"),
  exact("timestamp", "timestamptz", "('2024-03-31 02:30:00')"),
  exact("timestamptz", "timestamp", "('2024-03-31 02:30:00+00')"),
  exact("timestamp", "timestamptz USING c AT TIME ZONE 'UTC'", "('2024-03-31 02:30:00')"),
  exact("timestamp(0)", "timestamp", "('2024-03-31 02:30:00')"),
  exact("uuid", "text", "('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')"),
  exact("boolean", "int USING c::int", "(true), (false)"),
  exact("jsonb", "json", `('{"a": 1}')`),
  exact("json", "text", `('{"a":1}')`),
  exact("cidr", "inet", "('10.0.0.0/8')"),
  exact("text", "int USING c::int", "('7')"),
  exact("int[]", "bigint[]", "('{1,2}')"),
  exact('text COLLATE "C"', 'text COLLATE "POSIX"', "('a')"),
  exact("text", 'text COLLATE "C"', "('a')"),
  {
    ...exact("mood", "text", "('sad')"),
    before: `${mood}CREATE TABLE t (c mood DEFAULT 'ok'); INSERT INTO t VALUES ('sad')`,
    sql: "ALTER TABLE t ALTER c DROP DEFAULT, ALTER c TYPE text, ALTER c SET DEFAULT 'x'",
  },
  {
    ...exact("text", "mood USING c::mood", "('sad')"),
    before: `${mood}CREATE TABLE t (c text); INSERT INTO t VALUES ('sad')`,
  },
  {
    ...exact("mood", "mood2 USING c::text::mood2", "('sad')"),
    before: `${mood}CREATE TABLE t (c mood); INSERT INTO t VALUES ('sad')`,
  },
  {
    ...exact("d", "text", "('a')"),
    before:
      "CREATE DOMAIN d AS varchar(4) CHECK (VALUE <> ''); CREATE TABLE t (c d); INSERT INTO t VALUES ('a')",
  },
  {
    ...exact("int", "bigint", "(1)"),
    before:
      "CREATE TABLE t (c serial PRIMARY KEY); INSERT INTO t DEFAULT VALUES; CREATE TABLE o (x int REFERENCES t)",
  },
  {
    ...exact("int", "bigint", "(1)"),
    before: "CREATE TABLE t (c int GENERATED ALWAYS AS IDENTITY); INSERT INTO t DEFAULT VALUES",
  },
  {
    ...exact("int", "numeric", "(1)"),
    before: `CREATE TABLE t (c int DEFAULT 3 CHECK (c > 0), d int, CONSTRAINT k CHECK (c < d) NOT VALID); COMMENT ON CONSTRAINT k ON t IS 'k';
      CREATE INDEX i ON t (c) WHERE c > 5; CREATE INDEX j ON t ((c + 1)); CREATE UNIQUE INDEX u ON t (c); COMMENT ON INDEX j IS 'j'; INSERT INTO t VALUES (1, 2)`,
  },
  {
    ...exact("text", "varchar(9)", "('a')"),
    before:
      "CREATE TABLE t (c text DEFAULT 'x' NOT NULL CHECK (c <> '')); ALTER TABLE t ALTER c SET STORAGE EXTERNAL, ALTER c SET COMPRESSION pglz, ALTER c SET STATISTICS 7; COMMENT ON COLUMN t.c IS 'c'; INSERT INTO t VALUES ('a')",
  },
  {
    ...exact("int", "numeric, ALTER d TYPE numeric", "(1)"),
    before:
      "CREATE TABLE t (c int, d int, CONSTRAINT k CHECK (c < d)); INSERT INTO t VALUES (1, 2)",
  },
  {
    ...exact("int", "bigint", "(1)"),
    sql: "ALTER TABLE p ALTER c TYPE numeric",
    before:
      "CREATE TABLE p (c int); CREATE TABLE t (k int, CONSTRAINT k CHECK (c > 0)) INHERITS (p); INSERT INTO t VALUES (1, 2); CREATE INDEX i ON t (c) WHERE c > 1",
  },
  {
    ...exact("int", "bigint", "(1)"),
    sql: "ALTER TABLE m ALTER c TYPE bigint",
    before:
      "CREATE TABLE m (k int, c int) PARTITION BY LIST (k); CREATE TABLE t PARTITION OF m DEFAULT; INSERT INTO t VALUES (1, 2); CREATE INDEX ON m (c)",
  },
  {
    sql: "ALTER TABLE t ALTER c TYPE numeric, DROP CONSTRAINT k, DROP CONSTRAINT l, ADD CONSTRAINT l CHECK (c > 7)",
    before:
      "CREATE TABLE t (c int, CONSTRAINT k CHECK (c > 0), CONSTRAINT l CHECK (c > 1)); INSERT INTO t VALUES (9)",
    rows,
  },
  lossy(
    "text",
    "timestamptz USING c::timestamp AT TIME ZONE 'UTC'",
    "('2024-01-01'), ('2024-01-02')",
    "2",
  ),
  unreadable(
    "uuid",
    "varchar(8) USING c::varchar(8)",
    "('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')",
    "1",
  ),
  lossy("numeric(6,2)", "int", "(1.5), (2)", "1"),
  // What is rounded up does not fit back; asking how many rows are changed must not fail on it.
  {
    ...lossy("numeric(4,1)", "numeric(4,0)", "(999.9), (2)", "1"),
    undoFails: /overflow/,
  },
  {
    ...lossy("float8", "numeric", "('1.7976931348623157e308'), (0.5)", "1"),
    undoFails: /out of range/,
  },
  { ...lossy("int8", "float4", "(9223372036854775807), (2)", "1"), undoFails: /out of range/ },
  lossy("text", "varchar(2)", "('a  '), ('b')", "1"),
  lossy("float8", "float4", "(1.1), (0.5)", "1"),
  lossy("timestamp", "date", "('2024-02-29 10:00'), ('2024-02-29')", "1"),
  lossy("text", "int USING c::int", "('007'), ('8')", "1"),
  lossy("json", "jsonb", `('{"a":1}'), ('{"a": 1}')`, "1"),
  lossy("varchar(9)", "varchar(2) USING c::varchar(2)", "('abc'), ('b')", "1"),
  {
    sql: "ALTER TABLE t ALTER c TYPE jsonb USING to_jsonb(c)",
    before: "CREATE TABLE t (c int[])",
  },
  {
    sql: "ALTER TABLE t ALTER c TYPE timestamptz USING to_timestamp(c)",
    before: "CREATE TABLE t (c int)",
  },
  { ...lossy("text", "int USING length(c)", "('abc'), ('b')", "2") },
  {
    sql: "ALTER TABLE t ALTER c TYPE bigint",
    before:
      "CREATE TABLE t (a int, c int GENERATED ALWAYS AS (a + 1) STORED); INSERT INTO t VALUES (1)",
    since: 17,
    rows,
  },
  {
    sql: "ALTER TABLE t ALTER c TYPE bigint",
    before:
      "CREATE TABLE t (a int, c int GENERATED ALWAYS AS (a + 1) STORED); INSERT INTO t VALUES (1)",
    until: 16,
    verdict: "lossy",
    losses: ["column t.c: 0"],
  },
]);

/** A value that came after the change, and does not fit the old type. */
const refused: [from: string, to: string, value: string, message: RegExp][] = [
  ["int", "bigint", "9999999999", /integer out of range/],
  ["varchar(3)", "text", "'abcd'", /value too long/],
  ["numeric(5,1)", "numeric(6,2)", "1.25", /does not fit numeric\(5,1\): 1.25/],
  ["int", "numeric", "1.5", /does not fit integer: 1.5/],
  ["date", "timestamp", "'2024-01-01 10:00'", /does not fit date/],
  ["int", "text", "'seven'", /invalid input syntax/],
  ["float4", "float8", "1.123456789012", /does not fit real/],
  ["boolean", "int USING c::int", "7", /does not fit boolean: 7/],
];

forEachServer("alter-column-type: the undo refuses what it cannot keep", (server) => {
  for (const [from, to, value, message] of refused) {
    test(`${from} -> ${to}, then ${value}`, async () => {
      await using database = await createDatabase(server);
      const session = await connect({ url: database.url, applicationName: "prove-kind" });
      try {
        await session.run(`CREATE TABLE t (c ${from})`);
        const undo = await carryOut(
          session,
          await parseStatement(`ALTER TABLE t ALTER c TYPE ${to}`),
        );
        expect(undo.kind).toBe("exact");
        await session.run(`INSERT INTO t VALUES (${value})`);
        await expect(runUndo(session, undo, "public")).rejects.toThrow(message);
      } finally {
        await session.close();
      }
    });
  }
});
