// What DROP takes, of every type, with comments, rights, owners and what stands on it; and the
// statements that make such objects.

import { everything, named, nameless } from "./everything.ts";
import { proveUndo } from "./prove-undo.ts";

const undroppable = ["TABLE", "INDEX", "COLUMN", "CONSTRAINT", "EXTENSION", "LARGE OBJECT"];
const all = [...named, ...nameless].filter(([words]) => !undroppable.includes(words));

const commented = `${everything} ${all.map(([words, name]) => `COMMENT ON ${words} ${name} IS 'of ${words}';`).join(" ")}
  GRANT USAGE ON SCHEMA "S x" TO PUBLIC; GRANT ALL ON FUNCTION one TO pg_monitor; REVOKE ALL ON TYPE "e n" FROM PUBLIC; GRANT USAGE ON FOREIGN SERVER "s r" TO pg_monitor WITH GRANT OPTION;
  GRANT USAGE ON FOREIGN DATA WRAPPER "f w" TO PUBLIC; REVOKE USAGE ON LANGUAGE "l g" FROM PUBLIC; GRANT SELECT (a) ON "f t" TO PUBLIC; ALTER TEXT SEARCH CONFIGURATION "t c" ALTER MAPPING FOR word WITH "t d", simple;
  ALTER COLLATION "co l" OWNER TO pg_monitor; ALTER OPERATOR @#@ (int, int) OWNER TO pg_monitor; ALTER OPERATOR FAMILY "o f" USING btree OWNER TO pg_monitor; ALTER STATISTICS "s t" OWNER TO pg_monitor;
  ALTER SCHEMA "other é" OWNER TO pg_monitor; GRANT USAGE ON SCHEMA "other é" TO PUBLIC; ALTER STATISTICS "s t" SET STATISTICS 33; ALTER TABLE "T é" DISABLE TRIGGER "t r"; ALTER TABLE "T é" ENABLE REPLICA RULE "r u";`;

proveUndo(
  "drop-object",
  all.map(([words, name]) => ({
    before: commented,
    sql: `DROP ${words} ${name} CASCADE`,
    change: `drop-${nounOf(words, name)}`,
  })),
);

function nounOf(words: string, name: string): string {
  if (words === "CONSTRAINT" && name.includes("DOMAIN")) return "domain-constraint";
  return words.toLowerCase().replaceAll(" ", "-");
}

proveUndo(
  "drop-object",
  [
    {
      before: `${everything} DROP SCHEMA "other é"; CREATE SCHEMA "other é" CREATE VIEW v AS SELECT 1 AS a CREATE SEQUENCE s; ALTER DEFAULT PRIVILEGES IN SCHEMA "other é" GRANT SELECT ON TABLES TO PUBLIC`,
      sql: `DROP SCHEMA "other é" CASCADE`,
    },
    {
      before: everything,
      sql: `DROP SCHEMA "S x" CASCADE`,
      verdict: "lossy",
      why: /table "S x"."T é"/,
    },
  ],
  "drop-schema",
);

proveUndo(
  "drop-object",
  [
    {
      before: `CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER t AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION tf(); ALTER TABLE p1 DISABLE TRIGGER t; COMMENT ON TRIGGER t ON p IS 'x'`,
      sql: "DROP TRIGGER t ON p",
    },
    {
      before: `CREATE TABLE t (id int); CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE CONSTRAINT TRIGGER c AFTER INSERT OR UPDATE OF id ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.id > 1) EXECUTE FUNCTION tf('a''b')`,
      sql: "DROP TRIGGER c ON t",
    },
    {
      before: `CREATE TABLE t (id int); CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER s AFTER UPDATE ON t REFERENCING OLD TABLE AS o NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION tf(); ALTER TABLE t ENABLE ALWAYS TRIGGER s`,
      sql: "DROP TRIGGER IF EXISTS s ON t",
    },
    { before: "CREATE TABLE t (a int)", sql: "DROP TRIGGER IF EXISTS s ON t", undo: /^$/ },
    { sql: "DROP TRIGGER IF EXISTS s ON nope", undo: /^$/ },
  ],
  "drop-trigger",
);

const triggers = `CREATE TABLE "T é" (id int, a text); CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE VIEW v AS SELECT 1 AS a; CREATE SCHEMA s; CREATE TABLE s."T é" (id int);
  CREATE TRIGGER "t r" BEFORE INSERT ON "T é" FOR EACH ROW WHEN (NEW.id > 0) EXECUTE FUNCTION tf(); COMMENT ON TRIGGER "t r" ON "T é" IS 'c';`;

