// Owns: a database with one object of every type, and how SQL names each of them.

/** One of everything, with names that need quotes. */
export const everything =
  `CREATE SCHEMA "S x"; SET search_path = "S x", public; CREATE SCHEMA "other é";
  CREATE TABLE "T é" (id int CONSTRAINT "c k" CHECK (id > 0), "sel ect" text); CREATE INDEX "i x" ON "T é" (id);
  CREATE VIEW "v w" AS SELECT id FROM "T é"; CREATE MATERIALIZED VIEW "m v" AS SELECT 1 AS a; CREATE SEQUENCE "s q";
  CREATE TYPE "e n" AS ENUM ('a'); CREATE TYPE "com p" AS ("a t" int, b text); CREATE DOMAIN "d m" AS int CONSTRAINT "d c on x" CHECK (value > 0); CREATE TYPE "r g" AS RANGE (subtype = float8);
  CREATE FUNCTION "f""q"("e n", int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION "f""q"(text) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE "p r"(a int, OUT b int) LANGUAGE sql AS 'SELECT 1';
  CREATE FUNCTION one(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE AGGREGATE "a g"(*) (sfunc = int8inc, stype = int8, initcond = '0'); CREATE AGGREGATE "a s"(float8 ORDER BY anyelement) (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra);
  CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER "t r" BEFORE INSERT ON "T é" FOR EACH ROW EXECUTE FUNCTION tf();
  CREATE POLICY "p o" ON "T é"; CREATE RULE "r u" AS ON DELETE TO "T é" DO ALSO NOTHING; CREATE STATISTICS "s t" ON id, "sel ect" FROM "T é";
  CREATE COLLATION "co l" (provider = libc, locale = 'C'); CREATE CONVERSION "c v" FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
  CREATE OPERATOR @#@ (leftarg = int, rightarg = int, function = int4pl); CREATE OPERATOR @#@ (rightarg = int, function = int4up); CREATE OPERATOR FAMILY "o f" USING btree;
  CREATE OPERATOR CLASS "o c" FOR TYPE int USING btree FAMILY "o f" AS OPERATOR 1 <, FUNCTION 1 btint4cmp(int, int);
  CREATE TEXT SEARCH PARSER "t p" (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype); CREATE TEXT SEARCH TEMPLATE "t t" (lexize = dsimple_lexize, init = dsimple_init);
  CREATE TEXT SEARCH DICTIONARY "t d" (template = "t t", stopwords = 'english', accept = false); CREATE TEXT SEARCH CONFIGURATION "t c" (copy = simple);
  CREATE FOREIGN DATA WRAPPER "f w" OPTIONS ("a b" 'x'); CREATE SERVER "s r" TYPE 't' VERSION '1' FOREIGN DATA WRAPPER "f w" OPTIONS (host 'h''x'); CREATE FOREIGN TABLE "f t" (a int OPTIONS (x 'y') NOT NULL, b text DEFAULT 'q' COLLATE "C", CHECK (a > 0)) SERVER "s r" OPTIONS (z '1');
  CREATE USER MAPPING FOR PUBLIC SERVER "s r" OPTIONS (user 'u'); CREATE CAST ("com p" AS "e n") WITH INOUT; CREATE FUNCTION et() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
  CREATE EVENT TRIGGER "e t" ON sql_drop WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION et(); ALTER EVENT TRIGGER "e t" DISABLE; CREATE PUBLICATION "p b" FOR TABLE "T é"; CREATE EXTENSION pg_trgm SCHEMA "S x"; SELECT lo_create(4711);
  CREATE TRUSTED LANGUAGE "l g" HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator; CREATE ACCESS METHOD "a m" TYPE INDEX HANDLER bthandler;
  CREATE FUNCTION tsql(internal) RETURNS internal LANGUAGE internal AS 'int4up'; CREATE TRANSFORM FOR "r g" LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal)); GRANT CREATE ON DATABASE "%" TO PUBLIC;`
    .replace(/GRANT CREATE ON DATABASE "%" TO PUBLIC;/, "")
    .replace("CREATE FUNCTION tsql(internal) RETURNS internal LANGUAGE internal AS 'int4up'; ", "");

/** Words of SQL and the name, for all types that take a comment. */
export const named: [string, string][] = [
  ["VIEW", '"v w"'],
  ["MATERIALIZED VIEW", '"m v"'],
  ["SEQUENCE", '"s q"'],
  ["FOREIGN TABLE", '"f t"'],
  ["TYPE", '"e n"'],
  ["TYPE", '"com p"'],
  ["TYPE", '"r g"'],
  ["DOMAIN", '"d m"'],
  ["FUNCTION", '"f""q"("e n", int)'],
  ["FUNCTION", "one"],
  ["PROCEDURE", '"p r"(int)'],
  ["ROUTINE", '"S x"."f""q"(text)'],
  ["AGGREGATE", '"a g"(*)'],
  ["AGGREGATE", '"a s"(float8 ORDER BY anyelement)'],
  ["STATISTICS", '"s t"'],
  ["COLLATION", '"co l"'],
  ["CONVERSION", '"c v"'],
  ["OPERATOR CLASS", '"o c" USING btree'],
  ["OPERATOR FAMILY", '"S x"."o f" USING btree'],
  ["TEXT SEARCH PARSER", '"t p"'],
  ["TEXT SEARCH TEMPLATE", '"t t"'],
  ["TEXT SEARCH DICTIONARY", '"t d"'],
  ["TEXT SEARCH CONFIGURATION", '"t c"'],
  ["SCHEMA", '"other é"'],
  ["FOREIGN DATA WRAPPER", '"f w"'],
  ["SERVER", '"s r"'],
  ["EVENT TRIGGER", '"e t"'],
  ["PUBLICATION", '"p b"'],
  ["LANGUAGE", '"l g"'],
];

export const nameless: [string, string][] = [
  ["TABLE", '"T é"'],
  ["INDEX", '"i x"'],
  ["COLUMN", '"T é"."sel ect"'],
  ["COLUMN", '"com p"."a t"'],
  ["COLUMN", '"v w".id'],
  ["CONSTRAINT", '"c k" ON "T é"'],
  ["CONSTRAINT", '"d c on x" ON DOMAIN "d m"'],
  ["TRIGGER", '"t r" ON "T é"'],
  ["POLICY", '"p o" ON "T é"'],
  ["RULE", '"r u" ON "S x"."T é"'],
  ["OPERATOR", "@#@ (int, int)"],
  ["OPERATOR", '"S x".@#@ (NONE, int)'],
  ["CAST", '("com p" AS "e n")'],
  ["TRANSFORM", 'FOR "r g" LANGUAGE sql'],
  ["EXTENSION", "pg_trgm"],
  ["ACCESS METHOD", '"a m"'],
  ["LARGE OBJECT", "4711"],
];
