// The dictionaries of every token type that has changed are put back.

import type { AlterTSConfigurationStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { parts } from "../names.ts";
import { find } from "../objects/found.ts";
import { nameNode, targetOf } from "../objects/object-type.ts";
import { textSearchMappings } from "../objects/text-search-recipes.ts";

export const kind = defineKind<AlterTSConfigurationStmt>({
  kind: "alter-text-search-configuration",
  node: "AlterTSConfigurationStmt",
  describe: (node) => ({
    changes: [{ kind: "alter-text-search-configuration", object: target(node).shown }],
    locks: [],
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const found = await find(catalog, target(node));
    if (!found) return nothingToUndo;
    const before = await mappingsOf(catalog, found.oid);
    return {
      undo: nothingToUndo,
      settle: async (after) => {
        const now = await mappingsOf(after, found.oid);
        const alter = `ALTER TEXT SEARCH CONFIGURATION ${found.identity}`;
        const come = [...now].filter(([token, sql]) => before.get(token) !== sql);
        const gone = [...before].filter(([token, sql]) => now.get(token) !== sql);
        return exactly(
          ...come.map(([token]) => `${alter} DROP MAPPING FOR ${token}`),
          ...gone.map(([, sql]) => sql),
        );
      },
    };
  },
});

function target({ cfgname }: AlterTSConfigurationStmt) {
  return targetOf("OBJECT_TSCONFIGURATION", nameNode(...parts(cfgname)));
}

/** Quoted token type to the statement that maps it. */
async function mappingsOf(catalog: Lookup, oid: string): Promise<Map<string, string>> {
  const rows = await catalog.rows<{ mappings: string[] }>(
    `SELECT ${textSearchMappings} AS mappings FROM pg_ts_config c WHERE c.oid = $1::oid`,
    [oid],
  );
  return new Map(
    (rows[0]?.mappings ?? []).map((sql) => [/ MAPPING FOR (\S+) WITH /.exec(sql)?.[1] ?? "", sql]),
  );
}
