// ALTER of objects that are not tables, and of roles and settings, which are the whole cluster's.

import { role } from "../kinds-harness.ts";
import { everything } from "./everything.ts";
import { proveUndo } from "./prove-undo.ts";

const policies = `CREATE TABLE t (a int); CREATE POLICY "p o" ON t AS RESTRICTIVE FOR ALL TO pg_monitor, PUBLIC USING (a > 1); COMMENT ON POLICY "p o" ON t IS 'p';`;

proveUndo("alter-policy", [
  {
    before: policies,
    sql: `ALTER POLICY "p o" ON t TO pg_read_all_data USING (a = 4) WITH CHECK (a < 3)`,
  },
  { before: policies, sql: `ALTER POLICY "p o" ON t WITH CHECK (a < 3)` },
]);

proveUndo("alter-event-trigger", [
  { before: everything, sql: `ALTER EVENT TRIGGER "e t" ENABLE ALWAYS` },
  {
    before: `${everything} ALTER EVENT TRIGGER "e t" ENABLE REPLICA`,
    sql: `ALTER EVENT TRIGGER "e t" ENABLE`,
  },
]);

const publications = `CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE "b é" (id int PRIMARY KEY, c int); CREATE SCHEMA s; CREATE TABLE s.d (id int); CREATE PUBLICATION none;
  CREATE PUBLICATION p FOR TABLE a, ONLY "b é" WITH (publish = 'insert, update'); COMMENT ON PUBLICATION p IS 'p'; CREATE PUBLICATION every FOR ALL TABLES;`;
const publications15 =
  `${publications} CREATE PUBLICATION q FOR TABLE a (id) WHERE (id > 3), TABLES IN SCHEMA s WITH (publish_via_partition_root);`.replace(
    "a (id) WHERE (id > 3), TABLES IN SCHEMA s",
    "a (id) WHERE (id > 3)",
  );

proveUndo("create-publication", [
  {
    before: publications,
    sql: `CREATE PUBLICATION "p é" FOR TABLE a, "b é" WITH (publish = 'insert')`,
  },
  { before: publications, sql: `CREATE PUBLICATION x FOR ALL TABLES` },
  {
    before: publications,
    sql: `CREATE PUBLICATION x FOR TABLES IN SCHEMA s, CURRENT_SCHEMA`,
    since: 15,
  },
]);

proveUndo("alter-publication", [
  { before: publications, sql: `ALTER PUBLICATION p SET TABLE s.d, a` },
  { before: publications, sql: `ALTER PUBLICATION none ADD TABLE a` },
  { before: publications, sql: `ALTER PUBLICATION p DROP TABLE "b é"` },
  {
    before: publications,
    sql: `ALTER PUBLICATION p SET (publish = 'truncate', publish_via_partition_root = true)`,
  },
  {
    before: publications15,
    sql: `ALTER PUBLICATION q SET TABLE a (id, b), "b é" WHERE (c = 1)`,
    since: 15,
  },
  {
    before: publications15,
    sql: `ALTER PUBLICATION none ADD TABLES IN SCHEMA s, public`,
    since: 15,
  },
  {
    before: `${publications} ALTER PUBLICATION none ADD TABLES IN SCHEMA s`,
    sql: `ALTER PUBLICATION none DROP TABLES IN SCHEMA s`,
    since: 15,
  },
]);

proveUndo(
  "drop-object",
  [
    { before: publications, sql: "DROP PUBLICATION p, every, none" },
    { before: publications15, sql: "DROP PUBLICATION p, q, every, none", since: 15 },
    {
      before:
        `${publications} ALTER PUBLICATION none ADD TABLES IN SCHEMA s; ALTER PUBLICATION p OWNER TO pg_monitor`.replace(
          "; ALTER PUBLICATION p OWNER TO pg_monitor",
          "",
        ),
      sql: "DROP PUBLICATION none",
      since: 15,
    },
  ],
  "drop-publication",
);

