// Owns: who is a member of which role, and the GRANTs and REVOKEs that lead back to it.

import type { Lookup } from "../kind.ts";
import { quote } from "../names.ts";

export interface Membership extends Record<string, unknown> {
  role: string;
  member: string;
  /** Null before PostgreSQL 16, where it did not tell memberships apart. */
  grantor: string | null;
  admin: boolean;
  /** Null before PostgreSQL 16. */
  inherits: boolean | null;
  set: boolean | null;
}

/** Memberships in the named roles and, with `ofMembers`, of them. */
export function membershipsOf(
  catalog: Lookup,
  roles: readonly string[],
  ofMembers = false,
): Promise<Membership[]> {
  // The row as JSON has the columns of every version.
  return catalog.rows<Membership>(
    `SELECT pg_get_userbyid(m.roleid) AS role, pg_get_userbyid(m.member) AS member, m.admin_option AS admin,
       CASE WHEN to_jsonb(m) ? 'inherit_option' THEN pg_get_userbyid(m.grantor) END AS grantor,
       (to_jsonb(m) ->> 'inherit_option')::boolean AS inherits, (to_jsonb(m) ->> 'set_option')::boolean AS set
     FROM pg_auth_members m WHERE pg_get_userbyid(m.roleid) = ANY ($1::name[])
       OR $2 AND pg_get_userbyid(m.member) = ANY ($1::name[]) ORDER BY 1, 2, 4`,
    [roles, ofMembers],
  );
}

export function membershipsBack(
  now: readonly Membership[],
  before: readonly Membership[],
): string[] {
  const keyOf = ({ role, member, grantor }: Membership) => JSON.stringify([role, member, grantor]);
  const had = new Map(before.map((each) => [keyOf(each), each]));
  const has = new Map(now.map((each) => [keyOf(each), each]));
  const gone = now.filter((each) => !had.has(keyOf(each)));
  const changed = before.filter((each) => {
    const present = has.get(keyOf(each));
    return present === undefined || optionsOf(present) !== optionsOf(each);
  });
  return [
    ...gone.map(
      (each) => `REVOKE ${quote(each.role)} FROM ${quote(each.member)}${grantedBy(each)}`,
    ),
    ...changed.map((each) => membershipSql(each, has.get(keyOf(each)))),
  ];
}

/** `present`: what is there now, when only its options are to change. */
export function membershipSql(each: Membership, present?: Membership): string {
  const [role, member] = [quote(each.role), quote(each.member)];
  if (each.inherits === null && present?.admin && !each.admin) {
    return `REVOKE ADMIN OPTION FOR ${role} FROM ${member}`;
  }
  return `GRANT ${role} TO ${member}${optionsOf(each)}${grantedBy(each)}`;
}

function optionsOf({ admin, inherits, set }: Membership): string {
  if (inherits === null) return admin ? " WITH ADMIN OPTION" : "";
  return ` WITH ADMIN ${admin}, INHERIT ${inherits}, SET ${set}`.toUpperCase();
}

function grantedBy({ grantor }: Membership): string {
  return grantor === null ? "" : ` GRANTED BY ${quote(grantor)}`;
}
