// Owns: privileges as data, and the GRANTs and REVOKEs that turn one list of them into another.

import { quote } from "../names.ts";

/** One right, as aclexplode has it. */
export interface Privilege {
  grantor: string;
  /** Null: PUBLIC. */
  grantee: string | null;
  privilege: string;
  grantable: boolean;
  /** A column's name, when the right is on that column alone. */
  column?: string | null;
}

/** SQL: a JSON list of {@link Privilege}s from an aclitem[]; `column` is SQL for its name, if any. */
export function privilegesJson(acl: string, column = "NULL"): string {
  return `coalesce((SELECT jsonb_agg(jsonb_build_object('grantor', pg_get_userbyid(x.grantor),
    'grantee', CASE WHEN x.grantee <> 0 THEN pg_get_userbyid(x.grantee) END,
    'privilege', x.privilege_type, 'grantable', x.is_grantable, 'column', ${column}))
    FROM aclexplode(${acl}) x), '[]')`;
}

/** Everything but the grant option. */
function keyOf({ grantor, grantee, privilege, column }: Privilege): string {
  return JSON.stringify([grantor, grantee, privilege, column ?? null]);
}

function keyed(list: readonly Privilege[]): Map<string, Privilege> {
  return new Map(list.map((each) => [keyOf(each), each]));
}

export interface GrantSide {
  /** `TABLE public.users`, `FUNCTION f(integer)`: what stands behind ON. */
  on: string;
  /** The owner at the time; what others granted is granted again in their name. */
  owner: string;
  /** Who the statements run as, to go back to after acting as another. */
  user: string;
  /** Stands before GRANT and REVOKE: `ALTER DEFAULT PRIVILEGES FOR ROLE app `. */
  prefix?: string;
}

/** Statements that make `before` of `now`; empty when they are the same. */
export function privilegesBack(
  now: readonly Privilege[],
  before: readonly Privilege[],
  side: GrantSide,
): string[] {
  const had = keyed(before);
  const has = keyed(now);
  const gone = now.filter((each) => !had.has(keyOf(each)));
  const optionGone = now.filter(
    (each) => each.grantable && had.get(keyOf(each))?.grantable === false,
  );
  const missing = before.filter((each) => {
    const present = has.get(keyOf(each));
    return present === undefined || (each.grantable && !present.grantable);
  });
  const revokes = [
    ...revokesOf(optionGone, "GRANT OPTION FOR ", side),
    ...revokesOf(gone, "", side),
  ];
  // CASCADE takes what others granted, and a right on a table its columns' rights; GRANT of what is
  // there does nothing.
  const taken =
    revokes.length === 0 ? [] : before.filter((each) => each.grantor !== side.owner || each.column);
  const again = [...missing, ...taken.filter((each) => !missing.includes(each))];
  return [...revokes, ...grantsOf(again, side)];
}

/** Those that others granted first, while these still may take them back. */
function revokesOf(list: readonly Privilege[], option: string, side: GrantSide): string[] {
  const isOwners = ({ grantor }: Privilege) => grantor === side.owner;
  const sorted = [...list.filter((each) => !isOwners(each)), ...list.filter(isOwners)];
  const prefix = side.prefix ?? "";
  return grouped(
    sorted,
    side,
    (what, from) => `${prefix}REVOKE ${option}${what} ON ${side.on} FROM ${from} CASCADE`,
  );
}

/** Rights given by others come after those that let them give. */
function grantsOf(list: readonly Privilege[], side: GrantSide): string[] {
  const rounds: Privilege[][] = [list.filter(({ grantor }) => grantor === side.owner)];
  let rest = list.filter(({ grantor }) => grantor !== side.owner);
  while (rest.length > 0) {
    const waiting = new Set(
      rest.filter(({ grantable }) => grantable).map(({ grantee }) => grantee),
    );
    const ready = rest.filter(({ grantor }) => !waiting.has(grantor));
    const round = ready.length > 0 ? ready : rest;
    rounds.push(round);
    rest = rest.filter((each) => !round.includes(each));
  }
  return rounds.flatMap((round) => [
    ...grouped(
      round.filter(({ grantable }) => !grantable),
      side,
      (what, to) => `${side.prefix ?? ""}GRANT ${what} ON ${side.on} TO ${to}`,
    ),
    ...grouped(
      round.filter(({ grantable }) => grantable),
      side,
      (what, to) => `${side.prefix ?? ""}GRANT ${what} ON ${side.on} TO ${to} WITH GRANT OPTION`,
    ),
  ]);
}

/** One statement per grantor and grantee, rights side by side. */
function grouped(
  list: readonly Privilege[],
  side: GrantSide,
  write: (privileges: string, role: string) => string,
): string[] {
  const groups = new Map<string, Privilege[]>();
  for (const each of list) {
    const key = JSON.stringify([each.grantor, each.grantee]);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const rights = group.map(({ privilege, column }) =>
      column ? `${privilege} (${quote(column)})` : privilege,
    );
    const sql = write(rights.join(", "), first.grantee === null ? "PUBLIC" : quote(first.grantee));
    return first.grantor === side.owner ? [sql] : actingAs(first.grantor, side.user, sql);
  });
}

/** The server takes the current role for the grantor; only the owner's superiors may stand in for it. */
function actingAs(grantor: string, user: string, sql: string): string[] {
  return [`SET LOCAL ROLE ${quote(grantor)}`, sql, `SET LOCAL ROLE ${quote(user)}`];
}
