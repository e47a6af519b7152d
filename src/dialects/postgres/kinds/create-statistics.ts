// A name is optional since PostgreSQL 16, and then the server's choice.

import type { CreateStatsStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { dotted, dottedName, parts, relationName } from "../names.ts";
import { undoOfCreation } from "../objects/created.ts";
import { findRelation } from "../relation.ts";

export const kind = defineKind<CreateStatsStmt>({
  kind: "create-statistics",
  node: "CreateStatsStmt",
  describe: (node) => ({
    changes: [
      { kind: "create-statistics", object: dottedName(parts(node.defnames)) || table(node) },
    ],
    locks: [{ table: table(node), mode: "SHARE UPDATE EXCLUSIVE" }],
    undo: node.defnames
      ? exactly(`DROP STATISTICS ${dotted(parts(node.defnames))}`)
      : nothingToUndo,
  }),
  async recall(node, catalog) {
    const { defnames, if_not_exists } = node;
    const relation = await findRelation(catalog, relationOf(node));
    if (!relation) return nothingToUndo;
    if (defnames) {
      const names = parts(defnames);
      return undoOfCreation(catalog, "OBJECT_STATISTIC_EXT", "STATISTICS", names, if_not_exists);
    }
    const before = await statisticsOn(catalog, relation.oid);
    return {
      undo: nothingToUndo,
      settle: async (after) => {
        const now = await statisticsOn(after, relation.oid);
        const made = now.filter((name) => !before.includes(name));
        return exactly(...made.map((name) => `DROP STATISTICS ${name}`));
      },
    };
  },
});

async function statisticsOn(catalog: Lookup, oid: string): Promise<string[]> {
  const rows = await catalog.rows<{ name: string }>(
    `SELECT (pg_identify_object('pg_statistic_ext'::regclass, s.oid, 0)).identity AS name
     FROM pg_statistic_ext s WHERE s.stxrelid = $1::oid`,
    [oid],
  );
  return rows.map(({ name }) => name);
}

function relationOf({ relations }: CreateStatsStmt) {
  const [first] = relations ?? [];
  return first && "RangeVar" in first ? first.RangeVar : undefined;
}

function table(node: CreateStatsStmt): string {
  return relationName(relationOf(node) ?? {});
}
