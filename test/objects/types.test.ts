import { proveUndo } from "./prove-undo.ts";

const base = `CREATE SCHEMA "S x"; SET search_path = "S x", public;
  CREATE TYPE "E é" AS ENUM ('a', 'it''s', 'C c', 'b b'); COMMENT ON TYPE "E é" IS 'e'; REVOKE ALL ON TYPE "E é" FROM PUBLIC; GRANT USAGE ON TYPE "E é" TO pg_monitor;
  ALTER TYPE "E é" OWNER TO pg_read_all_data; GRANT ALL ON SCHEMA "S x" TO pg_read_all_data;
  CREATE TYPE comp AS (a int, "B b" text COLLATE "C", c numeric(10,2)[]); COMMENT ON COLUMN comp."B b" IS 'bb';
  CREATE DOMAIN d AS varchar(9) COLLATE "C" DEFAULT 'x' NOT NULL CONSTRAINT "c 1" CHECK (value <> 'y'); COMMENT ON CONSTRAINT "c 1" ON DOMAIN d IS 'cc'; COMMENT ON DOMAIN d IS 'dd';
  CREATE DOMAIN d2 AS d CHECK (length(value) < 5); ALTER DOMAIN d2 ADD CONSTRAINT nv CHECK (value <> 'q') NOT VALID;
  CREATE TYPE r AS RANGE (subtype = float8, subtype_diff = float8mi, multirange_type_name = "mr é"); CREATE TYPE rt AS RANGE (subtype = text, collation = "C");
  CREATE TYPE shell;`;

const inherited =
  "the default that a domain has from its base depends on nothing, one of its own does";

proveUndo("create-type", [
  { before: base, sql: `CREATE TYPE "new é" AS ENUM ('x')` },
  { before: base, sql: `CREATE TYPE public.none AS ENUM ()` },
  { before: base, sql: `CREATE TYPE "com p" AS (a "E é", b comp)` },
  { before: base, sql: `CREATE TYPE empty AS ()` },
  { before: base, sql: `CREATE TYPE fr AS RANGE (subtype = float8)` },
  { before: base, sql: `CREATE TYPE text AS ENUM ('x')`, undo: /"S x"."text"/ },
  {
    before: base,
    change: "create-domain",
    sql: `CREATE DOMAIN "d é" AS "E é" DEFAULT 'a' CHECK (value IS NOT NULL)`,
  },
]);

proveUndo(
  "drop-object",
  [
    { sql: "DROP TYPE IF EXISTS nope, nowhere.nope", undo: /^$/ },
    { before: base, sql: `DROP TYPE "E é"` },
    { before: base, sql: `DROP TYPE comp, r, rt, shell` },
    {
      before: `${base} CREATE FUNCTION f("E é") RETURNS comp LANGUAGE sql AS 'SELECT NULL::comp'; CREATE VIEW v AS SELECT f('a'); CREATE DOMAIN de AS "E é" CHECK (value <> 'a')`,
      sql: `DROP TYPE "E é", comp CASCADE`,
    },
    {
      before: `${base} CREATE TABLE t (e "E é"[])`,
      sql: `DROP TYPE "E é" CASCADE`,
      verdict: "lossy",
      why: /column "S x"\.t\.e/,
    },
    { before: base, change: "drop-domain", sql: "DROP DOMAIN d2, d", unlikeRaw: inherited },
    { before: base, change: "drop-domain", sql: "DROP DOMAIN d CASCADE", unlikeRaw: inherited },
    {
      before: `${base} CREATE TYPE w AS (d d, c comp); CREATE CAST (w AS text) WITH INOUT AS ASSIGNMENT; COMMENT ON CAST (w AS text) IS 'cast'`,
      change: "drop-type",
      sql: "DROP TYPE comp, w CASCADE",
    },
  ],
  "drop-type",
);

proveUndo("alter-domain", [
  { before: base, sql: "ALTER DOMAIN d SET DEFAULT 'z'" },
  { before: base, sql: "ALTER DOMAIN d DROP DEFAULT" },
  {
    before: base,
    sql: "ALTER DOMAIN d2 SET DEFAULT 'z'",
    undo: /SET DEFAULT 'x'/,
    unlikeRaw: inherited,
  },
  { before: base, sql: "ALTER DOMAIN d DROP NOT NULL" },
  { before: base, sql: "ALTER DOMAIN d SET NOT NULL", undo: /^$/ },
  { before: base, sql: "ALTER DOMAIN d2 SET NOT NULL" },
  { before: base, sql: "ALTER DOMAIN d2 DROP NOT NULL", undo: /^$/ },
  { before: base, sql: `ALTER DOMAIN d ADD CHECK (value ~ 'a')` },
  { before: base, sql: `ALTER DOMAIN d ADD CONSTRAINT "c é" CHECK (value ~ 'a') NOT VALID` },
  { before: base, sql: `ALTER DOMAIN d2 ADD CONSTRAINT nn NOT NULL`, since: 17 },
  { before: base, sql: `ALTER DOMAIN d DROP CONSTRAINT "c 1"` },
  { before: base, sql: `ALTER DOMAIN d DROP CONSTRAINT IF EXISTS nope`, undo: /^$/ },
  { before: base, sql: `ALTER DOMAIN d2 VALIDATE CONSTRAINT nv` },
]);