proveUndo("create-trigger", [
  {
    before: triggers,
    sql: `CREATE TRIGGER "x ""y" AFTER UPDATE OF id OR DELETE ON "T é" FOR EACH ROW EXECUTE FUNCTION tf()`,
  },
  {
    before: triggers,
    sql: `CREATE CONSTRAINT TRIGGER c AFTER INSERT ON s."T é" FROM public."T é" DEFERRABLE FOR EACH ROW EXECUTE PROCEDURE tf()`,
  },
  {
    before: triggers,
    sql: `CREATE TRIGGER i INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION tf()`,
  },
  {
    before: triggers,
    sql: `CREATE OR REPLACE TRIGGER "t r" AFTER INSERT ON "T é" FOR EACH STATEMENT EXECUTE FUNCTION tf('x')`,
    undo: /^CREATE OR REPLACE TRIGGER/,
  },
  {
    before: `${triggers} ALTER TABLE "T é" DISABLE TRIGGER "t r"`,
    sql: `CREATE OR REPLACE TRIGGER "t r" AFTER INSERT ON "T é" FOR EACH ROW EXECUTE FUNCTION tf('x')`,
  },
  {
    before: `CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`,
    sql: "CREATE TRIGGER t AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION tf()",
  },
]);

const functions = `CREATE FUNCTION et() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';`;
const server = `CREATE FOREIGN DATA WRAPPER "f w"; CREATE SERVER "s r" FOREIGN DATA WRAPPER "f w"; CREATE SCHEMA s2; SET search_path = s2, public;`;

proveUndo("create-object", [
  {
    before: functions,
    sql: `CREATE EVENT TRIGGER "e t" ON ddl_command_end EXECUTE FUNCTION et()`,
    change: "create-event-trigger",
  },
  {
    sql: `CREATE FOREIGN DATA WRAPPER "f w" OPTIONS (a 'b')`,
    change: "create-foreign-data-wrapper",
  },
  {
    before: server,
    sql: `CREATE SERVER IF NOT EXISTS "s r" FOREIGN DATA WRAPPER "f w"`,
    change: "create-server",
    undo: /^$/,
  },
  {
    before: server,
    sql: `CREATE SERVER "s é" FOREIGN DATA WRAPPER "f w"`,
    change: "create-server",
  },
  {
    before: server,
    sql: `CREATE FOREIGN TABLE "f t" (a int) SERVER "s r"`,
    change: "create-foreign-table",
    undo: /"s2"."f t"/,
  },
  {
    before: `${server} CREATE FOREIGN TABLE f (a int) SERVER "s r"`,
    sql: `CREATE FOREIGN TABLE IF NOT EXISTS f (a int) SERVER "s r"`,
    change: "create-foreign-table",
    undo: /^$/,
  },
  {
    sql: `CREATE ACCESS METHOD "a m" TYPE INDEX HANDLER bthandler`,
    change: "create-access-method",
  },
  { sql: `CREATE LANGUAGE "l g" HANDLER plpgsql_call_handler`, change: "create-language" },
  {
    before: `CREATE LANGUAGE "l g" HANDLER plpgsql_call_handler; COMMENT ON LANGUAGE "l g" IS 'x'`,
    sql: `CREATE OR REPLACE TRUSTED LANGUAGE "l g" HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler`,
    change: "create-language",
  },
  {
    before: server,
    sql: `CREATE DEFAULT CONVERSION "c v" FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1`,
    change: "create-conversion",
  },
  {
    before: server,
    sql: `CREATE OPERATOR FAMILY "o f" USING hash`,
    change: "create-operator-family",
  },
  {
    before: "CREATE TYPE a AS (x int); CREATE TYPE b AS ENUM ('x')",
    sql: "CREATE CAST (a AS b) WITH INOUT AS IMPLICIT",
    change: "create-cast",
  },
  {
    before: "CREATE TYPE a AS ENUM ('x'); ",
    sql: "CREATE TRANSFORM FOR a LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal))",
    change: "create-transform",
  },
  {
    before:
      "CREATE TYPE a AS ENUM ('x'); CREATE TRANSFORM FOR a LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal))",
    sql: "CREATE OR REPLACE TRANSFORM FOR a LANGUAGE sql (FROM SQL WITH FUNCTION varchar_support(internal))",
    change: "create-transform",
  },
  {
    before: `CREATE SCHEMA s; CREATE TABLE s."T é" (a int)`,
    sql: `CREATE RULE "r u" AS ON INSERT TO s."T é" DO ALSO NOTHING`,
    change: "create-rule",
  },
  {
    before: `CREATE TABLE t (a int); CREATE RULE r AS ON UPDATE TO t DO INSTEAD NOTHING; ALTER TABLE t DISABLE RULE r; COMMENT ON RULE r ON t IS 'x'`,
    sql: `CREATE OR REPLACE RULE r AS ON INSERT TO t WHERE NEW.a > 1 DO ALSO DELETE FROM t`,
    change: "create-rule",
  },
  {
    before: `CREATE TABLE t (a int)`,
    sql: `CREATE POLICY "p o" ON t AS RESTRICTIVE FOR UPDATE TO pg_monitor, CURRENT_USER USING (a > 1) WITH CHECK (a < 9)`,
    change: "create-policy",
  },
]);

