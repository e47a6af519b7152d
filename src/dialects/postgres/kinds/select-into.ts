// SELECT ... INTO t: an old way to write CREATE TABLE t AS.

import type { RangeVar, SelectStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { recallCreation } from "../created-table.ts";
import { defineKind } from "../kind.ts";
import { relationName, relationSql } from "../names.ts";

export const kind = defineKind<SelectStmt>({
  kind: "select-into",
  node: "SelectStmt",
  matches: (node) => intoOf(node) !== undefined,
  describe(node) {
    const relation = intoOf(node) ?? {};
    return {
      changes: [{ kind: "select-into", object: relationName(relation) }],
      locks: [],
      undo:
        relation.relpersistence === "t"
          ? nothingToUndo
          : exactly(`DROP TABLE ${relationSql(relation)}`),
    };
  },
  recall: (node, catalog) => recallCreation(intoOf(node), false, catalog),
});

/** In a UNION it stands in the first SELECT. */
function intoOf({ intoClause, larg }: SelectStmt): RangeVar | undefined {
  return intoClause?.rel ?? (larg && intoOf(larg));
}