proveUndo("alter-composite-type", [
  {
    before: base,
    sql: `ALTER TYPE comp ADD ATTRIBUTE "n é" text COLLATE "C"`,
    unlikeRaw: "a dropped attribute leaves its number behind",
  },
  { before: base, sql: `ALTER TYPE comp DROP ATTRIBUTE a` },
  { before: base, sql: `ALTER TYPE comp DROP ATTRIBUTE IF EXISTS nope`, undo: /^$/ },
  {
    before: `${base} CREATE FUNCTION f(comp) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE VIEW v AS SELECT NULL::comp AS c`,
    sql: `ALTER TYPE comp DROP ATTRIBUTE a CASCADE`,
  },
  { before: base, sql: `ALTER TYPE comp ALTER ATTRIBUTE "B b" TYPE varchar(3)` },
  {
    before: `${base} CREATE TABLE t (c comp)`,
    sql: `ALTER TYPE comp DROP ATTRIBUTE a`,
    verdict: "lossy",
    why: /attribute comp\.a/,
  },
]);

const used = `${base} CREATE TABLE t (id int PRIMARY KEY, e "E é" NOT NULL DEFAULT 'a', f "E é"[] DEFAULT ARRAY['a'::"E é"], g text, CONSTRAINT ck CHECK (e <> 'C c' OR g IS NULL), UNIQUE (e, id));
  INSERT INTO t VALUES (1, 'a', '{"it''s",a}'), (2, 'it''s', NULL), (3, 'b b', NULL); CREATE INDEX i1 ON t (e); CREATE INDEX i2 ON t (g) WHERE e = 'a'; COMMENT ON INDEX i2 IS 'i2'; COMMENT ON COLUMN t.e IS 'ce';
  COMMENT ON CONSTRAINT ck ON t IS 'ckc'; CREATE STATISTICS st ON e, g FROM t;`;
const rows = `SELECT * FROM "S x".t ORDER BY id`;

proveUndo("alter-enum-add-value", [
  { before: base, sql: `ALTER TYPE "E é" ADD VALUE 'n''ew' BEFORE 'it''s'` },
  { before: base, sql: `ALTER TYPE "E é" ADD VALUE IF NOT EXISTS 'a'`, undo: /^$/ },
  { before: used, sql: `ALTER TYPE "E é" ADD VALUE 'new' AFTER 'a'`, rows },
  {
    before: `${used} CREATE VIEW v AS SELECT id, e FROM t WHERE e = 'a'; GRANT SELECT ON v TO PUBLIC; CREATE FUNCTION f("E é") RETURNS boolean LANGUAGE sql IMMUTABLE AS $$SELECT $1 = 'a'::"S x"."E é"$$;
      CREATE INDEX i3 ON t (f(e)); CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER tr BEFORE UPDATE OF e ON t FOR EACH ROW WHEN (NEW.e = 'a') EXECUTE FUNCTION tf();
      CREATE POLICY p ON t USING (e = 'a'); CREATE MATERIALIZED VIEW m AS SELECT e FROM v; CREATE INDEX mi ON m (e);
      CREATE TABLE u (e "E é", id int, FOREIGN KEY (e, id) REFERENCES t (e, id)); ALTER TABLE u ADD CONSTRAINT pe UNIQUE (e);  CREATE CAST ("E é" AS boolean) WITH FUNCTION f("E é")`,
    sql: `ALTER TYPE "E é" ADD VALUE 'new'`,
    rows,
  },
  {
    before: `${base} CREATE TABLE p (e "E é", n int) PARTITION BY LIST (n); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); INSERT INTO p VALUES ('a', 1); CREATE INDEX pi ON p (e)`,
    sql: `ALTER TYPE "E é" ADD VALUE 'new'`,
  },
  {
    before: `${base} CREATE TABLE p (e "E é") PARTITION BY LIST (e); CREATE TABLE p1 PARTITION OF p FOR VALUES IN ('a')`,
    sql: `ALTER TYPE "E é" ADD VALUE 'new'`,
    verdict: "irreversible",
    why: /"S x"\.p/,
  },
  {
    before: `${base} CREATE DOMAIN de AS "E é"; CREATE TABLE t (e de)`,
    sql: `ALTER TYPE "E é" ADD VALUE 'new'`,
    verdict: "irreversible",
    why: /"S x"\.de/,
  },
  {
    before: `${base} CREATE TABLE t (e "E é", b boolean GENERATED ALWAYS AS (e = 'a') STORED)`,
    sql: `ALTER TYPE "E é" ADD VALUE 'new'`,
    verdict: "irreversible",
    why: /t\.b/,
  },
]);

proveUndo("alter-enum-add-value", [
  {
    before: `${base} CREATE TABLE t (id int PRIMARY KEY, e "E é"); CREATE PUBLICATION "p b" FOR TABLE t (id, e); CREATE OPERATOR FAMILY fam USING btree;
      CREATE FUNCTION lt("E é", "E é") RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false'; CREATE OPERATOR <@< (leftarg = "E é", rightarg = "E é", function = lt); ALTER OPERATOR FAMILY fam USING btree ADD OPERATOR 1 <@< ("E é", "E é")`,
    sql: `ALTER TYPE "E é" ADD VALUE 'new'`,
    since: 15,
  },
]);

proveUndo("alter-enum-rename-value", [
  { before: used, sql: `ALTER TYPE "E é" RENAME VALUE 'it''s' TO 'x\\'`, rows },
]);
