// Owns: naming user mappings, which have no name of their own.

import type { RoleSpec } from "@pgsql/types";
import type { Lookup } from "../kind.ts";
import { quote, shown } from "../names.ts";
import { roleOid, roleShown, roleSql } from "./role.ts";

interface Named {
  user?: RoleSpec;
  servername?: string;
}

export function mappingShown({ user, servername = "" }: Named): string {
  return `${shown(roleShown(user))} on ${shown(servername)}`;
}

export function mappingSql({ user, servername = "" }: Named): string {
  return `FOR ${roleSql(user)} SERVER ${quote(servername)}`;
}

export async function mappingOid(
  catalog: Lookup,
  { user, servername }: Named,
): Promise<string | undefined> {
  const [row] = await catalog.rows<{ oid: string }>(
    `SELECT umid::text AS oid FROM pg_user_mappings WHERE srvname = $1::name AND umuser = ${roleOid(user)}`,
    [servername],
  );
  return row?.oid;
}
