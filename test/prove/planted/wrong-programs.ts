// Owns: downs that leave a view, a function, an operator or a type other than it was.

import type { Planted } from "./planted.ts";

const people = `CREATE TABLE people (id int PRIMARY KEY, name text, active boolean);
  INSERT INTO people VALUES (1, 'ann', true), (2, 'bo', false), (3, NULL, NULL);`;

/** Before, with a view `named`; the up drops it. */
const view = (more: string, options = ""): Pick<Planted, "before" | "up"> => ({
  before: `${people} CREATE VIEW named ${options} AS SELECT id, name FROM people WHERE active;
    ${more}`,
  up: "DROP VIEW named; ALTER TABLE people ADD COLUMN age int",
});

const putView = (text: string) => `ALTER TABLE people DROP COLUMN age; CREATE VIEW named ${text}`;
const viewText = "AS SELECT id, name FROM people WHERE active";

const totals = `${people} CREATE MATERIALIZED VIEW totals AS
    SELECT active, count(*) AS n FROM people GROUP BY active;
  CREATE UNIQUE INDEX totals_active ON totals (active);`;

const totalsText =
  "CREATE MATERIALIZED VIEW totals AS SELECT active, count(*) AS n FROM people GROUP BY active";

const body = "AS $$ SELECT a + 1 $$";

/** Before, with a function `next_of(a int)` of such attributes; the up replaces it by another. */
const routine = (attributes: string, more = ""): Pick<Planted, "before" | "up"> => ({
  before: `CREATE FUNCTION next_of(a int) RETURNS int LANGUAGE sql ${attributes} ${body}; ${more}`,
  up: `DROP FUNCTION next_of(int);
    CREATE FUNCTION next_of(a bigint) RETURNS bigint LANGUAGE sql ${body}`,
});

const putRoutine = (attributes: string, text = body) => `DROP FUNCTION next_of(bigint);
  CREATE FUNCTION next_of(a int) RETURNS int LANGUAGE sql ${attributes} ${text}`;

const routineName = "next_of(integer)";

const moods = `CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
  CREATE TABLE notes (id int PRIMARY KEY, mood mood);
  INSERT INTO notes VALUES (1, 'ok'), (2, NULL);`;

const email = `CREATE DOMAIN email AS varchar(80) DEFAULT 'nobody' NOT NULL
  CONSTRAINT email_short CHECK (length(value) < 70);`;

const pair = `CREATE TYPE pair AS (a int, b text);`;

