import { proveUndo } from "./prove-undo.ts";

const hostile = `CREATE SCHEMA "S x"; SET search_path = "S x", public;
  CREATE TYPE "E é" AS ENUM ('a'); CREATE TABLE "T ""q" (id int, "sel ect" text, e "E é");`;

proveUndo("create-function", [
  { sql: "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'" },
  {
    sql: "CREATE FUNCTION lower(text) RETURNS text LANGUAGE sql AS 'SELECT $1'",
    undo: /"public"."lower"/,
  },
  {
    before: hostile,
    sql: `CREATE FUNCTION "f""q"(a "E é", b int[] DEFAULT '{}', VARIADIC c "T ""q"[] DEFAULT NULL) RETURNS int LANGUAGE sql AS 'SELECT 1'`,
  },
  {
    before: hostile,
    sql: `CREATE FUNCTION f(a "T ""q"."sel ect"%TYPE, OUT b int, INOUT c numeric(10,2)) LANGUAGE sql AS 'SELECT 1, 2.0'`,
  },
  { sql: "CREATE FUNCTION f(int) RETURNS TABLE (a int, b text) LANGUAGE sql AS $$SELECT 1, 'x'$$" },
  {
    change: "create-procedure",
    sql: "CREATE PROCEDURE p(a int, OUT b text) LANGUAGE sql AS $$SELECT 'x'$$",
  },
  {
    change: "create-procedure",
    sql: "CREATE OR REPLACE PROCEDURE p(INOUT b text DEFAULT 'x') LANGUAGE sql AS $$SELECT 'x'$$",
  },
  {
    before: `CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS 'SELECT 2';
      COMMENT ON FUNCTION f(int) IS 'it''s'; REVOKE ALL ON FUNCTION f(int) FROM PUBLIC;`,
    sql: `CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 7
      SET search_path = a, "B c" AS 'BEGIN RETURN 3; END'`,
    undo: /CREATE OR REPLACE FUNCTION public.f\(integer\)/,
  },
  {
    before: `CREATE TABLE t (a int); CREATE FUNCTION f(a int) RETURNS int BEGIN ATOMIC SELECT count(*) FROM t; SELECT a + 1; END;`,
    sql: "CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql RETURN a + 2",
    undo: /BEGIN ATOMIC/,
  },
  {
    before: `CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE VIEW v AS SELECT f(1); CREATE VIEW w AS SELECT * FROM v;
      COMMENT ON VIEW w IS 'w'; COMMENT ON FUNCTION f(int) IS 'f';`,
    sql: "CREATE OR REPLACE FUNCTION f(n int DEFAULT 4) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    undo: /DROP VIEW public.w\nDROP VIEW public.v\nDROP FUNCTION public.f\(integer\)/,
  },
  {
    before:
      "CREATE TABLE gone (a int); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT a FROM gone'; DROP TABLE gone",
    sql: "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
  },
  {
    before: `${hostile}CREATE FUNCTION "f""q"("E é") RETURNS "E é" LANGUAGE sql AS 'SELECT $1'`,
    sql: `CREATE OR REPLACE FUNCTION "S x"."f""q"("E é") RETURNS "S x"."E é" LANGUAGE sql STABLE AS 'SELECT $1'`,
  },
  {
    before: "CREATE PROCEDURE p(a int, OUT b text) LANGUAGE sql AS $$SELECT 'x'$$",
    change: "create-procedure",
    sql: "CREATE OR REPLACE PROCEDURE p(a int, OUT b text) LANGUAGE sql SECURITY DEFINER AS $$SELECT 'y'$$",
  },
  {
    before: "CREATE FUNCTION w(int) RETURNS int LANGUAGE internal WINDOW AS 'window_row_number'",
    sql: "CREATE OR REPLACE FUNCTION w(int) RETURNS int LANGUAGE internal WINDOW STRICT AS 'window_row_number'",
  },
]);

proveUndo("alter-function", [
  {
    before: "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql SET work_mem = '5MB' AS 'SELECT 1'",
    sql: "ALTER FUNCTION f IMMUTABLE LEAKPROOF COST 3 SECURITY DEFINER RESET ALL",
  },
  {
    before: "CREATE FUNCTION f(int) RETURNS SETOF int LANGUAGE sql AS 'SELECT 1'",
    sql: 'ALTER FUNCTION f(int) ROWS 5 SET search_path = public, "$user"',
  },
  {
    before: "CREATE PROCEDURE p(a int) LANGUAGE sql AS 'SELECT 1'",
    change: "alter-procedure",
    sql: "ALTER PROCEDURE p(int) SECURITY DEFINER",
  },
  {
    before: "CREATE PROCEDURE p(a int) LANGUAGE sql AS 'SELECT 1'",
    change: "alter-routine",
    sql: "ALTER ROUTINE p SET timezone TO 'UTC'",
  },
]);

