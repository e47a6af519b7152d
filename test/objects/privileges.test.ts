// Owners, rights, default rights, membership in roles.

import { role } from "../kinds-harness.ts";
import { everything, named } from "./everything.ts";
import { proveUndo } from "./prove-undo.ts";

/** ALTER TABLE's grammar takes these, or only superusers may own them, or nobody does. */
const elsewhere = ["VIEW", "MATERIALIZED VIEW", "SEQUENCE", "FOREIGN TABLE"];
const superusers = ["EVENT TRIGGER", "FOREIGN DATA WRAPPER"];
const ownerless = ["TEXT SEARCH PARSER", "TEXT SEARCH TEMPLATE"];

const granted = `${everything} GRANT USAGE ON SCHEMA "S x" TO PUBLIC; GRANT USAGE ON TYPE "e n" TO pg_monitor WITH GRANT OPTION; SET ROLE pg_monitor; GRANT USAGE ON TYPE "S x"."e n" TO pg_read_all_data; RESET ROLE; REVOKE ALL ON TYPE "e n" FROM PUBLIC;`;

proveUndo("object-owner-to", [
  ...named
    .filter(([words]) => ![...elsewhere, ...superusers, ...ownerless].includes(words))
    .map(([words, name]) => ({
      before: everything,
      sql: `ALTER ${words} ${name} OWNER TO pg_monitor`,
      change: `${words.toLowerCase().replaceAll(" ", "-")}-owner-to`,
    })),
  {
    before: granted,
    sql: `ALTER TYPE "e n" OWNER TO pg_monitor`,
    change: "type-owner-to",
    undo: /GRANT/,
  },
  {
    before: everything,
    sql: "ALTER LARGE OBJECT 4711 OWNER TO pg_monitor",
    change: "large-object-owner-to",
  },
  {
    before: everything,
    sql: `ALTER OPERATOR @#@ (NONE, int) OWNER TO pg_monitor`,
    change: "operator-owner-to",
  },
]);

const r = `${role("o'wn \"er")}`;
const tables = `${r} CREATE SCHEMA "S x"; GRANT USAGE ON SCHEMA "S x" TO PUBLIC; SET search_path = "S x", public; CREATE TABLE t (id serial, "b b" text, c int); CREATE SEQUENCE s; CREATE VIEW v AS SELECT 1 AS a;
  CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';
  GRANT SELECT, INSERT ON t TO pg_monitor WITH GRANT OPTION; SET ROLE pg_monitor; GRANT SELECT ON "S x".t TO pg_read_all_data; RESET ROLE;
  GRANT UPDATE ("b b"), SELECT (c) ON t TO pg_read_all_data; GRANT UPDATE ON t TO PUBLIC;`;

proveUndo("grant", [
  { before: tables, sql: "GRANT SELECT ON t, v TO PUBLIC, pg_monitor" },
  { before: tables, sql: "GRANT SELECT ON t TO pg_monitor", undo: /^$/ },
  { before: tables, sql: `GRANT ALL ON TABLE t TO "o'wn ""er" WITH GRANT OPTION` },
  { before: tables, sql: `GRANT UPDATE ("b b", c), INSERT (c) ON t TO pg_monitor` },
  { before: tables, sql: 'GRANT ALL ON ALL TABLES IN SCHEMA "S x" TO pg_read_all_stats' },
  {
    before: tables,
    sql: 'GRANT ALL ON ALL SEQUENCES IN SCHEMA "S x", public TO pg_read_all_stats',
  },
  { before: tables, sql: 'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA "S x" TO pg_monitor' },
  {
    before: tables,
    sql: 'GRANT EXECUTE ON ALL ROUTINES IN SCHEMA "S x" TO pg_monitor WITH GRANT OPTION',
  },
  { before: tables, sql: "GRANT USAGE ON SEQUENCE s TO pg_monitor" },
  { before: tables, sql: "GRANT ALL ON s TO pg_monitor" },
  { before: tables, sql: 'GRANT USAGE, CREATE ON SCHEMA "S x" TO pg_monitor' },
  { before: everything, sql: `GRANT EXECUTE ON FUNCTION "f""q"("e n", int), one TO pg_monitor` },
  { before: everything, sql: `GRANT EXECUTE ON FUNCTION "a g"() TO pg_monitor` },
  { before: everything, sql: `GRANT EXECUTE ON PROCEDURE "p r"(int) TO pg_monitor` },
  { before: everything, sql: `GRANT USAGE ON TYPE "e n", "com p" TO pg_monitor` },
  { before: everything, sql: `GRANT USAGE ON DOMAIN "d m" TO pg_monitor` },
  { before: everything, sql: `GRANT USAGE ON FOREIGN DATA WRAPPER "f w" TO pg_monitor` },
  { before: everything, sql: `GRANT USAGE ON FOREIGN SERVER "s r" TO pg_monitor` },
  { before: everything, sql: `GRANT USAGE ON LANGUAGE "l g" TO pg_monitor` },
  { before: everything, sql: `GRANT SELECT ON LARGE OBJECT 4711 TO pg_monitor` },
  { sql: "GRANT CREATE ON TABLESPACE pg_default TO pg_monitor" },
  { sql: "GRANT CONNECT ON DATABASE postgres TO pg_monitor" },
  {
    sql: "GRANT SET, ALTER SYSTEM ON PARAMETER log_min_duration_statement TO pg_monitor WITH GRANT OPTION",
    since: 15,
  },
]);

