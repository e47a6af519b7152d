// Proofs of the kinds that change rows, settings or nothing.

import { proveKind } from "../kinds-harness.ts";

const t = "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 2), (2, NULL); ";

proveKind("insert", [
  {
    sql: "INSERT INTO t VALUES (7, 7) ON CONFLICT DO NOTHING",
    before: t,
    verdict: "lossy",
    losses: ["rows of t: ?"],
  },
  {
    sql: "INSERT INTO t VALUES (1, 7) ON CONFLICT (id) DO UPDATE SET a = 3",
    before: t,
    verdict: "lossy",
    losses: ["rows of t: ?", "rows of t: ?"],
  },
  {
    sql: "WITH gone AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM gone",
    before: `${t}CREATE TABLE u (LIKE t)`,
    verdict: "lossy",
    losses: ["rows of t: 2", "rows of u: ?"],
  },
]);
proveKind("update", [
  { sql: "UPDATE t SET a = 1", before: t, verdict: "lossy", losses: ["rows of t: 2"] },
  { sql: "UPDATE t SET a = 1 WHERE id = 1", before: t, verdict: "lossy", losses: ["rows of t: ?"] },
]);
proveKind("delete", [
  { sql: "DELETE FROM t", before: t, verdict: "lossy", losses: ["rows of t: 2"] },
  {
    sql: "DELETE FROM t USING t x WHERE t.id = x.id",
    before: t,
    verdict: "lossy",
    losses: ["rows of t: ?"],
  },
]);
proveKind("merge", [
  {
    sql: "MERGE INTO t USING (VALUES (1)) s (id) ON s.id = t.id WHEN MATCHED THEN DELETE",
    before: t,
    verdict: "lossy",
    losses: ["rows of t: ?"],
    since: 15,
  },
]);
proveKind("truncate", [
  { sql: "TRUNCATE t", before: t, verdict: "lossy", losses: ["rows of t: 2"] },
  {
    sql: "TRUNCATE t, o CASCADE",
    before: `${t}CREATE TABLE o (t int REFERENCES t); CREATE TABLE p (t int REFERENCES t); INSERT INTO p VALUES (1)`,
    verdict: "lossy",
    losses: ["rows of t: 2", "rows of o: 0", "rows of p: 1"],
  },
]);
proveKind("copy", [
  { sql: "COPY t FROM stdin;\n8\t9\n\\.\n", before: t, verdict: "lossy", losses: ["rows of t: ?"] },
  { sql: "COPY t TO PROGRAM 'cat'", before: t, verdict: "irreversible" },
]);
proveKind("lock-table", [{ sql: "LOCK TABLE t IN SHARE MODE", before: t, undo: [] }]);
proveKind("set", [
  { sql: "SET lock_timeout = '3s'", undo: [] },
  { sql: "SET LOCAL work_mem = '3MB'", undo: [] },
  { sql: "RESET ALL", undo: [] },
  { sql: "SET search_path TO public", undo: [] },
]);
proveKind("read", [
  { sql: "SHOW work_mem", undo: [] },
  { sql: "SET CONSTRAINTS ALL DEFERRED", undo: [] },
]);
proveKind("discard", [{ sql: "DISCARD PLANS", undo: [] }]);
proveKind("explain", [{ sql: "EXPLAIN DELETE FROM t", before: t, undo: [] }]);
proveKind("select", [
  { sql: "SELECT count(*) FROM t", before: t, undo: [] },
  { sql: "SELECT set_config('search_path', '', false)", undo: [] },
  { sql: "SELECT pg_catalog.set_config('work_mem', '3MB', true)", undo: [] },
]);
proveKind("call", [
  {
    sql: "SELECT f()",
    before: "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    verdict: "irreversible",
  },
  {
    sql: "CALL f()",
    before: "CREATE PROCEDURE f() LANGUAGE sql AS 'SELECT 1'",
    verdict: "irreversible",
  },
]);
proveKind("do", [{ sql: "DO $$ BEGIN NULL; END $$", verdict: "irreversible" }]);

const sequence = "CREATE SEQUENCE s; SELECT nextval('s'); CREATE TABLE u (id serial); ";

proveKind("set-sequence", [
  { sql: "SELECT setval('s', 500)", before: sequence, rows: "SELECT last_value, is_called FROM s" },
  {
    sql: "SELECT setval('s'::regclass, coalesce(max(id), 1), false) FROM t",
    before: t + sequence,
    rows: "SELECT last_value, is_called FROM s",
  },
  {
    sql: "SELECT pg_catalog.setval(pg_get_serial_sequence('u', 'id'), 500, true)",
    before: sequence,
    rows: "SELECT last_value, is_called FROM u_id_seq",
  },
]);

const temporary =
  "CREATE TEMP TABLE tmp (id int PRIMARY KEY, a int); INSERT INTO tmp VALUES (1, 1); ";

proveKind("insert", [
  { sql: "INSERT INTO tmp VALUES (2)", before: temporary, undo: [], once: true },
]);
proveKind("update", [{ sql: "UPDATE tmp SET a = 2", before: temporary, undo: [] }]);
proveKind("truncate", [{ sql: "TRUNCATE tmp", before: temporary, undo: [] }]);
proveKind("add-column", [
  { sql: "ALTER TABLE tmp ADD b int", before: temporary, undo: [], once: true },
]);
proveKind("create-index", [{ sql: "CREATE INDEX ON tmp (a)", before: temporary, undo: [] }]);
proveKind("drop-table", [{ sql: "DROP TABLE tmp", before: temporary, undo: [], once: true }]);
