import type { AlterStatsStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { parts } from "../names.ts";
import { find } from "../objects/found.ts";
import { nameNode, targetOf } from "../objects/object-type.ts";

export const kind = defineKind<AlterStatsStmt>({
  kind: "alter-statistics",
  node: "AlterStatsStmt",
  describe: (node) => ({
    changes: [{ kind: "alter-statistics", object: target(node).shown }],
    locks: [],
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const found = await find(catalog, target(node));
    if (!found) return nothingToUndo;
    const [row] = await catalog.rows<{ target: number }>(
      "SELECT coalesce(stxstattarget, -1)::int AS target FROM pg_statistic_ext WHERE oid = $1::oid",
      [found.oid],
    );
    return exactly(`ALTER STATISTICS ${found.identity} SET STATISTICS ${row?.target ?? -1}`);
  },
});

function target({ defnames }: AlterStatsStmt) {
  return targetOf("OBJECT_STATISTIC_EXT", nameNode(...parts(defnames)));
}
