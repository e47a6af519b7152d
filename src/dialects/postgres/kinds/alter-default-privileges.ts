import type { AlterDefaultPrivilegesStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { quote } from "../names.ts";
import { type Privilege, privilegesBack, privilegesJson } from "../objects/acl.ts";
import { nounOf } from "../objects/object-type.ts";

export const kind = defineKind<AlterDefaultPrivilegesStmt>({
  kind: "alter-default-privileges",
  node: "AlterDefaultPrivilegesStmt",
  describe: ({ action }) => ({
    changes: [{ kind: "alter-default-privileges", object: `every new ${nounOf(action?.objtype)}` }],
    locks: [],
    undo: nothingToUndo,
  }),
  async recall(_, catalog) {
    const before = await defaultsOf(catalog);
    return {
      undo: nothingToUndo,
      settle: async (after) => exactly(...back(await defaultsOf(after), before)),
    };
  },
});

interface Default extends Record<string, unknown> {
  role: string;
  schema: string | null;
  /** `TABLES`, `FUNCTIONS`, ... */
  on: string;
  privileges: Privilege[];
  /** What holds where there is no entry. */
  usual: Privilege[];
}

function defaultsOf(catalog: Lookup): Promise<Default[]> {
  return catalog.rows<Default>(
    `SELECT pg_get_userbyid(d.defaclrole) AS role, n.nspname AS schema,
       CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
         WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END AS on,
       ${privilegesJson("d.defaclacl")} AS privileges, CASE WHEN d.defaclnamespace <> 0 THEN '[]'
         ELSE ${privilegesJson(`acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's'::"char" ELSE d.defaclobjtype END, d.defaclrole)`)}
         END AS usual
     FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace`,
  );
}

/** The server keeps no entry that says what holds anyway; one may have come or gone. */
function back(now: readonly Default[], before: readonly Default[]): string[] {
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
