// Owns: downs that leave something behind, put it in another place, touch what is of the whole
// database, or fail.

import type { Planted } from "./planted.ts";

const accounts = `CREATE TABLE accounts (id int PRIMARY KEY, email varchar(60), note text);
  INSERT INTO accounts VALUES (1, 'A@example.org', 'x'), (2, 'b@example.org', NULL), (3, NULL,
    '');`;

/** ALTER DATABASE and the like need the name of the database that they run in. */
const inThisDatabase = (text: string) =>
  `DO $do$ BEGIN EXECUTE format('${text.replaceAll("'", "''")}', current_database()); END $do$`;

const watch = `CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;`;

const search = `CREATE TEXT SEARCH DICTIONARY words (template = simple, stopwords = english);
  CREATE TEXT SEARCH CONFIGURATION shop (copy = simple);
  ALTER TEXT SEARCH CONFIGURATION shop ALTER MAPPING FOR word WITH words, simple;`;

const remote = `CREATE FOREIGN DATA WRAPPER wire;
  CREATE SERVER far FOREIGN DATA WRAPPER wire OPTIONS (host 'far', port '5432');
  CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS ("user" 'reader', password 'one');
  CREATE FOREIGN TABLE far_things (id int OPTIONS (col 'ID')) SERVER far OPTIONS (tbl 'THINGS');`;

