// CREATE TABLE ... AS.

import type { CreateTableAsStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { recallCreation } from "../created-table.ts";
import { defineKind } from "../kind.ts";
import { relationName, relationSql } from "../names.ts";

export const kind = defineKind<CreateTableAsStmt>({
  kind: "create-table-as",
  node: "CreateTableAsStmt",
  matches: ({ objtype }) => objtype === "OBJECT_TABLE",
  describe(node) {
    const relation = node.into?.rel ?? {};
    return {
      changes: [{ kind: "create-table-as", object: relationName(relation) }],
      locks: [],
      undo:
        relation.relpersistence === "t"
          ? nothingToUndo
          : exactly(`DROP TABLE ${relationSql(relation)}`),
    };
  },
  recall: (node, catalog) => recallCreation(node.into?.rel, node.if_not_exists ?? false, catalog),
});
