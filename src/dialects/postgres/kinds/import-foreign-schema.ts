// Which foreign tables it makes, the other server decides.

import type { ImportForeignSchemaStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { shown } from "../names.ts";
import { identity } from "../objects/recipe.ts";

export const kind = defineKind<ImportForeignSchemaStmt>({
  kind: "import-foreign-schema",
  node: "ImportForeignSchemaStmt",
  describe: ({ remote_schema = "", server_name = "" }) => ({
    changes: [
      { kind: "import-foreign-schema", object: `${shown(remote_schema)} of ${shown(server_name)}` },
    ],
    locks: [],
    undo: nothingToUndo,
  }),
  async recall({ local_schema = "" }, catalog) {
    const before = await foreignTablesIn(catalog, local_schema);
    return {
      undo: nothingToUndo,
      settle: async (after) => {
        const now = await foreignTablesIn(after, local_schema);
        const made = now.filter((name) => !before.includes(name));
        return exactly(...made.map((name) => `DROP FOREIGN TABLE ${name}`));
      },
    };
  },
});

async function foreignTablesIn(catalog: Lookup, schema: string): Promise<string[]> {
  const rows = await catalog.rows<{ name: string }>(
    `SELECT ${identity("pg_class", "c.oid")} AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'f' AND n.nspname = $1::name ORDER BY c.oid DESC`,
    [schema],
  );
  return rows.map(({ name }) => name);
}
