// What a materialized view holds can be had again from its query at any time, so that nothing is
// lost; only whether it may be read (WITH NO DATA) is put back.

import type { RefreshMatViewStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { relationName } from "../names.ts";
import { findRelation } from "../relation.ts";

export const kind = defineKind<RefreshMatViewStmt>({
  kind: "refresh-materialized-view",
  node: "RefreshMatViewStmt",
  describe: ({ relation = {}, concurrent = false }) => ({
    changes: [{ kind: "refresh-materialized-view", object: relationName(relation) }],
    locks: [{ table: relationName(relation), mode: concurrent ? "EXCLUSIVE" : "ACCESS EXCLUSIVE" }],
    scans: true,
    rewrites: !concurrent,
    undo: nothingToUndo,
  }),
  async recall({ relation, skipData = false }, catalog) {
    const view = await findRelation(catalog, relation);
    if (view === undefined) return nothingToUndo;
    const [before] = await catalog.rows<{ populated: boolean }>(
      "SELECT relispopulated AS populated FROM pg_class WHERE oid = $1::oid",
      [view.oid],
    );
    if (before?.populated === !skipData) return nothingToUndo;
    return exactly(`REFRESH MATERIALIZED VIEW ${view.sql}${skipData ? "" : " WITH NO DATA"}`);
  },
});
