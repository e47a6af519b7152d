// Owns: the roles that statements name, some of them by a word (CURRENT_USER, PUBLIC).

import type { Node, RoleSpec } from "@pgsql/types";
import { literal, quote } from "../names.ts";

const words: Partial<Record<string, string>> = {
  ROLESPEC_CURRENT_ROLE: "current_user",
  ROLESPEC_CURRENT_USER: "current_user",
  ROLESPEC_SESSION_USER: "session_user",
};

function specOf(role: Node | RoleSpec | undefined): RoleSpec {
  if (role === undefined) return {};
  return "RoleSpec" in role ? role.RoleSpec : (role as RoleSpec);
}

/** For people. */
export function roleShown(role: Node | RoleSpec | undefined): string {
  const { roletype = "", rolename } = specOf(role);
  return rolename ?? words[roletype] ?? "public";
}

/** For SQL that we write. */
export function roleSql(role: Node | RoleSpec | undefined): string {
  const { roletype = "", rolename } = specOf(role);
  return rolename === undefined ? (words[roletype] ?? "public").toUpperCase() : quote(rolename);
}

/** SQL that yields the oid; NULL when there is none, 0 for PUBLIC. */
export function roleOid(role: Node | RoleSpec | undefined): string {
  const { roletype = "", rolename } = specOf(role);
  if (roletype === "ROLESPEC_PUBLIC") return "0::oid";
  const name = rolename === undefined ? (words[roletype] ?? "NULL") : literal(rolename);
  return `(SELECT oid FROM pg_roles WHERE rolname = ${name})`;
}
