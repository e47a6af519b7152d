// Proofs with names that need quoting everywhere, in a schema that only search_path finds.

import { proveKind, role } from "../kinds-harness.ts";

const schema = `"we""ird; Schema"`;
const table = `"sel ect"`;
const before = `${role(`o'wner "x"`)}
  CREATE SCHEMA ${schema}; SET search_path TO ${schema};
  CREATE TYPE "Ty pe" AS ENUM ('it''s', 'b\\s');
  CREATE TABLE ${table} ("order" int PRIMARY KEY, "c'ol" text DEFAULT 'it''s \\ "q"' NOT NULL, "Ünï""x" "Ty pe", "100%" int[]);
  CREATE INDEX "in dex" ON ${table} ("c'ol", lower("c'ol")) WHERE "c'ol" <> E'\\'';
  COMMENT ON INDEX "in dex" IS 'it''s'; COMMENT ON COLUMN ${table}."c'ol" IS E'a\\\\b''c';
  ALTER TABLE ${table} ADD CONSTRAINT "ch eck" CHECK ("c'ol" <> 'x''y' AND "order" > 0);
  CREATE TABLE "chi""ld" ("fk" int, CONSTRAINT "f k" FOREIGN KEY ("fk") REFERENCES ${table}) ;
  CREATE TABLE "par ted" ("k" int) PARTITION BY LIST ("k"); CREATE TABLE "part 1" PARTITION OF "par ted" DEFAULT;
  INSERT INTO ${table} VALUES (1, 'a'), (2, 'b'); GRANT SELECT ("c'ol") ON ${table} TO "o'wner ""x""";`;

const exact: [kind: string, ...sql: string[]][] = [
  ["create-table", `CREATE TABLE "new;one" ("a b" serial, "c" int REFERENCES ${table})`],
  ["create-table-as", `CREATE TABLE "new;one" AS SELECT 1 AS "a b"`],
  ["select-into", `SELECT 1 AS "a b" INTO "new;one"`],
  ["rename-table", `ALTER TABLE ${table} RENAME TO "ta""ble"`],
  ["set-table-schema", `ALTER TABLE ${table} SET SCHEMA public`],
  ["add-column", `ALTER TABLE ${table} ADD "n""ew" "Ty pe" DEFAULT 'it''s'`],
  ["rename-column", `ALTER TABLE ${table} RENAME "c'ol" TO "co""l"`],
  [
    "alter-column-type",
    `ALTER TABLE ${table} ALTER "c'ol" TYPE varchar(20)`,
    `ALTER TABLE ${table} ALTER "Ünï""x" TYPE text`,
    `ALTER TABLE ${table} ALTER "order" TYPE bigint`,
    `ALTER TABLE ${table} ALTER "100%" TYPE bigint[]`,
  ],
  ["set-default", `ALTER TABLE ${table} ALTER "c'ol" SET DEFAULT 'z'`],
  ["drop-default", `ALTER TABLE ${table} ALTER "c'ol" DROP DEFAULT`],
  ["drop-not-null", `ALTER TABLE ${table} ALTER "c'ol" DROP NOT NULL`],
  ["add-check", `ALTER TABLE ${table} ADD CHECK ("c'ol" <> 'q')`],
  ["add-foreign-key", `ALTER TABLE "chi""ld" ADD FOREIGN KEY ("fk") REFERENCES ${table}`],
  ["add-unique", `ALTER TABLE ${table} ADD UNIQUE ("c'ol")`],
  ["add-primary-key", `ALTER TABLE "chi""ld" ADD PRIMARY KEY ("fk")`],
  [
    "drop-constraint",
    `ALTER TABLE ${table} DROP CONSTRAINT "ch eck"`,
    `ALTER TABLE ${table} DROP CONSTRAINT "sel ect_pkey" CASCADE`,
  ],
  ["rename-constraint", `ALTER TABLE ${table} RENAME CONSTRAINT "ch eck" TO "c"`],
  [
    "create-index",
    `CREATE INDEX ON ${table} (lower("c'ol"))`,
    `CREATE INDEX CONCURRENTLY "i ""2" ON ${table} ("c'ol")`,
    `CREATE INDEX CONCURRENTLY ON ${table} ("c'ol")`,
  ],
  ["drop-index", `DROP INDEX "in dex"`, `DROP INDEX CONCURRENTLY "in dex"`],
  ["rename-index", `ALTER INDEX "in dex" RENAME TO "ind"`],
  ["owner-to", `ALTER TABLE ${table} OWNER TO "o'wner ""x"""`],
  ["set-options", `ALTER TABLE ${table} SET (fillfactor = 40)`],
  ["detach-partition", `ALTER TABLE "par ted" DETACH PARTITION "part 1"`],
  ["cluster", `CLUSTER ${table} USING "sel ect_pkey"`],
  ["add-identity", `ALTER TABLE ${table} ALTER "order" ADD GENERATED ALWAYS AS IDENTITY`],
];

for (const [kind, ...statements] of exact) {
  proveKind(
    kind,
    statements.map((sql) => ({ sql, before })),
  );
}

proveKind("drop-column", [
  {
    sql: `ALTER TABLE ${table} DROP "c'ol"`,
    before,
    verdict: "lossy",
    losses: [`column "sel ect"."c'ol": 2`],
    residual: [
      `table "we""ird; Schema"."sel ect": column order was "order", "c'ol", "Ünï""x", "100%", is "order", "Ünï""x", "100%", "c'ol"`,
    ],
  },
]);

proveKind("drop-table", [
  {
    sql: `DROP TABLE ${table} CASCADE`,
    before,
    verdict: "lossy",
    losses: ['table "sel ect": 2', `table constraint "f k" on "we""ird; Schema"."chi""ld": ?`],
  },
]);
