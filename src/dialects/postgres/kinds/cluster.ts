// Rows are written anew in index order, which no query sees; what stays is the mark on the index.

import type { ClusterStmt } from "@pgsql/types";
import { nothingToUndo } from "../../../core/plan.ts";
import { restoreCluster } from "../cluster-mark.ts";
import { defineKind } from "../kind.ts";
import { relationName } from "../names.ts";
import { findRelation } from "../relation.ts";

export const kind = defineKind<ClusterStmt>({
  kind: "cluster",
  node: "ClusterStmt",
  describe({ relation }) {
    const table = relation ? relationName(relation) : "";
    return {
      changes: [{ kind: "cluster", object: table }],
      locks: relation ? [{ table, mode: "ACCESS EXCLUSIVE" }] : [],
      scans: true,
      rewrites: true,
      transactional: relation !== undefined,
      undo: nothingToUndo,
    };
  },
  async recall({ relation, indexname }, catalog) {
    const table = indexname === undefined ? undefined : await findRelation(catalog, relation);
    return table ? restoreCluster(catalog, table) : nothingToUndo;
  },
});