export const wrongDatabase: Planted[] = [
  {
    name: "the backup table of the up is left",
    before: accounts,
    up: "CREATE TABLE accounts_backup AS TABLE accounts; ALTER TABLE accounts ADD COLUMN plan text",
    down: "ALTER TABLE accounts DROP COLUMN plan",
    names: ["accounts_backup"],
  },
  {
    name: "a table that the down itself made is left",
    before: accounts,
    up: "ALTER TABLE accounts ADD COLUMN plan text",
    down: `CREATE TABLE _tmp_accounts AS SELECT id, plan FROM accounts;
      ALTER TABLE accounts DROP COLUMN plan`,
    names: ["_tmp_accounts"],
  },
  {
    name: "the function of a dropped trigger is left",
    before: accounts,
    up: `CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
      CREATE TRIGGER accounts_audit BEFORE UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION
        audit()`,
    down: "DROP TRIGGER accounts_audit ON accounts",
    names: ["audit()"],
  },
  {
    name: "the sequence of a dropped column is left",
    before: accounts,
    up: `CREATE SEQUENCE account_no;
      ALTER TABLE accounts ADD COLUMN no bigint DEFAULT nextval('account_no')`,
    down: "ALTER TABLE accounts DROP COLUMN no",
    names: ["sequence public.account_no"],
  },
  {
    name: "the type of a dropped column is left",
    before: accounts,
    up: "CREATE TYPE plan AS ENUM ('free', 'paid'); ALTER TABLE accounts ADD COLUMN plan plan",
    down: "ALTER TABLE accounts DROP COLUMN plan",
    names: ["type public.plan"],
  },
  {
    name: "an extension is left",
    before: accounts,
    up: "CREATE EXTENSION citext; ALTER TABLE accounts ADD COLUMN login citext",
    down: "ALTER TABLE accounts DROP COLUMN login",
    names: ["extension citext"],
  },
  {
    name: "an extension comes back in another schema",
    before: "CREATE SCHEMA tools; CREATE EXTENSION pg_trgm SCHEMA tools",
    up: "DROP EXTENSION pg_trgm",
    down: "CREATE EXTENSION pg_trgm SCHEMA public",
    names: ["extension pg_trgm", "tools"],
  },
  {
    name: "a schema is left",
    before: accounts,
    up: "CREATE SCHEMA reporting; CREATE VIEW reporting.accounts AS SELECT id FROM public.accounts",
    down: "DROP VIEW reporting.accounts",
    names: ["schema reporting"],
  },
  {
    name: "the usage of a schema is not granted again",
    before: "CREATE SCHEMA reporting; GRANT USAGE ON SCHEMA reporting TO pg_monitor",
    up: "ALTER SCHEMA reporting RENAME TO reports; REVOKE USAGE ON SCHEMA reports FROM pg_monitor",
    down: "ALTER SCHEMA reports RENAME TO reporting",
    names: ["schema reporting", "acl"],
  },
  {
    name: "everybody may create in public afterwards",
    before: accounts,
    up: "GRANT USAGE ON SCHEMA public TO pg_monitor; GRANT CREATE ON SCHEMA public TO PUBLIC",
    down: "REVOKE USAGE ON SCHEMA public FROM pg_monitor",
    names: ["schema public", "acl"],
  },
  {
    name: "default privileges are forgotten",
    before: "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor",
    up: `ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM pg_monitor;
      ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO pg_monitor`,
    down: "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE USAGE ON SEQUENCES FROM pg_monitor",
    names: ["default privileges", "tables"],
  },
  {
    name: "default privileges of the up are left",
    before: accounts,
    up: `ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
      ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor`,
    down: "ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM pg_monitor",
    names: ["default privileges", "functions"],
  },
  {
    name: "an event trigger is left",
    before: watch,
    up: `CREATE EVENT TRIGGER watch_tables ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
      EXECUTE FUNCTION watch(); CREATE TABLE watched (id int)`,
    down: "DROP TABLE watched",
    names: ["event trigger watch_tables"],
  },
  {
    name: "a disabled event trigger comes back enabled",
    before: `${watch} CREATE EVENT TRIGGER watch_all ON ddl_command_end EXECUTE FUNCTION watch();
      ALTER EVENT TRIGGER watch_all DISABLE`,
    up: "DROP EVENT TRIGGER watch_all",
    down: "CREATE EVENT TRIGGER watch_all ON ddl_command_end EXECUTE FUNCTION watch()",
    names: ["event trigger watch_all", "enabled"],
  },
  {
    name: "a publication is left",
    before: accounts,
    up: `ALTER TABLE accounts ADD COLUMN plan text;
      CREATE PUBLICATION plans FOR TABLE accounts WITH (publish = 'insert')`,
    down: "ALTER TABLE accounts DROP COLUMN plan",
    names: ["publication plans"],
  },
  {
    name: "a publication comes back with all operations",
    before: `${accounts} CREATE PUBLICATION feed FOR TABLE accounts WITH (publish =
        'insert, update')`,
    up: "ALTER PUBLICATION feed SET (publish = 'insert')",
    down: "ALTER PUBLICATION feed SET (publish = 'insert, update, delete, truncate')",
    names: ["publication feed", "truncate"],
  },
  {
    name: "a text search mapping is forgotten",
    before: search,
    up: "ALTER TEXT SEARCH CONFIGURATION shop ALTER MAPPING REPLACE words WITH simple",
    down: "ALTER TEXT SEARCH CONFIGURATION shop ALTER MAPPING FOR word WITH words",
    names: ["configuration public.shop", "mapping"],
  },
  {
    name: "a text search configuration of the server is changed for good",
    before: search,
    up: `ALTER TEXT SEARCH CONFIGURATION english
      ALTER MAPPING FOR asciiword WITH public.words, english_stem`,
    down: "DROP TEXT SEARCH CONFIGURATION IF EXISTS public.english",
    names: ["configuration", "english"],
  },
  {
    name: "the options of a text search dictionary are lost",
    before: search,
    up: "ALTER TEXT SEARCH DICTIONARY words (accept = false)",
    down: "ALTER TEXT SEARCH DICTIONARY words (accept = true, stopwords)",
    names: ["dictionary public.words"],
  },
  {
    name: "an option of a foreign server is lost",
    before: remote,
    up: "ALTER SERVER far OPTIONS (SET host 'near', DROP port)",
    down: "ALTER SERVER far OPTIONS (SET host 'far')",
    names: ["server far", "port"],
  },
  {
    name: "an option of a foreign table's column is lost",
    before: remote,
    up: "ALTER FOREIGN TABLE far_things ALTER id OPTIONS (DROP col), OPTIONS (SET tbl 'X')",
    down: "ALTER FOREIGN TABLE far_things OPTIONS (SET tbl 'THINGS')",
    names: ["far_things", "column id"],
  },
  {
    name: "a user mapping is forgotten",
    before: remote,
    up: "DROP USER MAPPING FOR PUBLIC SERVER far; GRANT USAGE ON FOREIGN SERVER far TO pg_monitor",
    down: "REVOKE USAGE ON FOREIGN SERVER far FROM pg_monitor",
    names: ["user mapping", "far"],
  },
  {
    name: "a user mapping comes back with another password",
    before: remote,
    up: "ALTER USER MAPPING FOR PUBLIC SERVER far OPTIONS (SET password 'two')",
    down: "ALTER USER MAPPING FOR PUBLIC SERVER far OPTIONS (SET password '1')",
    names: ["user mapping", "far"],
  },
  {
    name: "a setting of the database is left",
    before: accounts,
    up: `${inThisDatabase("ALTER DATABASE %I SET work_mem = '9MB'")};
      ${inThisDatabase("ALTER DATABASE %I SET statement_timeout = '61s'")}`,
    down: inThisDatabase("ALTER DATABASE %I RESET statement_timeout"),
    names: ["database", "work_mem"],
  },
  {
    name: "a setting of a role in the database is left",
    before: accounts,
    up: `DO $do$ BEGIN EXECUTE format('ALTER ROLE %I IN DATABASE %I SET work_mem = ''9MB''',
      current_user, current_database()); END $do$; CREATE INDEX accounts_email ON accounts (email)`,
    down: "DROP INDEX accounts_email",
    names: ["database", "work_mem"],
  },
  {
    name: "the connection limit of the database is left",
    before: accounts,
    up: inThisDatabase("ALTER DATABASE %I CONNECTION LIMIT 50"),
    down: "SELECT 1",
    names: ["database", "connection"],
  },
  {
    name: "the database keeps its new owner",
    before: accounts,
    up: inThisDatabase("ALTER DATABASE %I OWNER TO pg_monitor"),
    down: "SELECT 1",
    names: ["database", "owner"],
  },
  {
    name: "a large object is left",
    before: accounts,
    up: "SELECT lo_from_bytea(4711, '\\x00ff'); ALTER TABLE accounts ADD COLUMN photo oid",
    down: "ALTER TABLE accounts DROP COLUMN photo",
    names: ["4711"],
  },
  {
    name: "a large object is unlinked and not made again",
    before: `CREATE TABLE photos (id int PRIMARY KEY, photo oid);
      INSERT INTO photos VALUES (1, lo_from_bytea(4712, '\\xdeadbeef'))`,
    up: `SELECT lo_unlink(photo) FROM photos WHERE photo = 4712;
      ALTER TABLE photos ADD COLUMN url text`,
    down: "ALTER TABLE photos DROP COLUMN url",
    names: ["large object", "4712"],
  },
  {
    name: "the down is a copy of another migration's",
    before: `${accounts} CREATE TABLE users (id int PRIMARY KEY, name text, locale text)`,
    up: "ALTER TABLE accounts ADD COLUMN locale text",
    down: "ALTER TABLE users DROP COLUMN locale",
    names: ["users", "column locale"],
  },
  {
    name: "the down undoes half, and the other half IF EXISTS under a mistyped name",
    before: accounts,
    up: "CREATE INDEX accounts_email_idx ON accounts (email); CREATE TABLE plans (id int)",
    down: "DROP TABLE IF EXISTS plans; DROP INDEX IF EXISTS account_email_idx",
    names: ["accounts", "accounts_email_idx"],
  },
  {
    name: "a SET at the top sends a view to another schema",
    before: `${accounts} CREATE SCHEMA reporting;
      CREATE VIEW active AS SELECT id FROM accounts WHERE note IS NOT NULL`,
    up: "DROP VIEW active",
    down: `SET search_path = reporting, public;
      CREATE VIEW active AS SELECT id FROM accounts WHERE note IS NOT NULL`,
    names: ["reporting.active"],
  },
  {
    name: "a SET ROLE at the top makes another owner",
    before: `CREATE FUNCTION one() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
      GRANT CREATE ON SCHEMA public TO pg_monitor`,
    up: "DROP FUNCTION one()",
    down: `SET ROLE pg_monitor;
      CREATE FUNCTION one() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; RESET ROLE`,
    names: ["one()", "owner"],
  },
  {
    name: "a setting of the session gets into a new function",
    before: `CREATE FUNCTION one() RETURNS int LANGUAGE sql SET search_path = public AS
        $$ SELECT 1 $$`,
    up: "DROP FUNCTION one()",
    down: `SET search_path = public, pg_temp; CREATE FUNCTION one() RETURNS int LANGUAGE sql
      SET search_path FROM CURRENT AS $$ SELECT 1 $$`,
    names: ["one()", "search_path"],
  },
  {
    name: "a session's time zone gets into a new default",
    before: `CREATE TABLE events (id int PRIMARY KEY,
        at timestamptz DEFAULT '2024-01-01 00:00+00')`,
    up: "ALTER TABLE events ALTER at DROP DEFAULT",
    down: `SET TIME ZONE 'America/New_York';
      ALTER TABLE events ALTER at SET DEFAULT '2024-01-01 00:00'`,
    names: ["events", "column at"],
  },
  {
    name: "a NOT NULL column without a default can only be added to an empty table",
    before: `CREATE TABLE stock (id int PRIMARY KEY, place text NOT NULL);
      INSERT INTO stock VALUES (1, 'attic')`,
    up: "ALTER TABLE stock DROP COLUMN place",
    down: "ALTER TABLE stock ADD COLUMN place text NOT NULL",
    names: ["place", "stock", "null values"],
  },
  {
    name: "a unique key does not hold for what the up made of the rows",
    before: `CREATE TABLE logins (id int PRIMARY KEY, login varchar(40),
        CONSTRAINT logins_login UNIQUE (login));
      INSERT INTO logins SELECT i, CASE i % 2 WHEN 0 THEN 'ann ' ELSE 'Ann ' END || i / 2
        FROM generate_series(0, 39) i`,
    up: `ALTER TABLE logins DROP CONSTRAINT logins_login; UPDATE logins SET login = lower(login)`,
    down: "ALTER TABLE logins ADD CONSTRAINT logins_login UNIQUE (login)",
    names: ["logins_login"],
  },
  {
    name: "a type is dropped before the column that uses it",
    before: accounts,
    up: "CREATE TYPE plan AS ENUM ('free', 'paid'); ALTER TABLE accounts ADD COLUMN plan plan",
    down: "DROP TYPE plan; ALTER TABLE accounts DROP COLUMN plan",
    names: ["type plan", "depend"],
  },
  {
    name: "a table is dropped before the view that reads it",
    before: accounts,
    up: `CREATE TABLE plans (id int PRIMARY KEY);
      CREATE VIEW account_plans AS SELECT a.id FROM accounts a JOIN plans p USING (id)`,
    down: "DROP TABLE plans; DROP VIEW account_plans",
    names: ["table plans", "depend"],
  },
  {
    name: "the down names a column that the up renamed",
    before: accounts,
    up: `ALTER TABLE accounts RENAME COLUMN note TO remark;
      ALTER TABLE accounts ALTER remark SET DEFAULT ''`,
    down: `ALTER TABLE accounts ALTER note DROP DEFAULT;
      ALTER TABLE accounts RENAME COLUMN remark TO note`,
    names: ["note", "does not exist"],
  },
  {
    name: "values that the up wrote do not fit the old type",
    before: `CREATE TABLE counters (id int PRIMARY KEY, n int);
      INSERT INTO counters SELECT i, i * 5 FROM generate_series(1, 20) i`,
    up: `ALTER TABLE counters ALTER n TYPE bigint; UPDATE counters SET n = 3000000000 WHERE id <
        21`,
    down: "ALTER TABLE counters ALTER n TYPE int",
    names: ["integer out of range"],
  },
  {
    name: "a text that the up lengthened does not fit the old limit",
    before: `CREATE TABLE labels (id int PRIMARY KEY, label varchar(8));
      INSERT INTO labels SELECT i, 'short ' || i FROM generate_series(1, 20) i`,
    up: "ALTER TABLE labels ALTER label TYPE text; UPDATE labels SET label = 'label: ' || label",
    down: "ALTER TABLE labels ALTER label TYPE varchar(8)",
    names: ["value too long", "varying(8)"],
  },
  {
    name: "the down casts text back without saying how",
    before: `CREATE TABLE scores (id int PRIMARY KEY, score int); INSERT INTO scores VALUES (1, 5)`,
    up: "ALTER TABLE scores ALTER score TYPE text",
    down: "ALTER TABLE scores ALTER score TYPE int",
    names: ["score", "cannot be cast"],
  },
  {
    name: "a unique index made CONCURRENTLY is left invalid",
    before: `CREATE TABLE logins (id int PRIMARY KEY, login varchar(40));
      CREATE UNIQUE INDEX logins_login ON logins (login);
      INSERT INTO logins SELECT i, CASE i % 2 WHEN 0 THEN 'ann ' ELSE 'Ann ' END || i / 2
        FROM generate_series(0, 39) i`,
    up: "DROP INDEX CONCURRENTLY logins_login; UPDATE logins SET login = lower(login)",
    down: "CREATE UNIQUE INDEX CONCURRENTLY logins_login ON logins (login)",
    names: ["logins_login"],
  },
  {
    name: "what an old release needs is dropped a second time",
    before: accounts,
    up: "CREATE INDEX accounts_email ON accounts (email)",
    down: "DROP INDEX accounts_email; DROP INDEX accounts_email",
    names: ["accounts_email", "does not exist"],
  },
];
