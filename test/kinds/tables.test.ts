// Proofs of the kinds that make, move, mark or drop whole tables.

import { proveKind, role } from "../kinds-harness.ts";

const t = "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 2), (2, NULL); ";
const rows = "SELECT * FROM t ORDER BY 1";

proveKind("create-table", [
  {
    sql: "CREATE TABLE x (id serial PRIMARY KEY, b text UNIQUE, c int REFERENCES t, CHECK (c > 0))",
    before: t,
  },
  { sql: "CREATE TABLE IF NOT EXISTS t (x int)", before: t, undo: [] },
  { sql: "CREATE TABLE IF NOT EXISTS x (x int)", before: t, undo: ["DROP TABLE public.x"] },
  { sql: "CREATE TEMP TABLE IF NOT EXISTS x (x int)", before: t, undo: [] },
  { sql: "CREATE UNLOGGED TABLE x (x int GENERATED ALWAYS AS IDENTITY)", before: t },
  { sql: "CREATE TABLE x (LIKE t INCLUDING ALL)", before: t },
  { sql: "CREATE TABLE x (more int) INHERITS (t)", before: t },
  { sql: "CREATE TABLE x (id int) PARTITION BY RANGE (id)" },
  {
    sql: "CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1)",
    before: "CREATE TABLE m (id int PRIMARY KEY) PARTITION BY LIST (id)",
  },
  { sql: "CREATE TABLE x OF ty (PRIMARY KEY (a))", before: "CREATE TYPE ty AS (a int, b text)" },
]);

proveKind("create-table-as", [
  { sql: "CREATE TABLE x AS SELECT * FROM t", before: t },
  { sql: "CREATE TABLE IF NOT EXISTS t AS SELECT 1", before: t, undo: [] },
  { sql: "CREATE TABLE x (b) AS VALUES (1), (2) WITH NO DATA" },
]);

proveKind("select-into", [
  { sql: "SELECT id INTO x FROM t", before: t, undo: ["DROP TABLE public.x"] },
  { sql: "SELECT id INTO x FROM t UNION SELECT 3", before: t },
]);

proveKind("drop-table", [
  { sql: "DROP TABLE t", before: t, verdict: "lossy", losses: ["table t: 2"] },
  { sql: "DROP TABLE IF EXISTS nobody, nobody.nothing", undo: [] },
  {
    sql: "DROP TABLE IF EXISTS t, nobody, u",
    before: `${t}CREATE TABLE u ()`,
    verdict: "lossy",
    losses: ["table t: 2", "table u: 0"],
  },
  {
    sql: "DROP TABLE t CASCADE",
    before: `${t}CREATE TABLE o (t int CONSTRAINT k REFERENCES t); CREATE VIEW v AS SELECT * FROM t; CREATE MATERIALIZED VIEW w AS SELECT * FROM v; CREATE FUNCTION f() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t'; CREATE INDEX ON w (id)`,
    verdict: "lossy",
    losses: [
      "table t: 2",
      "function public.f(): ?",
      "materialized view public.w: ?",
      "table constraint k on public.o: ?",
      "view public.v: ?",
    ],
  },
  {
    sql: "DROP TABLE p CASCADE",
    before: "CREATE TABLE p (id int); CREATE TABLE c () INHERITS (p); INSERT INTO c VALUES (1)",
    verdict: "lossy",
    losses: ["table p: 1", "table public.c: 1"],
  },
  {
    sql: "DROP TABLE m",
    before:
      "CREATE TABLE m (id int) PARTITION BY LIST (id); CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1); INSERT INTO m VALUES (1)",
    verdict: "lossy",
    losses: ["table m: 1"],
  },
]);

proveKind("rename-table", [
  {
    sql: "ALTER TABLE t RENAME TO x",
    before: `${t}CREATE VIEW v AS SELECT * FROM t`,
    undo: ['ALTER TABLE "public"."x" RENAME TO "t"'],
  },
  { sql: "ALTER TABLE IF EXISTS nobody RENAME TO x", undo: [] },
]);

proveKind("set-table-schema", [
  { sql: "ALTER TABLE t SET SCHEMA s", before: `CREATE SCHEMA s; ${t}ALTER TABLE t ADD x serial` },
  { sql: "ALTER TABLE t SET SCHEMA public", before: t, undo: [] },
]);

proveKind("set-options", [
  { sql: "ALTER TABLE t SET (fillfactor = 70)", before: t },
  {
    sql: "ALTER TABLE t SET (fillfactor = 70, autovacuum_enabled = off, toast.autovacuum_enabled = off)",
    before: `${t}ALTER TABLE t ADD b text; ALTER TABLE t SET (autovacuum_enabled = on, fillfactor = 20, toast.autovacuum_vacuum_threshold = 7)`,
  },
  {
    sql: "ALTER TABLE t RESET (fillfactor, parallel_workers)",
    before: `${t}ALTER TABLE t SET (autovacuum_enabled = on, fillfactor = 20)`,
  },
  { sql: "ALTER INDEX t_pkey SET (fillfactor = 70)", before: t },
  { sql: "ALTER VIEW v SET (security_barrier)", before: `${t}CREATE VIEW v AS SELECT 1` },
]);

proveKind("set-logged", [
  { sql: "ALTER TABLE t SET UNLOGGED", before: t, rows },
  { sql: "ALTER TABLE t SET LOGGED", before: "CREATE UNLOGGED TABLE t (id serial)", rows },
  { sql: "ALTER TABLE t SET LOGGED", before: t },
]);

proveKind("set-tablespace", [
  { sql: "ALTER TABLE t SET TABLESPACE pg_default", before: t },
  { sql: "ALTER INDEX t_pkey SET TABLESPACE pg_default", before: t },
]);

