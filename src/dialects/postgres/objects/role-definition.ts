// Owns: the SQL that gives a role its attributes, settings and memberships. Passwords are read
// where the session may read them: only superusers may.

import type { Lookup } from "../kind.ts";
import { literal, quote } from "../names.ts";

export interface RoleFacts extends Record<string, unknown> {
  oid: string;
  name: string;
  /** SQL options by the parser's name of the attribute. */
  options: Record<string, string>;
  /** False: whether there is a password, and which, is not known. */
  knowsPassword: boolean;
}

/** The parser's names of role options, and SQL over pg_roles `r` that yields each as SQL. */
const options: Record<string, string> = {
  superuser: flag("SUPERUSER", "rolsuper"),
  inherit: flag("INHERIT", "rolinherit"),
  createrole: flag("CREATEROLE", "rolcreaterole"),
  createdb: flag("CREATEDB", "rolcreatedb"),
  canlogin: flag("LOGIN", "rolcanlogin"),
  isreplication: flag("REPLICATION", "rolreplication"),
  bypassrls: flag("BYPASSRLS", "rolbypassrls"),
  connectionlimit: "'CONNECTION LIMIT ' || r.rolconnlimit",
  validUntil: "format('VALID UNTIL %L', coalesce(r.rolvaliduntil, 'infinity'))",
};

function flag(word: string, column: string): string {
  return `CASE WHEN r.${column} THEN '' ELSE 'NO' END || '${word}'`;
}

export async function roleFacts(catalog: Lookup, names: readonly string[]): Promise<RoleFacts[]> {
  const [may] = await catalog.rows<{ read: boolean }>(
    "SELECT has_table_privilege('pg_authid', 'SELECT') AS read",
  );
  const password = may?.read
    ? "(SELECT 'PASSWORD ' || coalesce(quote_literal(a.rolpassword), 'NULL') FROM pg_authid a WHERE a.oid = r.oid)"
    : "NULL";
  const pairs = Object.entries({ ...options, password }).map(([name, sql]) => `'${name}', ${sql}`);
  const rows = await catalog.rows<Omit<RoleFacts, "knowsPassword">>(
    `SELECT r.oid::text, r.rolname AS name, jsonb_strip_nulls(jsonb_build_object(${pairs.join(", ")})) AS options
     FROM pg_roles r WHERE r.rolname = ANY ($1::name[])`,
    [names],
  );
  return rows.map((row) => ({ ...row, knowsPassword: may?.read ?? false }) as RoleFacts);
}

/** Settings whose values are lists of names, which the server keeps as SQL would write them. */
const lists = new Set([
  ...["local_preload_libraries", "search_path", "session_preload_libraries"],
  ...["shared_preload_libraries", "temp_tablespaces", "unix_socket_directories"],
]);

/** `SET name TO value` of `name=value` as pg_db_role_setting keeps it. */
export function settingSql(setting: string): string {
  const at = setting.indexOf("=");
  const [name, value] = [setting.slice(0, at), setting.slice(at + 1)];
  const isList = lists.has(name) && value !== "";
  return `SET ${settingName(name)} TO ${isList ? value : literal(value)}`;
}

export function settingName(name: string): string {
  return name.split(".").map(quote).join(".");
}
