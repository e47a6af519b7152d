// Owns: rights on settings of the server (GRANT ... ON PARAMETER), which are in a catalog of their
// own since PostgreSQL 15, for the whole cluster.

import { exactly, nothingToUndo } from "../../../core/plan.ts";
import type { Lookup, Unsettled } from "../kind.ts";
import { type Privilege, privilegesBack, privilegesJson } from "./acl.ts";

interface Row extends Record<string, unknown> {
  name: string;
  owner: string;
  user: string;
  privileges: Privilege[];
}

/** Call before they change. A setting without rights of its own has its owner's: the first role's. */
export async function parametersBack(
  catalog: Lookup,
  names: readonly string[],
): Promise<Unsettled> {
  const before = await rowsOf(catalog, names);
  return {
    undo: nothingToUndo,
    settle: async (after) => {
      const now = await rowsOf(after, names);
      const sql = now.flatMap((row, index) =>
        privilegesBack(row.privileges, before[index]?.privileges ?? [], {
          on: `PARAMETER ${row.name}`,
          owner: row.owner,
          user: row.user,
        }),
      );
      return exactly(...sql);
    },
  };
}

function rowsOf(catalog: Lookup, names: readonly string[]): Promise<Row[]> {
  return catalog.rows<Row>(
    `SELECT n.name, pg_get_userbyid(10) AS owner, current_user::text AS user,
       ${privilegesJson("coalesce((SELECT paracl FROM pg_parameter_acl WHERE parname = lower(n.name)), acldefault('p', 10))")} AS privileges
     FROM unnest($1::text[]) WITH ORDINALITY n(name, position) ORDER BY n.position`,
    [names],
  );
}