export const wrongPrograms: Planted[] = [
  {
    name: "a view is forgotten",
    ...view(""),
    down: "ALTER TABLE people DROP COLUMN age",
    names: ["view public.named"],
  },
  {
    name: "a view comes back with its columns in another order",
    ...view(""),
    down: putView("AS SELECT name, id FROM people WHERE active"),
    names: ["view public.named"],
  },
  {
    name: "a replaced view is replaced by a text without its WHERE",
    before: view("").before,
    up: "CREATE OR REPLACE VIEW named AS SELECT id, name, active FROM people",
    down: "DROP VIEW named; CREATE VIEW named AS SELECT id, name FROM people",
    names: ["view public.named", "definition"],
  },
  {
    name: "a view that keeps the column of the up",
    before: view("").before,
    up: "CREATE OR REPLACE VIEW named AS SELECT id, name, active FROM people WHERE active",
    down: `CREATE OR REPLACE VIEW named AS SELECT id, name,
        NULL::boolean AS active FROM people WHERE active`,
    names: ["view public.named"],
  },
  {
    name: "a column of a view keeps its new name",
    before: view("").before,
    up: "ALTER VIEW named RENAME COLUMN name TO full_name; COMMENT ON VIEW named IS 'n'",
    down: "COMMENT ON VIEW named IS NULL",
    names: ["view public.named", "full_name"],
  },
  {
    name: "a view loses its security barrier",
    ...view("", "WITH (security_barrier)"),
    down: putView(viewText),
    names: ["view public.named", "security_barrier"],
  },
  {
    name: "a view runs with its owner's rights again",
    ...view("", "WITH (security_invoker = true)"),
    down: putView(viewText),
    names: ["view public.named", "security_invoker"],
  },
  {
    name: "a view loses its check option",
    ...view("ALTER VIEW named SET (check_option = local)"),
    down: putView(viewText),
    names: ["view public.named", "check_option"],
  },
  {
    name: "a cascaded check option becomes a local one",
    ...view("ALTER VIEW named SET (check_option = cascaded)"),
    down: putView(`${viewText} WITH LOCAL CHECK OPTION`),
    names: ["view public.named", "check_option"],
  },
  {
    name: "grants on a view are lost when it is made again",
    ...view("GRANT SELECT ON named TO pg_monitor"),
    down: putView(viewText),
    names: ["view public.named", "acl"],
  },
  {
    name: "the comment on a view is lost when it is made again",
    ...view("COMMENT ON VIEW named IS 'for the reports'"),
    down: putView(viewText),
    names: ["view public.named", "reports"],
  },
  {
    name: "the default of a view's column is lost when it is made again",
    ...view("ALTER VIEW named ALTER name SET DEFAULT 'nobody'"),
    down: putView(viewText),
    names: ["view public.named", "nobody"],
  },
  {
    name: "the trigger on a view is lost when it is made again",
    ...view(`CREATE FUNCTION put() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
      CREATE TRIGGER named_put INSTEAD OF INSERT ON named FOR EACH ROW EXECUTE FUNCTION put()`),
    down: putView(viewText),
    names: ["view public.named", "trigger named_put"],
  },
  {
    name: "a view that CASCADE took away is forgotten",
    before: `${view("").before} CREATE VIEW named_only AS SELECT name FROM named`,
    up: "DROP VIEW named CASCADE",
    down: `CREATE VIEW named ${viewText}`,
    names: ["view public.named_only"],
  },
  {
    name: "a materialized view is left unpopulated",
    before: totals,
    up: "DROP MATERIALIZED VIEW totals",
    down: `${totalsText} WITH NO DATA; CREATE UNIQUE INDEX totals_active ON totals (active)`,
    names: ["totals", "populated"],
  },
  {
    name: "the index on a materialized view is forgotten",
    before: totals,
    up: "DROP MATERIALIZED VIEW totals",
    down: totalsText,
    names: ["totals", "totals_active"],
  },
  {
    name: "a materialized view comes back as a view",
    before: `${people} ${totalsText}`,
    up: "DROP MATERIALIZED VIEW totals",
    down: totalsText.replace("MATERIALIZED ", ""),
    names: ["materialized view public.totals"],
  },
  {
    name: "a function is forgotten",
    ...routine(""),
    down: "DROP FUNCTION next_of(bigint)",
    names: [routineName],
  },
  {
    name: "an overload of the up is left",
    before: routine("").before,
    up: `CREATE FUNCTION next_of(a int, step int) RETURNS int LANGUAGE sql AS $$ SELECT a + step $$;
      CREATE FUNCTION next_of(a bigint) RETURNS bigint LANGUAGE sql ${body}`,
    down: "DROP FUNCTION next_of(bigint)",
    names: ["next_of(integer,integer)"],
  },
  {
    name: "CREATE OR REPLACE leaves the old overload alone and makes another",
    before: routine("").before,
    up: "DROP FUNCTION next_of(int)",
    down: `CREATE OR REPLACE FUNCTION next_of(a int, by int DEFAULT 1) RETURNS int LANGUAGE sql
      AS $$ SELECT a + by $$`,
    names: ["next_of(integer,integer)"],
  },
  {
    name: "a function comes back with another body",
    ...routine(""),
    down: putRoutine("", "AS $$ SELECT a+1 $$"),
    names: [routineName, "definition"],
  },
  {
    name: "an immutable function comes back volatile",
    ...routine("IMMUTABLE"),
    down: putRoutine(""),
    names: [routineName, "immutable"],
  },
  {
    name: "a parallel safe function comes back unsafe",
    ...routine("STABLE PARALLEL SAFE"),
    down: putRoutine("STABLE"),
    names: [routineName, "parallel safe"],
  },
  {
    name: "a function is no longer a security definer",
    ...routine("SECURITY DEFINER"),
    down: putRoutine(""),
    names: [routineName, "security definer"],
  },
  {
    name: "a function is no longer strict",
    ...routine("STRICT"),
    down: putRoutine(""),
    names: [routineName, "strict"],
  },
  {
    name: "the cost of a function is lost",
    ...routine("COST 5000"),
    down: putRoutine(""),
    names: [routineName, "cost"],
  },
  {
    name: "a function is no longer leakproof",
    ...routine("IMMUTABLE LEAKPROOF"),
    down: putRoutine("IMMUTABLE"),
    names: [routineName, "leakproof"],
  },
  {
    name: "the search_path of a function is lost",
    ...routine("SET search_path = pg_catalog"),
    down: putRoutine(""),
    names: [routineName, "search_path"],
  },
  {
    name: "the expected rows of a function are lost",
    before: `CREATE FUNCTION few() RETURNS SETOF int LANGUAGE sql ROWS 7 AS $$ SELECT 1 $$`,
    up: "ALTER FUNCTION few() ROWS 100000",
    down: "ALTER FUNCTION few() ROWS 1000",
    names: ["few()", "rows 7"],
  },
  {
    name: "the default of an argument is lost",
    before: `CREATE FUNCTION total(a int, b int DEFAULT 7) RETURNS int LANGUAGE sql AS
        $$ SELECT a + b $$`,
    up: "DROP FUNCTION total(int, int)",
    down: "CREATE FUNCTION total(a int, b int) RETURNS int LANGUAGE sql AS $$ SELECT a + b $$",
    names: ["total(integer,integer)", "default"],
  },
  {
    name: "what was revoked from everybody is granted again",
    ...routine("", "REVOKE ALL ON FUNCTION next_of(int) FROM PUBLIC"),
    down: putRoutine(""),
    names: [routineName, "acl"],
  },
  {
    name: "the comment on a function is lost when it is made again",
    ...routine("", "COMMENT ON FUNCTION next_of(int) IS 'adds one'"),
    down: putRoutine(""),
    names: [routineName, "adds one"],
  },
  {
    name: "a trigger's function keeps its new text",
    before: `CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RETURN new; END $$;
      ${people} CREATE TRIGGER people_stamp BEFORE UPDATE ON people
        FOR EACH ROW EXECUTE FUNCTION stamp()`,
    up: `CREATE OR REPLACE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN new.seen := now(); RETURN new; END $$;
      ALTER TABLE people ADD COLUMN seen timestamptz`,
    down: "ALTER TABLE people DROP COLUMN seen",
    names: ["stamp()"],
  },
  {
    name: "a function no longer depends on its extension",
    before: `CREATE EXTENSION pg_trgm; ${routine("").before}
      ALTER FUNCTION next_of(int) DEPENDS ON EXTENSION pg_trgm`,
    up: "ALTER FUNCTION next_of(int) NO DEPENDS ON EXTENSION pg_trgm",
    down: "SELECT 1",
    names: ["next_of"],
  },
  {
    name: "a procedure comes back as a function",
    before: "CREATE PROCEDURE tidy() LANGUAGE sql AS $$ SELECT 1 $$",
    up: "DROP PROCEDURE tidy()",
    down: "CREATE FUNCTION tidy() RETURNS void LANGUAGE sql AS $$ SELECT 1 $$",
    names: ["procedure public.tidy()"],
  },
  {
    name: "an aggregate is forgotten",
    before: "CREATE AGGREGATE summe (int) (sfunc = int4pl, stype = int, initcond = '0')",
    up: `DROP AGGREGATE summe (int); CREATE AGGREGATE summe (bigint) (sfunc = int8pl,
        stype = bigint)`,
    down: "DROP AGGREGATE summe (bigint)",
    names: ["summe(integer)"],
  },
  {
    name: "an aggregate comes back without its initial value",
    before: "CREATE AGGREGATE summe (int) (sfunc = int4pl, stype = int, initcond = '0')",
    up: "DROP AGGREGATE summe (int)",
    down: "CREATE AGGREGATE summe (int) (sfunc = int4pl, stype = int)",
    names: ["summe(integer)", "initial"],
  },
  {
    name: "an operator is forgotten",
    before: "CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq)",
    up: `DROP OPERATOR === (int, int); CREATE OPERATOR ==== (leftarg = int, rightarg = int,
        function = int4eq)`,
    down: "DROP OPERATOR ==== (int, int)",
    names: ["operator", "==="],
  },
  {
    name: "an operator comes back without what the planner knows of it",
    before: `CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq,
      commutator = ===, restrict = eqsel, join = eqjoinsel, hashes, merges)`,
    up: "DROP OPERATOR === (int, int)",
    down: `CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq,
      commutator = ===, restrict = eqsel, join = eqjoinsel)`,
    names: ["operator", "===", "hashes"],
  },
  {
    name: "an operator class is forgotten",
    before: `CREATE OPERATOR CLASS int_again FOR TYPE int USING btree AS OPERATOR 1 <,
        OPERATOR 2 <=,
      OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int)`,
    up: "DROP OPERATOR CLASS int_again USING btree",
    down: "SELECT opfname FROM pg_opfamily WHERE opfname = 'int_again'",
    names: ["operator class", "int_again"],
  },
  {
    name: "a cast is forgotten",
    before: `${pair} CREATE CAST (pair AS text) WITH INOUT`,
    up: "DROP CAST (pair AS text); CREATE TABLE pairs (p pair)",
    down: "DROP TABLE pairs",
    names: ["cast", "pair"],
  },
  {
    name: "a cast in assignments becomes implicit",
    before: `${pair} CREATE CAST (pair AS text) WITH INOUT AS ASSIGNMENT`,
    up: "DROP CAST (pair AS text)",
    down: "CREATE CAST (pair AS text) WITH INOUT AS IMPLICIT",
    names: ["cast", "pair", "implicit"],
  },
  {
    name: "a collation comes back with another locale",
    before: `CREATE COLLATION plain (provider = libc, locale = 'C')`,
    up: "DROP COLLATION plain",
    down: "CREATE COLLATION plain (provider = libc, locale = 'POSIX')",
    names: ["collation", "plain"],
  },
  {
    name: "a label of the up is left in an enum",
    before: moods,
    up: "ALTER TYPE mood ADD VALUE 'great' AFTER 'happy'",
    down: "UPDATE notes SET mood = 'happy' WHERE mood::text = 'great'",
    names: ["type public.mood", "great"],
  },
  {
    name: "an enum comes back with its labels in another order",
    before: moods,
    up: `ALTER TABLE notes ALTER mood TYPE text; DROP TYPE mood;
      ALTER TABLE notes ADD CONSTRAINT notes_mood CHECK (mood IN ('sad', 'ok', 'happy'))`,
    down: `ALTER TABLE notes DROP CONSTRAINT notes_mood;
      CREATE TYPE mood AS ENUM ('happy', 'ok', 'sad');
      ALTER TABLE notes ALTER mood TYPE mood USING mood::mood`,
    names: ["type public.mood", "labels"],
  },
  {
    name: "a label keeps its new name",
    before: `${moods} UPDATE notes SET mood = 'sad'`,
    up: "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'; ALTER TABLE notes ADD COLUMN why text",
    down: "ALTER TABLE notes DROP COLUMN why",
    names: ["type public.mood", "fine"],
  },
  {
    name: "a domain's constraint is forgotten",
    before: email,
    up: `ALTER DOMAIN email DROP CONSTRAINT email_short;
      ALTER DOMAIN email ADD CONSTRAINT email_at CHECK (value LIKE '%@%') NOT VALID`,
    down: "ALTER DOMAIN email DROP CONSTRAINT email_at",
    names: ["domain public.email", "email_short"],
  },
  {
    name: "a domain's constraint comes back not valid",
    before: email,
    up: "ALTER DOMAIN email DROP CONSTRAINT email_short",
    down: "ALTER DOMAIN email ADD CONSTRAINT email_short CHECK (length(value) < 70) NOT VALID",
    names: ["domain public.email", "email_short", "not valid"],
  },
  {
    name: "a domain's default is lost when it is made again",
    before: email,
    up: "DROP DOMAIN email",
    down: `CREATE DOMAIN email AS varchar(80) NOT NULL
      CONSTRAINT email_short CHECK (length(value) < 70)`,
    names: ["domain public.email", "default"],
  },
  {
    name: "a domain may be NULL",
    before: email,
    up: "ALTER DOMAIN email DROP NOT NULL; ALTER DOMAIN email SET DEFAULT ''",
    down: "ALTER DOMAIN email SET DEFAULT 'nobody'",
    names: ["domain public.email", "not null"],
  },
  {
    name: "a composite type loses an attribute",
    before: pair,
    up: "ALTER TYPE pair DROP ATTRIBUTE b, ADD ATTRIBUTE c int",
    down: "ALTER TYPE pair DROP ATTRIBUTE c",
    names: ["type public.pair", "column b"],
  },
  {
    name: "a composite type has its attributes in another order",
    before: `${pair} CREATE TYPE triple AS (a int, b int, c int)`,
    up: "ALTER TYPE triple DROP ATTRIBUTE b",
    down: "ALTER TYPE triple ADD ATTRIBUTE b int",
    names: ["type public.triple", "order"],
  },
  {
    name: "a range type is forgotten",
    before: "CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi)",
    up: "DROP TYPE span; CREATE TYPE spans AS RANGE (subtype = numeric)",
    down: "DROP TYPE spans",
    names: ["type public.span"],
  },
  {
    name: "a type keeps its new owner",
    before: pair,
    up: "ALTER TYPE pair OWNER TO pg_monitor; COMMENT ON TYPE pair IS 'two'",
    down: "COMMENT ON TYPE pair IS NULL",
    names: ["type public.pair", "owner"],
  },
];
