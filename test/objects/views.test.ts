import { proveUndo } from "./prove-undo.ts";

const base = `CREATE SCHEMA "S x"; SET search_path = "S x", public;
  CREATE TABLE "T ""q" (id int PRIMARY KEY, "sel ect" text, "Ünï" numeric); INSERT INTO "T ""q" VALUES (1, 'a', 2);
  CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';`;

const stack = `${base} CREATE VIEW "V 1" WITH (security_barrier = true) AS SELECT id, "sel ect" AS "from" FROM "T ""q";
  CREATE VIEW v2 AS SELECT * FROM "V 1" WHERE id > 0 WITH LOCAL CHECK OPTION;
  CREATE MATERIALIZED VIEW m3 AS SELECT id, "from" FROM v2; CREATE UNIQUE INDEX "m 3" ON m3 (id) INCLUDE ("from");
  CREATE VIEW v4 AS SELECT m3.id, v2."from" FROM m3 JOIN v2 USING (id);
  COMMENT ON VIEW "V 1" IS 'it''s \\ "v"'; COMMENT ON COLUMN "V 1"."from" IS 'col'; ALTER VIEW "V 1" ALTER COLUMN "from" SET DEFAULT 'x';
  GRANT SELECT ON "V 1" TO pg_monitor WITH GRANT OPTION; GRANT UPDATE ("from"), SELECT (id) ON "V 1" TO PUBLIC; REVOKE DELETE ON v2 FROM CURRENT_USER;
  CREATE TRIGGER "tr g" INSTEAD OF INSERT ON "V 1" FOR EACH ROW EXECUTE FUNCTION tf('a', 'b'); COMMENT ON TRIGGER "tr g" ON "V 1" IS 't';
  CREATE RULE "r u" AS ON DELETE TO "V 1" DO INSTEAD NOTHING; COMMENT ON INDEX "m 3" IS 'i'; ALTER TABLE m3 CLUSTER ON "m 3";
  ALTER MATERIALIZED VIEW m3 ALTER COLUMN "from" SET STORAGE EXTERNAL; ALTER MATERIALIZED VIEW m3 ALTER COLUMN id SET STATISTICS 55;
  ALTER MATERIALIZED VIEW m3 SET (autovacuum_enabled = false); CREATE STATISTICS st ON id, "from" FROM m3; COMMENT ON MATERIALIZED VIEW m3 IS 'm'; ALTER VIEW v4 OWNER TO pg_monitor;`;

const rows = `SELECT to_regclass('m3') IS NOT NULL AS there`;

proveUndo("create-view", [
  { before: base, sql: `CREATE VIEW v AS SELECT * FROM "T ""q"` },
  {
    before: base,
    sql: `CREATE OR REPLACE VIEW public."v w" (a, b) WITH (security_barrier) AS SELECT 1, 2 WITH CHECK OPTION`.replace(
      " WITH CHECK OPTION",
      "",
    ),
  },
  {
    before: base,
    sql: `CREATE RECURSIVE VIEW r (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 5`,
  },
  {
    before: stack,
    sql: `CREATE OR REPLACE VIEW "V 1" AS SELECT id, upper("sel ect") AS "from" FROM "T ""q"`,
    undo: /^CREATE OR REPLACE VIEW/,
  },
  {
    before: stack,
    sql: `CREATE OR REPLACE VIEW "V 1" AS SELECT *  FROM (SELECT id, "sel ect" AS "from", 1 AS more FROM "T ""q") q`,
    undo: /^DROP VIEW/,
  },
  { before: stack, sql: `CREATE OR REPLACE VIEW v2 AS SELECT id, "from" FROM "V 1"` },
]);

proveUndo(
  "drop-object",
  [
    { sql: "DROP VIEW IF EXISTS v, nowhere.w", undo: /^$/ },
    { before: `${base} CREATE VIEW v AS SELECT 1 AS a`, sql: "DROP VIEW v" },
    { before: stack, sql: `DROP VIEW "V 1" CASCADE`, rows },
    { before: stack, sql: "DROP VIEW v4 RESTRICT", rows },
    {
      before: `CREATE VIEW a AS SELECT 1 AS x; CREATE VIEW b AS SELECT x FROM a; CREATE VIEW c AS SELECT a.x FROM a, b`,
      sql: "DROP VIEW c, a, b",
    },
    {
      before: `CREATE VIEW a AS SELECT 1 AS x; CREATE FUNCTION f() RETURNS SETOF a LANGUAGE sql AS 'SELECT 1'; CREATE VIEW b AS SELECT * FROM f()`,
      sql: "DROP VIEW a CASCADE",
    },
    {
      before: `CREATE VIEW a AS SELECT 1 AS x; CREATE TABLE t (r a)`,
      sql: "DROP VIEW a CASCADE",
      verdict: "lossy",
      why: /public\.t\.r/,
    },
    {
      before: `ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor; CREATE VIEW a AS SELECT 1 AS x; REVOKE ALL ON a FROM pg_monitor; CREATE VIEW b AS SELECT 1 AS x; GRANT INSERT ON b TO PUBLIC`,
      sql: "DROP VIEW a, b",
    },
    {
      before: `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor WITH GRANT OPTION; CREATE VIEW a AS SELECT 1 AS x; REVOKE GRANT OPTION FOR SELECT ON a FROM pg_monitor; ALTER VIEW a OWNER TO pg_read_all_data; CREATE VIEW b AS SELECT 1 AS x;  SET ROLE pg_monitor; GRANT SELECT ON b TO PUBLIC; RESET ROLE`,
      sql: "DROP VIEW a, b",
    },
  ],
  "drop-view",
);

proveUndo("create-materialized-view", [
  { before: base, sql: `CREATE MATERIALIZED VIEW "m é" AS SELECT * FROM "T ""q"` },
  {
    before: `${base} CREATE MATERIALIZED VIEW m AS SELECT 1`,
    sql: "CREATE MATERIALIZED VIEW IF NOT EXISTS m AS SELECT 2",
    undo: /^$/,
  },
  {
    before: "CREATE MATERIALIZED VIEW m AS SELECT 1; CREATE SCHEMA s; SET search_path = s, public",
    sql: "CREATE MATERIALIZED VIEW IF NOT EXISTS m AS SELECT 2 WITH NO DATA",
    undo: /DROP MATERIALIZED VIEW "s"."m"/,
  },
]);

proveUndo(
  "drop-object",
  [
    { before: stack, sql: "DROP MATERIALIZED VIEW m3 CASCADE", rows: "SELECT count(*) FROM v2" },
    {
      before: `${base} CREATE MATERIALIZED VIEW m AS SELECT 1 AS a WITH NO DATA; ALTER MATERIALIZED VIEW m REPLICA IDENTITY FULL`,
      sql: "DROP MATERIALIZED VIEW m",
    },
  ],
  "drop-materialized-view",
);

proveUndo("refresh-materialized-view", [
  { before: stack, sql: "REFRESH MATERIALIZED VIEW CONCURRENTLY m3", undo: /^$/ },
  { before: stack, sql: "REFRESH MATERIALIZED VIEW m3", undo: /^$/ },
  {
    before: stack,
    sql: "REFRESH MATERIALIZED VIEW m3 WITH NO DATA",
    undo: /^REFRESH/,
    rows: "SELECT count(*) FROM m3",
  },
  {
    before: "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a WITH NO DATA",
    sql: "REFRESH MATERIALIZED VIEW m",
    undo: /WITH NO DATA/,
  },
]);
