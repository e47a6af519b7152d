// Owns: right downs of migrations of views, functions, operators, types and extensions.

import type { Planted } from "./planted.ts";

const people = `CREATE TABLE people (id int PRIMARY KEY, name text, active boolean);
  INSERT INTO people VALUES (1, 'ann', true), (2, 'bo', false), (3, NULL, NULL);`;

const view = `${people} CREATE VIEW named WITH (security_barrier) AS
    SELECT id, name FROM people WHERE active AND id IN (1, 2);
  GRANT SELECT ON named TO pg_monitor; COMMENT ON VIEW named IS 'v';
  ALTER VIEW named ALTER name SET DEFAULT 'nobody';`;

const routine = `CREATE FUNCTION next_of(a int) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL
    SAFE
    COST 7 SET search_path = pg_catalog AS $$ SELECT a + 1 $$;
  REVOKE ALL ON FUNCTION next_of(int) FROM PUBLIC; GRANT EXECUTE ON FUNCTION next_of(int) TO
    pg_monitor;`;

const pair = "CREATE TYPE pair AS (a int, b text);";

const right = (name: string, before: string, up: string, down: string): Planted => ({
  ...{ name, before, up, down },
  names: [],
});

export const rightPrograms: Planted[] = [
  right(
    "a view of the up is dropped",
    people,
    "CREATE VIEW named AS SELECT id FROM people; CREATE VIEW more AS SELECT * FROM named",
    "DROP VIEW named, more",
  ),
  right(
    "a view comes back in another spelling, with all that hung on it",
    view,
    "DROP VIEW named; ALTER TABLE people ADD COLUMN age int",
    `ALTER TABLE people DROP COLUMN age;
      CREATE OR REPLACE VIEW public.named (id, name) WITH (security_barrier = 'true') AS
        select p.id, p.name from public.people as p where ((p.active) and p.id = any (array[1, 2]));
      DROP VIEW named;
      CREATE VIEW named WITH (security_barrier) AS
        SELECT people.id, people."name" FROM people WHERE people.active AND people.id IN (1, 2);
      ALTER VIEW named ALTER COLUMN name SET DEFAULT 'nobody'::text;
      COMMENT ON VIEW named IS 'v'; GRANT SELECT ON TABLE named TO pg_monitor`,
  ),
  right(
    "a replaced view is replaced again",
    `${people} CREATE VIEW named AS SELECT id, name FROM people WHERE active;
      GRANT SELECT ON named TO PUBLIC`,
    "CREATE OR REPLACE VIEW named AS SELECT id, upper(name) AS name FROM people",
    "CREATE OR REPLACE VIEW named AS SELECT id, name FROM people WHERE (active)",
  ),
  right(
    "options of a view are put back",
    `${people} CREATE VIEW named WITH (check_option = local) AS SELECT id,
        name FROM people WHERE id > 0`,
    `ALTER VIEW named RESET (check_option); ALTER VIEW named SET (security_invoker = on,
        security_barrier)`,
    `ALTER VIEW named RESET (security_barrier, security_invoker);
      ALTER VIEW named SET (check_option = 'local')`,
  ),
  right(
    "a view and a column of it are renamed back",
    `${people} CREATE VIEW named AS SELECT id, name FROM people`,
    "ALTER VIEW named RENAME COLUMN name TO label; ALTER VIEW named RENAME TO labels",
    "ALTER TABLE labels RENAME TO named; ALTER TABLE named RENAME COLUMN label TO name",
  ),
  right(
    "a view is taken away and put back for a change of type",
    `CREATE TABLE boxes (id int PRIMARY KEY, width int CHECK (width BETWEEN 0 AND 9999));
      INSERT INTO boxes VALUES (1, 10), (2, NULL); CREATE VIEW wide AS SELECT id FROM boxes WHERE
        width > 5`,
    `DROP VIEW wide; ALTER TABLE boxes ALTER width TYPE bigint;
      CREATE VIEW wide AS SELECT id FROM boxes WHERE width > 5`,
    `DROP VIEW wide; ALTER TABLE boxes ALTER width TYPE int;
      CREATE VIEW wide AS SELECT id FROM boxes WHERE width > 5`,
  ),
  right(
    "a materialized view comes back with its index and rows",
    `${people} CREATE MATERIALIZED VIEW ids AS SELECT id FROM people;
      CREATE UNIQUE INDEX ids_id ON ids (id)`,
    "DROP MATERIALIZED VIEW ids",
    `CREATE MATERIALIZED VIEW ids AS SELECT people.id FROM people WITH NO DATA;
      CREATE UNIQUE INDEX ids_id ON ids (id); REFRESH MATERIALIZED VIEW ids`,
  ),
  right(
    "a function comes back word for word, its attributes in another order",
    routine,
    "DROP FUNCTION next_of(int)",
    `CREATE FUNCTION public.next_of(a integer) RETURNS integer AS ' SELECT a + 1 '
        RETURNS NULL ON NULL INPUT COST 7 PARALLEL SAFE SET search_path TO 'pg_catalog' IMMUTABLE
          LANGUAGE sql;
      REVOKE ALL ON FUNCTION next_of(int) FROM PUBLIC;
      GRANT ALL ON FUNCTION next_of(int) TO pg_monitor`,
  ),
  right(
    "a replaced function is replaced again",
    `${routine} COMMENT ON FUNCTION next_of(int) IS 'f'`,
    `CREATE OR REPLACE FUNCTION next_of(a int) RETURNS int LANGUAGE plpgsql AS
        $$ BEGIN RETURN a + 2; END $$`,
    `CREATE OR REPLACE FUNCTION next_of(a int) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL
        SAFE
      COST 7 SET search_path = pg_catalog AS $$ SELECT a + 1 $$`,
  ),
  right(
    "attributes of a function are put back by ALTER",
    routine,
    `ALTER FUNCTION next_of VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE COST 100 SECURITY DEFINER;
      ALTER FUNCTION next_of RESET search_path; ALTER FUNCTION next_of SET work_mem = '8MB'`,
    `ALTER FUNCTION next_of(int) RESET work_mem;
      ALTER ROUTINE next_of(int) SET search_path = pg_catalog;
      ALTER FUNCTION next_of(a int) SECURITY INVOKER COST 7 PARALLEL SAFE STRICT IMMUTABLE`,
  ),
  right(
    "overloads of the up go and the old one stays",
    routine,
    `CREATE FUNCTION next_of(a bigint) RETURNS bigint LANGUAGE sql AS 'SELECT a + 1';
      CREATE FUNCTION next_of(a int, by int) RETURNS int LANGUAGE sql AS 'SELECT a + by'`,
    "DROP FUNCTION next_of(int, int), next_of(bigint)",
  ),
  right(
    "a function and a procedure are renamed and moved back",
    `CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
      CREATE PROCEDURE go() LANGUAGE sql AS 'SELECT 1'`,
    `CREATE SCHEMA tools; ALTER FUNCTION one() SET SCHEMA tools;
      ALTER PROCEDURE go() RENAME TO went`,
    `ALTER PROCEDURE went() RENAME TO go; ALTER FUNCTION tools.one() SET SCHEMA public;
      DROP SCHEMA tools`,
  ),
  right(
    "an aggregate, an operator and a cast come back",
    `${pair} CREATE AGGREGATE summe (int) (sfunc = int4pl, stype = int, initcond = '0');
      CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq, commutator = ===,
        hashes,
        restrict = eqsel, join = eqjoinsel);
      CREATE CAST (pair AS text) WITH INOUT AS ASSIGNMENT`,
    "DROP AGGREGATE summe (int); DROP OPERATOR === (int, int); DROP CAST (pair AS text)",
    `CREATE CAST (public.pair AS text) WITH INOUT AS ASSIGNMENT;
      CREATE OPERATOR public.=== (PROCEDURE = int4eq, LEFTARG = integer, RIGHTARG = integer,
        JOIN = eqjoinsel, RESTRICT = eqsel, HASHES, COMMUTATOR = OPERATOR(public.===));
      CREATE AGGREGATE summe (BASETYPE = int, SFUNC = int4pl, STYPE = int4, INITCOND = '0')`,
  ),
  right(
    "a type, and the column that uses it, go together",
    people,
    `CREATE TYPE mood AS ENUM ('sad', 'ok'); ALTER TABLE people ADD COLUMN mood mood DEFAULT 'ok';
      CREATE DOMAIN short AS varchar(20); CREATE TYPE span AS RANGE (subtype = float8)`,
    "DROP TYPE mood CASCADE; DROP DOMAIN short; DROP TYPE IF EXISTS span RESTRICT",
  ),
  right(
    "an enum is made again without the label of the up, and the column cast",
    `CREATE TYPE mood AS ENUM ('sad', 'ok');
      CREATE TABLE notes (id int PRIMARY KEY, mood mood DEFAULT 'ok' CHECK (mood::text IN ('sad',
        'ok')));
      INSERT INTO notes VALUES (1, 'ok'), (2, NULL)`,
    "ALTER TYPE mood ADD VALUE 'great'",
    `ALTER TYPE mood RENAME TO mood_old; CREATE TYPE mood AS ENUM ('sad', 'ok');
      ALTER TABLE notes ALTER mood DROP DEFAULT;
      ALTER TABLE notes ALTER mood TYPE mood USING mood::text::mood;
      ALTER TABLE notes ALTER mood SET DEFAULT 'ok'; DROP TYPE mood_old`,
  ),
  right(
    "a label is renamed back",
    `CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE notes (id int PRIMARY KEY, mood mood);
      INSERT INTO notes VALUES (1, 'ok'), (2, NULL)`,
    "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'; ALTER TYPE mood RENAME TO feeling",
    "ALTER TYPE feeling RENAME TO mood; ALTER TYPE mood RENAME VALUE 'fine' TO 'ok'",
  ),
  right(
    "a column that was a domain for a while",
    `CREATE TABLE users (id int PRIMARY KEY, login text DEFAULT 'x');
      INSERT INTO users VALUES (1, 'ann')`,
    "CREATE DOMAIN login AS text; ALTER TABLE users ALTER login TYPE login",
    "ALTER TABLE users ALTER COLUMN login SET DATA TYPE text; DROP DOMAIN login",
  ),
  right(
    "a domain gets back its constraint, default and NOT NULL",
    `CREATE DOMAIN email AS varchar(80) DEFAULT 'nobody' NOT NULL
      CONSTRAINT email_short CHECK (length(value) < 70)`,
    `ALTER DOMAIN email DROP CONSTRAINT email_short; ALTER DOMAIN email DROP DEFAULT;
      ALTER DOMAIN email DROP NOT NULL`,
    `ALTER DOMAIN email SET NOT NULL; ALTER DOMAIN email SET DEFAULT 'nobody'::character varying;
      ALTER DOMAIN email ADD CONSTRAINT email_short CHECK (length((VALUE)::text) < 70) NOT VALID;
      ALTER DOMAIN email VALIDATE CONSTRAINT email_short`,
  ),
  right(
    "an attribute of a composite type goes, another one is renamed back",
    pair,
    "ALTER TYPE pair ADD ATTRIBUTE c int; ALTER TYPE pair RENAME ATTRIBUTE a TO x",
    "ALTER TYPE pair RENAME ATTRIBUTE x TO a; ALTER TYPE pair DROP ATTRIBUTE IF EXISTS c",
  ),
  right(
    "extensions go, with what was made of them",
    people,
    `CREATE EXTENSION citext; CREATE EXTENSION pg_trgm; ALTER TABLE people ADD COLUMN login citext;
      CREATE INDEX people_name ON people USING gin (name gin_trgm_ops)`,
    `DROP EXTENSION pg_trgm CASCADE; ALTER TABLE people DROP COLUMN login;
      DROP EXTENSION IF EXISTS citext`,
  ),
  right(
    "an extension is moved to another schema and back",
    "CREATE EXTENSION hstore; CREATE TABLE bags (id int PRIMARY KEY, bag hstore)",
    "CREATE SCHEMA tools; ALTER EXTENSION hstore SET SCHEMA tools",
    "ALTER EXTENSION hstore SET SCHEMA public; DROP SCHEMA tools",
  ),
  right(
    "an event trigger comes back disabled, as it was",
    `CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
      CREATE EVENT TRIGGER watch_tables ON ddl_command_end WHEN TAG IN ('CREATE TABLE',
        'DROP TABLE')
        EXECUTE FUNCTION watch(); ALTER EVENT TRIGGER watch_tables DISABLE`,
    "DROP EVENT TRIGGER watch_tables",
    `CREATE EVENT TRIGGER watch_tables ON ddl_command_end WHEN TAG IN ('drop table', 'create table')
      EXECUTE PROCEDURE watch(); ALTER EVENT TRIGGER watch_tables DISABLE`,
  ),
  right(
    "a text search configuration gets its mapping back",
    `CREATE TEXT SEARCH DICTIONARY words (template = simple, stopwords = english);
      CREATE TEXT SEARCH CONFIGURATION shop (copy = simple);
      ALTER TEXT SEARCH CONFIGURATION shop ALTER MAPPING FOR word, asciiword WITH words, simple`,
    `ALTER TEXT SEARCH CONFIGURATION shop DROP MAPPING FOR word, asciiword;
      CREATE TEXT SEARCH CONFIGURATION more (copy = shop)`,
    `DROP TEXT SEARCH CONFIGURATION more;
      ALTER TEXT SEARCH CONFIGURATION shop ADD MAPPING FOR asciiword, word WITH public.words,
        simple`,
  ),
  right(
    "foreign data goes wrapper first",
    people,
    `CREATE FOREIGN DATA WRAPPER wire; CREATE SERVER far FOREIGN DATA WRAPPER wire OPTIONS (host
        'h');
      CREATE USER MAPPING FOR PUBLIC SERVER far; CREATE FOREIGN TABLE far_things (id int) SERVER
        far`,
    "DROP FOREIGN DATA WRAPPER wire CASCADE",
  ),
  right(
    "a foreign server gets its options back",
    `CREATE FOREIGN DATA WRAPPER wire; CREATE SERVER far FOREIGN DATA WRAPPER wire OPTIONS (host
        'h', port '1')`,
    "ALTER SERVER far OPTIONS (DROP host, SET port '2', ADD ssl 'on')",
    "ALTER SERVER far OPTIONS (SET port '1', DROP ssl, ADD host 'h')",
  ),
  right(
    "a collation comes back",
    "CREATE COLLATION plain (provider = libc, locale = 'C')",
    "DROP COLLATION plain",
    `CREATE COLLATION public.plain (LC_COLLATE = 'C', LC_CTYPE = 'C')`,
  ),
];