const operators = `CREATE FUNCTION f(int, int) RETURNS boolean LANGUAGE sql AS 'SELECT true'; CREATE SCHEMA "S x"; SET search_path = "S x", public;`;

proveUndo("define-object", [
  {
    before: operators,
    sql: `CREATE AGGREGATE "a g"(int, VARIADIC text[]) (sfunc = f2, stype = int)`
      .replace("f2", "pg_catalog.int4_sum")
      .replace(
        `"a g"(int, VARIADIC text[]) (sfunc = pg_catalog.int4_sum, stype = int)`,
        `"a g"(int) (sfunc = int4_sum, stype = int8)`,
      ),
    change: "create-aggregate",
  },
  {
    before: operators,
    sql: `CREATE AGGREGATE cnt(*) (sfunc = int8inc, stype = int8, initcond = '0')`,
    change: "create-aggregate",
  },
  {
    before: operators,
    sql: `CREATE AGGREGATE old (basetype = 'ANY', sfunc = int8inc, stype = int8, initcond = '0')`,
    change: "create-aggregate",
  },
  {
    before: operators,
    sql: `CREATE AGGREGATE old (basetype = int4, sfunc = int4_sum, stype = int8)`,
    change: "create-aggregate",
  },
  {
    before: operators,
    sql: `CREATE AGGREGATE pct(float8 ORDER BY anyelement) (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra)`,
    change: "create-aggregate",
  },
  {
    before: `CREATE AGGREGATE s(int) (sfunc = int4_sum, stype = int8); GRANT EXECUTE ON FUNCTION s(int) TO pg_monitor`,
    sql: `CREATE OR REPLACE AGGREGATE s(int) (sfunc = int4_sum, stype = int8, parallel = safe)`,
    change: "create-aggregate",
  },
  {
    before: operators,
    sql: `CREATE OPERATOR public.@@# (leftarg = int, rightarg = int, function = f, negator = !@#)`,
    change: "create-operator",
  },
  {
    before: operators,
    sql: `CREATE OPERATOR @@# (rightarg = int, function = int4up)`,
    change: "create-operator",
  },
  { before: operators, sql: `CREATE TYPE "sh e"`, change: "create-type" },
  {
    before:
      "CREATE TYPE bt; CREATE FUNCTION bt_in(cstring) RETURNS bt LANGUAGE internal STRICT IMMUTABLE AS 'int4in'; CREATE FUNCTION bt_out(bt) RETURNS cstring LANGUAGE internal STRICT IMMUTABLE AS 'int4out'; COMMENT ON FUNCTION bt_in(cstring) IS 'in'",
    sql: "CREATE TYPE bt (input = bt_in, output = bt_out, like = int4)",
    change: "create-type",
  },
  {
    before: operators,
    sql: `CREATE COLLATION "c l" (locale = 'C', provider = libc)`,
    change: "create-collation",
  },
  {
    before: "CREATE COLLATION c (locale = 'C', provider = libc)",
    sql: `CREATE COLLATION IF NOT EXISTS c FROM "C"`,
    change: "create-collation",
    undo: /^$/,
  },
  {
    before: operators,
    sql: `CREATE TEXT SEARCH CONFIGURATION "t c" (copy = english)`,
    change: "create-text-search-configuration",
  },
  {
    before: operators,
    sql: `CREATE TEXT SEARCH DICTIONARY "t d" (template = simple, stopwords = english)`,
    change: "create-text-search-dictionary",
  },
  {
    before: operators,
    sql: `CREATE TEXT SEARCH TEMPLATE "t t" (lexize = dsimple_lexize)`,
    change: "create-text-search-template",
  },
  {
    before: operators,
    sql: `CREATE TEXT SEARCH PARSER "t p" (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype)`,
    change: "create-text-search-parser",
  },
]);