const subscription = `CREATE SUBSCRIPTION "s é" CONNECTION 'host=nowhere dbname=x' PUBLICATION a, "b é" WITH (connect = false, slot_name = NONE, binary = true, streaming = on, synchronous_commit = local); COMMENT ON SUBSCRIPTION "s é" IS 's'; `;

proveUndo("create-subscription", [
  {
    sql: `CREATE SUBSCRIPTION "s é" CONNECTION 'host=nowhere' PUBLICATION a WITH (connect = false)`,
  },
  {
    sql: `CREATE SUBSCRIPTION s CONNECTION 'host=nowhere' PUBLICATION a WITH (connect = false, slot_name = NONE, enabled = false, create_slot = false)`,
  },
]);

proveUndo("drop-subscription", [
  { sql: "DROP SUBSCRIPTION IF EXISTS nope", undo: /^$/ },
  {
    before: subscription,
    sql: `DROP SUBSCRIPTION "s é"`,
    unlikeRaw: "the server leaves a dropped subscription's comment behind",
  },
]);

proveUndo("alter-subscription", [
  { before: subscription, sql: `ALTER SUBSCRIPTION "s é" CONNECTION 'host=elsewhere'` },
  {
    before: subscription,
    sql: `ALTER SUBSCRIPTION "s é" SET (binary = false, streaming = off, slot_name = 'x')`,
  },
  {
    before: subscription,
    sql: `ALTER SUBSCRIPTION "s é" SET PUBLICATION c WITH (refresh = false)`,
  },
  {
    before: subscription,
    sql: `ALTER SUBSCRIPTION "s é" ADD PUBLICATION c WITH (refresh = false)`,
  },
  {
    before: `${subscription} ALTER SUBSCRIPTION "s é" SET (slot_name = 'x')`,
    sql: `ALTER SUBSCRIPTION "s é" DISABLE`,
  },
  {
    before: subscription,
    sql: `ALTER SUBSCRIPTION "s é" SKIP (lsn = '0/12345')`,
    verdict: "irreversible",
    since: 15,
  },
]);

proveUndo("alter-foreign", [
  {
    before: everything,
    sql: `ALTER FOREIGN DATA WRAPPER "f w" OPTIONS (SET "a b" 'y', ADD new 'n')`,
    change: "alter-foreign-data-wrapper",
  },
  {
    before: everything,
    sql: `ALTER FOREIGN DATA WRAPPER "f w" VALIDATOR postgresql_fdw_validator OPTIONS (DROP "a b")`,
    change: "alter-foreign-data-wrapper",
  },
  {
    before: everything,
    sql: `ALTER SERVER "s r" VERSION '2' OPTIONS (SET host 'q', ADD port '1')`,
    change: "alter-server",
  },
  {
    before: `${everything} CREATE SERVER bare FOREIGN DATA WRAPPER "f w"`,
    sql: `ALTER SERVER bare VERSION '2'`,
    change: "alter-server",
    undo: /NULL/,
  },
  {
    before: everything,
    sql: `ALTER USER MAPPING FOR PUBLIC SERVER "s r" OPTIONS (DROP user, ADD password 'it''s')`,
    change: "alter-user-mapping",
  },
]);

proveUndo("create-user-mapping", [
  { before: everything, sql: `CREATE USER MAPPING FOR pg_monitor SERVER "s r" OPTIONS (user 'x')` },
  { before: everything, sql: `CREATE USER MAPPING FOR CURRENT_USER SERVER "s r"` },
  {
    before: everything,
    sql: `CREATE USER MAPPING IF NOT EXISTS FOR PUBLIC SERVER "s r"`,
    undo: /^$/,
  },
]);

proveUndo("drop-user-mapping", [
  { before: everything, sql: `DROP USER MAPPING FOR PUBLIC SERVER "s r"` },
  {
    before: everything,
    sql: `DROP USER MAPPING IF EXISTS FOR pg_monitor SERVER "s r"`,
    undo: /^$/,
  },
]);

