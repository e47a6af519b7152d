import type { AlterTableSpaceOptionsStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { quote, shown } from "../names.ts";
import { optionsOf, restoreOptions } from "../options.ts";

export const kind = defineKind<AlterTableSpaceOptionsStmt>({
  kind: "alter-tablespace",
  node: "AlterTableSpaceOptionsStmt",
  describe: ({ tablespacename = "" }) => ({
    changes: [{ kind: "alter-tablespace", object: `tablespace ${shown(tablespacename)}` }],
    locks: [],
    undo: nothingToUndo,
  }),
  async recall({ tablespacename = "", options }, catalog) {
    const [row] = await catalog.rows<{ options: string[] | null }>(
      "SELECT spcoptions AS options FROM pg_tablespace WHERE spcname = $1::name",
      [tablespacename],
    );
    const touched = [...optionsOf(options).keys()];
    const clauses = restoreOptions(row?.options ?? [], touched);
    return exactly(
      ...clauses.map((clause) => `ALTER TABLESPACE ${quote(tablespacename)} ${clause}`),
    );
  },
});