proveKind("move-tablespace", [
  { sql: "ALTER TABLE ALL IN TABLESPACE pg_default SET TABLESPACE pg_default", before: t },
]);

proveKind("set-access-method", [
  {
    sql: "ALTER TABLE t SET ACCESS METHOD heap2",
    before: `${t}CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler`,
    rows,
    since: 15,
  },
]);

proveKind("replica-identity", [
  { sql: "ALTER TABLE t REPLICA IDENTITY FULL", before: t },
  {
    sql: "ALTER TABLE t REPLICA IDENTITY USING INDEX t_pkey",
    before: `${t}ALTER TABLE t REPLICA IDENTITY NOTHING`,
  },
  {
    sql: "ALTER TABLE t REPLICA IDENTITY DEFAULT",
    before: `${t}ALTER TABLE t REPLICA IDENTITY USING INDEX t_pkey`,
  },
]);

proveKind("row-security", [
  { sql: "ALTER TABLE t ENABLE ROW LEVEL SECURITY", before: t },
  {
    sql: "ALTER TABLE t DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY",
    before: `${t}ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`,
  },
  { sql: "ALTER TABLE t FORCE ROW LEVEL SECURITY", before: t },
]);

const triggers = `${t}CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
  CREATE TRIGGER one AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
  CREATE TRIGGER two AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
  CREATE TABLE o (t int REFERENCES t); ALTER TABLE t DISABLE TRIGGER two; `;
const partedTriggers = `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
  CREATE TABLE m (id int) PARTITION BY LIST (id); CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1); CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2);
  CREATE TRIGGER one AFTER INSERT ON m FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE m1 ENABLE ALWAYS TRIGGER one; `;

proveKind("enable-trigger", [
  { sql: "ALTER TABLE t DISABLE TRIGGER one", before: triggers },
  { sql: "ALTER TABLE t ENABLE REPLICA TRIGGER two", before: triggers },
  { sql: "ALTER TABLE t DISABLE TRIGGER ALL", before: triggers },
  { sql: "ALTER TABLE t ENABLE TRIGGER USER", before: triggers },
  { sql: "ALTER TABLE m DISABLE TRIGGER one", before: partedTriggers },
  { sql: "ALTER TABLE m DISABLE TRIGGER ALL", before: partedTriggers },
]);

proveKind("enable-rule", [
  { sql: "ALTER TABLE t DISABLE RULE r", before: `${t}CREATE RULE r AS ON DELETE TO t DO NOTHING` },
  {
    sql: "ALTER TABLE t ENABLE RULE r",
    before: `${t}CREATE RULE r AS ON DELETE TO t DO NOTHING; ALTER TABLE t ENABLE ALWAYS RULE r`,
  },
]);

proveKind("owner-to", [
  {
    sql: 'ALTER TABLE t OWNER TO "new owner"',
    before: `${role("new owner")}${t}ALTER TABLE t ADD s serial`,
  },
  {
    sql: 'ALTER TABLE t OWNER TO "new owner"',
    before: `${role("new owner")}${role("other")}${t}GRANT SELECT, INSERT ON t TO "new owner" WITH GRANT OPTION; GRANT UPDATE ON t TO other; GRANT SELECT (a) ON t TO "new owner"`,
  },
  {
    sql: 'ALTER VIEW v OWNER TO "new owner"',
    before: `${role("new owner")}CREATE VIEW v AS SELECT 1`,
  },
  {
    sql: 'ALTER SEQUENCE s OWNER TO "new owner"',
    before: `${role("new owner")}CREATE SEQUENCE s; GRANT USAGE ON SEQUENCE s TO "new owner"`,
  },
  { sql: "ALTER TABLE IF EXISTS nobody OWNER TO CURRENT_USER", undo: [] },
]);

const heirs =
  "CREATE TABLE p (id int CHECK (id > 0)); CREATE TABLE c (id int CHECK (id > 0), n int); ";

proveKind("add-inherit", [
  { sql: "ALTER TABLE c INHERIT p", before: heirs.replaceAll("CHECK", "CONSTRAINT k CHECK") },
]);

proveKind("drop-inherit", [
  {
    sql: "ALTER TABLE c NO INHERIT p",
    before: `${heirs.replaceAll("CHECK", "CONSTRAINT k CHECK")}ALTER TABLE c INHERIT p`,
  },
  {
    sql: "ALTER TABLE c NO INHERIT p",
    before: "CREATE TABLE p (id int); CREATE TABLE c (n int) INHERITS (p)",
    verdict: "lossy",
    losses: ["inheritance of c: ?"],
    residual: ["table public.c: column id was integer inherited, is integer inherited and local"],
  },
]);

proveKind("set-of-type", [
  { sql: "ALTER TABLE t OF ty", before: `${t}CREATE TYPE ty AS (id int, a int)` },
  {
    sql: "ALTER TABLE x NOT OF",
    before: "CREATE TYPE ty AS (a int, b text); CREATE TABLE x OF ty",
  },
]);

const foreign = `DROP FOREIGN DATA WRAPPER IF EXISTS w CASCADE; CREATE FOREIGN DATA WRAPPER w; CREATE SERVER srv FOREIGN DATA WRAPPER w;
  CREATE FOREIGN TABLE ft (a int OPTIONS (x 'y'), b int) SERVER srv OPTIONS (one '1', two 'it''s'); `;

proveKind("set-foreign-options", [
  { sql: "ALTER FOREIGN TABLE ft OPTIONS (SET one '2', DROP two, ADD three '3')", before: foreign },
  { sql: "ALTER FOREIGN TABLE ft ALTER a OPTIONS (SET x 'z', q '1')", before: foreign },
]);

proveKind("set-without-oids", [{ sql: "ALTER TABLE t SET WITHOUT OIDS", before: t, undo: [] }]);
