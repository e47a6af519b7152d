// Owns: what ALTER DEFAULT PRIVILEGES has set, and the statements that set it again.

import type { Lookup } from "../kind.ts";
import { quote } from "../names.ts";
import { type Privilege, privilegesBack, privilegesJson } from "./acl.ts";
import type { Recipe } from "./recipe.ts";

export interface Default extends Record<string, unknown> {
  oid: string;
  role: string;
  schema: string | null;
  /** `TABLES`, `FUNCTIONS`, ... */
  on: string;
  privileges: Privilege[];
  /** What holds where there is no entry. */
  usual: Privilege[];
}

export function defaultsOf(catalog: Lookup): Promise<Default[]> {
  return catalog.rows<Default>(
    `SELECT d.oid::text, pg_get_userbyid(d.defaclrole) AS role, n.nspname AS schema,
       CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
         WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END AS on,
       ${privilegesJson("d.defaclacl")} AS privileges, CASE WHEN d.defaclnamespace <> 0 THEN '[]'
         ELSE ${privilegesJson(`acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's'::"char" ELSE d.defaclobjtype END, d.defaclrole)`)}
         END AS usual
     FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace`,
  );
}

/** The server keeps no entry that says what holds anyway; one may have come or gone. */
export function defaultsBack(now: readonly Default[], before: readonly Default[]): string[] {
  const keyOf = ({ role, schema, on }: Default) => JSON.stringify([role, schema, on]);
  const keys = new Set([...now, ...before].map(keyOf));
  return [...keys].flatMap((key) => {
    const present = now.find((each) => keyOf(each) === key);
    const old = before.find((each) => keyOf(each) === key);
    const known = present ?? old;
    if (!known) return [];
    const { role, schema, on, usual } = known;
    const where = schema === null ? "" : `IN SCHEMA ${quote(schema)} `;
    const prefix = `ALTER DEFAULT PRIVILEGES FOR ROLE ${quote(role)} ${where}`;
    const side = { on, owner: role, user: role, prefix };
    return privilegesBack(present?.privileges ?? usual, old?.privileges ?? usual, side);
  });
}

/** Those of one schema, which go with it. */
export const defaultPrivileges: Recipe = async (catalog, oids) => {
  const all = await defaultsOf(catalog);
  return new Map(
    all
      .filter(({ oid }) => oids.includes(oid))
      .map((each) => [each.oid, { create: defaultsBack([], [each]), finish: [] }]),
  );
};