const loopback =
  `CREATE EXTENSION postgres_fdw; CREATE SCHEMA remote; CREATE TABLE remote.a (id int, b text); CREATE TABLE remote."b é" (c int); CREATE SCHEMA here; CREATE FOREIGN TABLE here.old (x int) SERVER loop;
  CREATE USER MAPPING FOR CURRENT_USER SERVER loop OPTIONS (user 'postgres')`.replace(
    "CREATE SCHEMA here;",
    `CREATE SCHEMA here; DO $do$ BEGIN EXECUTE format('CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L)',
    '127.0.0.1', current_setting('port'), current_database()); END $do$;`,
  );

proveUndo("import-foreign-schema", [
  {
    before: loopback,
    sql: "IMPORT FOREIGN SCHEMA remote FROM SERVER loop INTO here",
    undo: /here\."b é"/,
  },
  { before: loopback, sql: "IMPORT FOREIGN SCHEMA remote LIMIT TO (a) FROM SERVER loop INTO here" },
]);

proveUndo("alter-statistics", [
  { before: everything, sql: `ALTER STATISTICS "s t" SET STATISTICS 77` },
  {
    before: `${everything} ALTER STATISTICS "s t" SET STATISTICS 5`,
    sql: `ALTER STATISTICS "s t" SET STATISTICS -1`,
  },
]);

proveUndo("refresh-collation", [
  {
    before: `CREATE COLLATION c (provider = icu, locale = 'de')`,
    sql: "ALTER COLLATION c REFRESH VERSION",
    verdict: "irreversible",
  },
]);

proveUndo("alter-text-search-dictionary", [
  { before: everything, sql: `ALTER TEXT SEARCH DICTIONARY "t d" (stopwords = 'german', accept)` },
  { before: everything, sql: `ALTER TEXT SEARCH DICTIONARY "t d" (stopwords)` },
  {
    before: `CREATE TEXT SEARCH DICTIONARY d (template = simple)`,
    sql: `ALTER TEXT SEARCH DICTIONARY d (accept = false)`,
  },
]);

proveUndo("alter-text-search-configuration", [
  {
    before: everything,
    sql: `ALTER TEXT SEARCH CONFIGURATION "t c" ALTER MAPPING FOR word, asciiword WITH "t d", simple`,
  },
  {
    before: everything,
    sql: `ALTER TEXT SEARCH CONFIGURATION "t c" ALTER MAPPING REPLACE simple WITH "t d"`,
  },
  { before: everything, sql: `ALTER TEXT SEARCH CONFIGURATION "t c" DROP MAPPING FOR word, email` },
  {
    before: `${everything} ALTER TEXT SEARCH CONFIGURATION "t c" DROP MAPPING FOR word`,
    sql: `ALTER TEXT SEARCH CONFIGURATION "t c" ADD MAPPING FOR word WITH english_stem`,
  },
]);

const operators = `CREATE FUNCTION f(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2'; CREATE OPERATOR @= (leftarg = int, rightarg = int, function = f, restrict = eqsel); CREATE OPERATOR @<> (leftarg = int, rightarg = int, function = f); CREATE VIEW v AS SELECT 1 @= 2 AS x; COMMENT ON OPERATOR @= (int, int) IS 'o';`;

proveUndo("alter-operator", [
  {
    before: operators,
    sql: "ALTER OPERATOR @= (int, int) SET (RESTRICT = NONE, JOIN = eqjoinsel)",
  },
  {
    before: operators,
    sql: "ALTER OPERATOR @= (int, int) SET (COMMUTATOR = @=, NEGATOR = @<>, MERGES, HASHES)",
    since: 17,
  },
]);

