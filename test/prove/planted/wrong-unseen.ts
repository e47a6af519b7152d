// Owns: downs whose fault stands in the system catalogs and in none of the facts that Belay reads
// today. They are not among the wrong downs that a judge must catch; once a reader sees one of them,
// it moves there.

import type { Planted } from "./planted.ts";

const things = `CREATE EXTENSION pg_trgm; CREATE TABLE things (id int PRIMARY KEY, name text);
  CREATE INDEX things_name ON things USING gin (name gin_trgm_ops);`;

const twice = `CREATE TABLE places (id int CONSTRAINT places_a UNIQUE NOT NULL);
  ALTER TABLE places ADD CONSTRAINT places_b UNIQUE (id);
  CREATE TABLE shops (id int PRIMARY KEY, place int,
    CONSTRAINT shops_place FOREIGN KEY (place) REFERENCES places (id));`;

/** A base type that is text under another name. */
const word = (more: string) => `CREATE TYPE word;
  CREATE FUNCTION word_in(cstring) RETURNS word LANGUAGE internal IMMUTABLE STRICT AS 'textin';
  CREATE FUNCTION word_out(word) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
  CREATE TYPE word (input = word_in, output = word_out, like = text${more && `, ${more}`})`;

export const wrongUnseen: Planted[] = [
  {
    name: "an index no longer depends on its extension",
    before: `${things} ALTER INDEX things_name DEPENDS ON EXTENSION pg_trgm`,
    up: "DROP INDEX things_name",
    down: "CREATE INDEX things_name ON things USING gin (name gin_trgm_ops)",
    names: ["things_name", "pg_trgm"],
  },
  {
    name: "a function of an extension keeps its new cost",
    before: things,
    up: "ALTER FUNCTION similarity(text, text) COST 1000; ALTER TABLE things ADD COLUMN size int",
    down: "ALTER TABLE things DROP COLUMN size",
    names: ["similarity", "cost"],
  },
  {
    name: "a comment on a function of an extension is left",
    before: things,
    up: "COMMENT ON FUNCTION similarity(text, text) IS 'slow'; CREATE TABLE more (id int)",
    down: "DROP TABLE more",
    names: ["similarity", "slow"],
  },
  {
    name: "a function that was taken out of an extension is gone",
    before: things,
    up: `ALTER EXTENSION pg_trgm DROP FUNCTION show_limit(); DROP FUNCTION show_limit()`,
    down: "SELECT extversion FROM pg_extension WHERE extname = 'pg_trgm'",
    names: ["show_limit"],
  },
  {
    name: "a function in the server's schema is left",
    before: things,
    up: `CREATE FUNCTION pg_catalog.twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1';
      CREATE FUNCTION thrice(int) RETURNS int LANGUAGE sql AS 'SELECT 3 * $1'`,
    down: "DROP FUNCTION thrice(int)",
    names: ["twice"],
  },
  {
    name: "a table in the information schema is left",
    before: things,
    up: "CREATE TABLE information_schema.notes (id int)",
    down: "DROP TABLE IF EXISTS notes",
    names: ["information_schema.notes"],
  },
  {
    name: "an operator is left in a family of the server",
    before: things,
    up: `ALTER OPERATOR FAMILY integer_ops USING btree ADD FUNCTION 1 (int, text) bttextcmp(text,
        text)`,
    down: "SELECT 1",
    names: ["integer_ops"],
  },
  {
    name: "the usage of a table's row type is still granted to nobody",
    before: things,
    up: "REVOKE USAGE ON TYPE things FROM PUBLIC; ALTER TABLE things ADD COLUMN size int",
    down: "ALTER TABLE things DROP COLUMN size",
    names: ["type", "things"],
  },
  {
    name: "a comment on a table's row type is emptied",
    before: `${things} COMMENT ON TYPE things IS 'a thing'`,
    up: "COMMENT ON TYPE things IS 'one thing'",
    down: "COMMENT ON TYPE things IS NULL",
    names: ["type", "things"],
  },
  {
    name: "a foreign key leans on another unique key than before",
    before: twice,
    up: `ALTER TABLE shops DROP CONSTRAINT shops_place; ALTER TABLE places DROP CONSTRAINT places_a;
      ALTER TABLE shops ADD CONSTRAINT shops_place FOREIGN KEY (place) REFERENCES places (id)`,
    down: "ALTER TABLE places ADD CONSTRAINT places_a UNIQUE (id)",
    names: ["shops_place", "places_a"],
  },
  {
    name: "the public may use the server's schema no more",
    before: things,
    up: "REVOKE USAGE ON SCHEMA information_schema FROM PUBLIC",
    down: "SELECT 1",
    names: ["information_schema"],
  },
  {
    name: "a base type comes back without collations",
    before: word("collatable = true"),
    up: "DROP TYPE word CASCADE",
    down: word(""),
    names: ["type public.word"],
  },
];