proveUndo(
  "drop-object",
  [
    { sql: "DROP FUNCTION IF EXISTS f", undo: /^$/ },
    { sql: "DROP FUNCTION IF EXISTS nowhere.f(nope, int)", undo: /^$/ },
    {
      before:
        `CREATE ROLE r_k_%; CREATE FUNCTION f(a int DEFAULT 1, VARIADIC b text[] DEFAULT NULL) RETURNS int LANGUAGE sql AS 'SELECT 1';
      CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS 'SELECT 1';
      COMMENT ON FUNCTION f(int, text[]) IS 'it''s \\ x'; REVOKE ALL ON FUNCTION f(int, text[]) FROM PUBLIC; GRANT EXECUTE ON FUNCTION f(int, text[]) TO pg_monitor WITH GRANT OPTION;`.replace(
          "CREATE ROLE r_k_%;",
          "",
        ),
      sql: "DROP FUNCTION f(a int, VARIADIC b text[])",
    },
    {
      before:
        hostile +
        `CREATE FUNCTION "f""q"(a "E é", OUT b "T ""q") LANGUAGE sql AS 'SELECT NULL::"T ""q"'; COMMENT ON FUNCTION "f""q" IS ''`,
      sql: `DROP FUNCTION "f""q"`,
    },
    {
      before: `CREATE TABLE t (a int); CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER b BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.a > 1) EXECUTE FUNCTION tf(); ALTER TABLE t DISABLE TRIGGER b; COMMENT ON TRIGGER b ON t IS 'b';`,
      sql: "DROP FUNCTION tf() CASCADE",
    },
    {
      before: `CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1'; CREATE TABLE t (a int DEFAULT f(1), CONSTRAINT c CHECK (f(a) > 0) NOT VALID);
      CREATE INDEX i ON t (f(a)); COMMENT ON INDEX i IS 'i'; ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 77; COMMENT ON CONSTRAINT c ON t IS 'c';
      CREATE VIEW v WITH (security_barrier) AS SELECT f(a) AS x FROM t; CREATE VIEW w AS SELECT x FROM v WHERE x > 1 WITH CASCADED CHECK OPTION;
      CREATE MATERIALIZED VIEW m AS SELECT f(x) FROM w; CREATE UNIQUE INDEX mi ON m (f); COMMENT ON COLUMN w.x IS 'x'; GRANT SELECT (x) ON w TO PUBLIC;
      CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT sum(x) FROM w; END; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (f(a) = 1);
      CREATE RULE r AS ON INSERT TO t WHERE f(NEW.a) = 7 DO INSTEAD NOTHING; CREATE OPERATOR @@@ (rightarg = int, function = f); CREATE DOMAIN d AS int CHECK (f(value) > 0) DEFAULT f(3);
      CREATE STATISTICS s ON (f(a)), a FROM t;`,
      sql: "DROP FUNCTION f(int) CASCADE",
    },
    {
      before:
        "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1'; CREATE TABLE t (a int, b int GENERATED ALWAYS AS (f(a)) STORED)",
      sql: "DROP FUNCTION f(int) CASCADE",
      verdict: "lossy",
      why: /column public.t.b/,
    },
    {
      before:
        "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE p(int, OUT text) LANGUAGE sql AS $$SELECT 'x'$$",
      change: "drop-procedure",
      sql: "DROP PROCEDURE p(int, OUT text)",
    },
    {
      before: "CREATE PROCEDURE p(INOUT a int DEFAULT 1) LANGUAGE plpgsql AS 'BEGIN COMMIT; END'",
      change: "drop-routine",
      sql: "DROP ROUTINE p(int)",
    },
    {
      before: `CREATE AGGREGATE ag(*) (sfunc = int8inc, stype = int8, initcond = '0'); COMMENT ON AGGREGATE ag(*) IS 'x';
      CREATE AGGREGATE s(int4) (sfunc = int4_sum, stype = int8, combinefunc = int8pl, parallel = safe, msfunc = int4_avg_accum, minvfunc = int4_avg_accum_inv, mstype = _int8, mfinalfunc = int2int4_sum, minitcond = '{0,0}', sortop = >);
      CREATE AGGREGATE pct(float8 ORDER BY anyelement) (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra);
      CREATE AGGREGATE hyp(VARIADIC "any" ORDER BY VARIADIC "any") (sfunc = ordered_set_transition_multi, stype = internal, finalfunc = rank_final, finalfunc_extra, hypothetical);
      GRANT EXECUTE ON FUNCTION ag() TO pg_monitor; COMMENT ON AGGREGATE pct(float8 ORDER BY anyelement) IS 'y'; `,
      change: "drop-aggregate",
      sql: 'DROP AGGREGATE ag(*), s(int), pct(float8 ORDER BY anyelement), hyp(VARIADIC "any" ORDER BY VARIADIC "any")',
    },
  ],
  "drop-function",
);
