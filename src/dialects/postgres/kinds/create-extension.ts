// CASCADE may bring other extensions along, and a control file a schema; which, is seen right after.

import type { CreateExtensionStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { quote, shown } from "../names.ts";

export const kind = defineKind<CreateExtensionStmt>({
  kind: "create-extension",
  node: "CreateExtensionStmt",
  describe: ({ extname = "" }) => ({
    changes: [{ kind: "create-extension", object: shown(extname) }],
    locks: [],
    undo: exactly(`DROP EXTENSION ${quote(extname)}`),
  }),
  async recall({ extname = "", if_not_exists }, catalog) {
    const before = await made(catalog);
    const isThere = before.includes(`EXTENSION ${quote(extname)}`);
    if (isThere && if_not_exists) return nothingToUndo;
    return {
      undo: exactly(`DROP EXTENSION ${quote(extname)}`),
      settle: async (after) =>
        exactly(
          ...(await made(after))
            .filter((object) => !before.includes(object))
            .map((object) => `DROP ${object}`),
        ),
    };
  },
});

/** Youngest first: what was needed came before what needed it. */
async function made(catalog: Lookup): Promise<string[]> {
  const rows = await catalog.rows<{ name: string; words: string }>(
    `SELECT 'EXTENSION' AS words, extname AS name, oid FROM pg_extension
     UNION ALL SELECT 'SCHEMA', nspname, oid FROM pg_namespace n WHERE NOT EXISTS (SELECT FROM pg_depend d
       WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
     ORDER BY oid DESC`,
  );
  return rows.map(({ words, name }) => `${words} ${quote(name)}`);
}