proveUndo(
  "grant",
  [
    {
      before: tables,
      sql: "REVOKE SELECT ON t FROM pg_monitor CASCADE",
      undo: /SET LOCAL ROLE "pg_monitor"/,
    },
    { before: tables, sql: "REVOKE GRANT OPTION FOR ALL ON t FROM pg_monitor CASCADE" },
    { before: tables, sql: "REVOKE ALL ON t FROM pg_read_all_data, PUBLIC" },
    { before: tables, sql: `REVOKE UPDATE ("b b") ON t FROM pg_read_all_data` },
    { before: tables, sql: 'REVOKE ALL ON ALL TABLES IN SCHEMA "S x" FROM CURRENT_USER' },
    { before: tables, sql: "REVOKE EXECUTE ON FUNCTION f FROM PUBLIC" },
    { before: granted, sql: `REVOKE ALL ON TYPE "e n" FROM pg_monitor CASCADE` },
    { before: tables, sql: "REVOKE DELETE ON t FROM pg_monitor", undo: /^$/ },
  ],
  "revoke",
);

const defaults = `${tables} ALTER DEFAULT PRIVILEGES IN SCHEMA "S x" GRANT SELECT ON TABLES TO pg_monitor WITH GRANT OPTION; ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;`;

proveUndo("alter-default-privileges", [
  { before: tables, sql: "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC" },
  {
    before: defaults,
    sql: `ALTER DEFAULT PRIVILEGES IN SCHEMA "S x", public GRANT ALL ON TABLES TO pg_monitor`,
  },
  {
    before: defaults,
    sql: `ALTER DEFAULT PRIVILEGES IN SCHEMA "S x" REVOKE GRANT OPTION FOR SELECT ON TABLES FROM pg_monitor`,
  },
  { before: defaults, sql: "ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC" },
  {
    before: defaults,
    sql: `ALTER DEFAULT PRIVILEGES FOR ROLE "o'wn ""er" REVOKE ALL ON TYPES FROM PUBLIC`,
  },
  {
    before: defaults,
    sql: "ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO pg_monitor WITH GRANT OPTION",
  },
  { before: defaults, sql: "ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO pg_monitor" },
]);

const a = "grant_role_a";
const b = "grant_role_b";
const roles = `${role(a)}${role(b)} REVOKE ${a} FROM ${b};`;

proveUndo(
  "grant-role",
  [
    { before: `${roles}`, sql: `GRANT ${a} TO ${b}` },
    { before: `${roles}`, sql: `GRANT ${a}, pg_monitor TO ${b} WITH ADMIN OPTION` },
    { before: `${roles} GRANT ${a} TO ${b}`, sql: `GRANT ${a} TO ${b} WITH ADMIN OPTION` },
    { before: `${roles} GRANT ${a} TO ${b}`, sql: `GRANT ${a} TO ${b}`, undo: /^$/ },
    {
      before: `${roles} GRANT ${a} TO ${b}`,
      sql: `GRANT ${a} TO ${b} WITH INHERIT FALSE, SET FALSE`,
      since: 16,
    },
  ].map((each) => ({ ...each, rows: memberships() })),
);

proveUndo(
  "grant-role",
  [
    { before: `${roles} GRANT ${a} TO ${b} WITH ADMIN OPTION`, sql: `REVOKE ${a} FROM ${b}` },
    {
      before: `${roles} GRANT ${a} TO ${b} WITH ADMIN OPTION`,
      sql: `REVOKE ADMIN OPTION FOR ${a} FROM ${b} CASCADE`,
    },
  ].map((each) => ({ ...each, rows: memberships() })),
  "revoke-role",
);

function memberships(): string {
  return `SELECT m.roleid, m.member, m.grantor, to_jsonb(m) - 'oid' AS options FROM pg_auth_members m WHERE m.member = '${b}'::regrole ORDER BY 1, 3`;
}

proveUndo("reassign-owned", [
  {
    before: `${everything}${role("reassigned")} ALTER TABLE "T é" OWNER TO reassigned; ALTER FUNCTION one OWNER TO reassigned; ALTER TYPE "e n" OWNER TO reassigned; ALTER TYPE "com p" OWNER TO reassigned; ALTER SCHEMA "other é" OWNER TO reassigned;
      CREATE TABLE sr (id serial, g int GENERATED ALWAYS AS IDENTITY); ALTER TABLE sr OWNER TO reassigned; ALTER SEQUENCE "s q" OWNER TO reassigned; GRANT SELECT ON "T é" TO pg_monitor WITH GRANT OPTION; ALTER OPERATOR FAMILY "o f" USING btree OWNER TO reassigned; ALTER VIEW "v w" OWNER TO reassigned;`,
    sql: "REASSIGN OWNED BY reassigned TO pg_monitor",
  },
  {
    before: `${role("reassigned")} DO $do$ BEGIN ALTER ROLE reassigned SUPERUSER; END $do$; SET ROLE reassigned; CREATE EXTENSION citext; RESET ROLE; ALTER ROLE reassigned NOSUPERUSER`,
    sql: "REASSIGN OWNED BY reassigned TO pg_monitor",
    verdict: "irreversible",
    why: /citext/,
  },
]);