proveUndo("alter-operator-family", [
  {
    before: everything,
    sql: `ALTER OPERATOR FAMILY "o f" USING btree ADD OPERATOR 1 < (int, bigint), FUNCTION 1 btint48cmp(int, bigint)`,
  },
  {
    before: `${everything} ALTER OPERATOR FAMILY "o f" USING btree ADD OPERATOR 1 < (int, bigint), FUNCTION 1 btint48cmp(int, bigint)`,
    sql: `ALTER OPERATOR FAMILY "o f" USING btree DROP OPERATOR 1 (int, bigint), FUNCTION 1 (int, bigint)`,
  },
]);

proveUndo("alter-base-type", [
  {
    before:
      "CREATE TYPE bt; CREATE FUNCTION bt_in(cstring) RETURNS bt LANGUAGE internal STRICT IMMUTABLE AS 'textin'; CREATE FUNCTION bt_out(bt) RETURNS cstring LANGUAGE internal STRICT IMMUTABLE AS 'textout'; CREATE FUNCTION bt_send(bt) RETURNS bytea LANGUAGE internal STRICT IMMUTABLE AS 'textsend'; CREATE TYPE bt (input = bt_in, output = bt_out, storage = main)",
    sql: "ALTER TYPE bt SET (SEND = bt_send, STORAGE = extended)",
  },
]);

proveUndo("create-role", [
  {
    sql: `CREATE ROLE "new é role" LOGIN PASSWORD 'x' IN ROLE pg_monitor`,
    rows: roleRows("new é role"),
  },
  { sql: `CREATE USER new_user`, rows: roleRows("new_user") },
]);

function roleRows(name: string): string {
  return `SELECT a.rolname, to_jsonb(a) - 'oid' AS facts, (SELECT jsonb_agg(pg_get_userbyid(m.roleid)) FROM pg_auth_members m WHERE m.member = a.oid) AS memberships,
    (SELECT jsonb_agg(jsonb_build_array(s.setdatabase, s.setconfig)) FROM pg_db_role_setting s WHERE s.setrole = a.oid) AS settings, shobj_description(a.oid, 'pg_authid')
    FROM pg_authid a WHERE a.rolname = '${name}'`;
}

const altered = `${role("grouped")}${role("altered é")}ALTER ROLE "altered é" NOSUPERUSER NOCREATEDB LOGIN CONNECTION LIMIT 5 PASSWORD 'old' VALID UNTIL '2030-01-01'; ALTER ROLE "altered é" RESET ALL; ALTER ROLE "altered é" SET work_mem = '5MB'; ALTER ROLE "altered é" SET search_path = "$user", "S x", public; ALTER ROLE "altered é" SET my.setting TO 'it''s';`;

proveUndo(
  "alter-role",
  [
    {
      before: altered,
      sql: `ALTER ROLE "altered é" SUPERUSER CREATEDB NOLOGIN BYPASSRLS REPLICATION CREATEROLE NOINHERIT CONNECTION LIMIT 7`,
    },
    { before: altered, sql: `ALTER ROLE "altered é" PASSWORD 'new' VALID UNTIL 'infinity'` },
    { before: altered, sql: `ALTER ROLE "altered é" PASSWORD NULL` },
    { before: altered, sql: `ALTER GROUP grouped ADD USER "altered é"` },
  ].map((each) => ({ ...each, rows: roleRows("altered é") })),
);

proveUndo(
  "alter-settings",
  [
    { before: altered, sql: `ALTER ROLE "altered é" SET search_path TO a, "B b"` },
    { before: altered, sql: `ALTER ROLE "altered é" RESET my.setting` },
    { before: altered, sql: `ALTER ROLE "altered é" SET statement_timeout FROM CURRENT` },
    { before: altered, sql: `ALTER ROLE "altered é" RESET ALL` },
    { before: altered, sql: `ALTER ROLE "altered é" IN DATABASE postgres SET work_mem TO '7MB'` },
  ].map((each) => ({ ...each, rows: roleRows("altered é") })),
  "alter-role-settings",
);