proveUndo("create-operator-class", [
  {
    before: operators,
    sql: `CREATE OPERATOR CLASS "o c" FOR TYPE int USING btree AS OPERATOR 1 <, FUNCTION 1 btint4cmp(int, int)`,
    undo: /FAMILY/,
  },
  {
    before: `${operators} CREATE OPERATOR FAMILY "o c" USING btree`,
    sql: `CREATE OPERATOR CLASS "o c" FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 3 =, FUNCTION 1 btint4cmp(int, int)`,
  },
  {
    before: `${operators} CREATE OPERATOR FAMILY public.fam USING gist`,
    sql: `CREATE OPERATOR CLASS "o c" DEFAULT FOR TYPE tid USING gist FAMILY public.fam AS STORAGE box`,
  },
]);

proveUndo("create-statistics", [
  {
    before: "CREATE TABLE t (a int, b int)",
    sql: `CREATE STATISTICS "s t" (ndistinct) ON a, (b + 1) FROM t`,
  },
  {
    before: "CREATE TABLE t (a int, b int); CREATE STATISTICS s ON a, b FROM t",
    sql: `CREATE STATISTICS IF NOT EXISTS s ON a, b FROM t`,
    undo: /^$/,
  },
  {
    before: "CREATE TABLE t (a int, b int); CREATE STATISTICS ON a, b FROM t",
    sql: `CREATE STATISTICS ON a, b FROM t`,
    since: 16,
  },
]);

proveUndo("create-schema", [
  { sql: `CREATE SCHEMA "s é"` },
  { before: "CREATE SCHEMA s", sql: `CREATE SCHEMA IF NOT EXISTS s`, undo: /^$/ },
  { sql: `CREATE SCHEMA AUTHORIZATION CURRENT_USER` },
  {
    sql: `CREATE SCHEMA s AUTHORIZATION pg_monitor CREATE TABLE t (a int PRIMARY KEY) CREATE VIEW v AS SELECT a FROM t CREATE INDEX i ON t (a) CREATE SEQUENCE sq GRANT SELECT ON v TO PUBLIC`,
  },
]);

proveUndo("create-extension", [
  { sql: "CREATE EXTENSION pg_trgm" },
  { before: "CREATE EXTENSION pg_trgm", sql: "CREATE EXTENSION IF NOT EXISTS pg_trgm", undo: /^$/ },
  { sql: "CREATE EXTENSION earthdistance CASCADE", undo: /earthdistance.*\n.*cube/ },
  { before: `CREATE SCHEMA "e x"`, sql: `CREATE EXTENSION "uuid-ossp" SCHEMA "e x"` },
]);

proveUndo("drop-extension", [
  {
    before: `CREATE SCHEMA "e x"; CREATE EXTENSION "uuid-ossp" SCHEMA "e x"; COMMENT ON EXTENSION "uuid-ossp" IS 'mine'`,
    sql: `DROP EXTENSION "uuid-ossp"`,
  },
  {
    before:
      "CREATE EXTENSION pg_trgm; CREATE TABLE t (a text); CREATE INDEX i ON t USING gin (a gin_trgm_ops); CREATE VIEW v AS SELECT similarity(a, 'x') FROM t",
    sql: "DROP EXTENSION pg_trgm CASCADE",
  },
  {
    before: "CREATE EXTENSION pg_trgm; GRANT EXECUTE ON FUNCTION similarity TO pg_monitor",
    sql: "DROP EXTENSION pg_trgm",
    verdict: "lossy",
    why: /rights on public.similarity/,
  },
  {
    before: "CREATE EXTENSION citext; CREATE TABLE t (a citext)",
    sql: "DROP EXTENSION citext CASCADE",
    verdict: "irreversible",
    why: /public\.t\.a/,
  },
  { sql: "DROP EXTENSION IF EXISTS citext", undo: /^$/ },
]);

proveUndo("alter-extension", [
  { before: "CREATE EXTENSION pg_trgm", sql: "ALTER EXTENSION pg_trgm UPDATE", undo: /^$/ },
  {
    before: "CREATE EXTENSION pg_trgm VERSION '1.3'",
    sql: "ALTER EXTENSION pg_trgm UPDATE",
    verdict: "irreversible",
    why: /no script that goes from version 1.6 back to 1.3/,
  },
]);

proveUndo("alter-extension-contents", [
  {
    before:
      "CREATE EXTENSION pg_trgm; CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    sql: "ALTER EXTENSION pg_trgm ADD FUNCTION f(int)",
  },
  {
    before: "CREATE EXTENSION pg_trgm",
    sql: "ALTER EXTENSION pg_trgm DROP FUNCTION similarity(text, text)",
  },
  {
    before: "CREATE EXTENSION pg_trgm; CREATE TABLE t (a int)",
    sql: "ALTER EXTENSION pg_trgm ADD TABLE t",
  },
]);