proveUndo(
  "alter-settings",
  [
    {
      sql: `ALTER DATABASE postgres SET my.test TO 'x'`,
      rows: "SELECT setconfig FROM pg_db_role_setting WHERE setrole = 0",
    },
  ],
  "alter-database-settings",
);

proveUndo("drop-role", [
  {
    before: `${role("dropped é")}ALTER ROLE "dropped é" CREATEDB PASSWORD 'p' CONNECTION LIMIT 3 VALID UNTIL '2031-02-03'; ALTER ROLE "dropped é" SET search_path = "S x", public; GRANT pg_monitor TO "dropped é" WITH ADMIN OPTION; GRANT "dropped é" TO pg_read_all_data; COMMENT ON ROLE "dropped é" IS 'it''s'`,
    sql: `DROP ROLE "dropped é"`,
    rows: roleRows("dropped é"),
  },
  { sql: "DROP ROLE IF EXISTS nobody_at_all", undo: /^$/ },
]);

proveUndo(
  "rename-object",
  [
    {
      before: role("renamed é"),
      sql: `ALTER ROLE "renamed é" RENAME TO renamed2`,
      rows: roleRows("renamed é"),
    },
  ],
  "rename-role",
);

proveUndo("create-database", [
  {
    sql: `CREATE DATABASE "created é" TEMPLATE template0`,
    verdict: "lossy",
    why: /database "created é"/,
  },
]);
proveUndo("drop-database", [
  { sql: "DROP DATABASE IF EXISTS nope", undo: /^$/ },
  { before: "SELECT 1", sql: `DROP DATABASE IF EXISTS "dropped é"`, undo: /^$/ },
]);

const options =
  "SELECT datconnlimit, datallowconn, datistemplate FROM pg_database WHERE datname = 'postgres'";
proveUndo("alter-database", [
  { sql: "ALTER DATABASE postgres CONNECTION LIMIT 500", rows: options },
  { sql: "ALTER DATABASE postgres WITH IS_TEMPLATE true ALLOW_CONNECTIONS true", rows: options },
]);

/** A server that outlives the test still has what the last one left. */
const inPlace = `SET allow_in_place_tablespaces = on;; DROP TABLESPACE IF EXISTS "t s";;`;
const spaces = `SELECT spcname, spcoptions, shobj_description(oid, 'pg_tablespace'), spcacl::text FROM pg_tablespace WHERE spcname !~ '^pg_'`;

proveUndo("create-tablespace", [
  { before: inPlace, sql: `CREATE TABLESPACE "t é" LOCATION ''`, rows: spaces, since: 15 },
]);

proveUndo("drop-tablespace", [
  {
    before: `${inPlace} CREATE TABLESPACE "t s" LOCATION '' WITH (random_page_cost = 3)`,
    sql: `DROP TABLESPACE "t s"`,
    rows: spaces,
    since: 15,
  },
]);

proveUndo("alter-tablespace", [
  {
    sql: "ALTER TABLESPACE pg_default SET (random_page_cost = 3, seq_page_cost = 2)",
    rows: "SELECT spcoptions FROM pg_tablespace WHERE spcname = 'pg_default'",
  },
]);

proveUndo("alter-system", [
  {
    sql: "ALTER SYSTEM SET log_min_duration_sample TO 777",
    rows: "SELECT name, setting FROM pg_file_settings WHERE sourcefile LIKE '%auto.conf' ORDER BY 1",
  },
  {
    sql: "ALTER SYSTEM RESET log_min_duration_sample",
    rows: "SELECT name, setting FROM pg_file_settings WHERE sourcefile LIKE '%auto.conf' ORDER BY 1",
  },
]);

proveUndo("listen", [
  { sql: 'LISTEN "c h"', undo: /^$/ },
  { sql: "NOTIFY c, 'payload'", undo: /^$/ },
  { sql: "UNLISTEN *", undo: /^$/ },
]);

proveUndo("checkpoint", [{ sql: "CHECKPOINT", undo: /^$/ }]);
