// CREATE TABLE ... AS.

import type { CreateTableAsStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { relationName, relationSql } from "../names.ts";
import { isTaken } from "../relation.ts";

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
  async recall(node, catalog) {
    const relation = node.into?.rel;
    const found = node.if_not_exists && relation && (await isTaken(catalog, relation));
    return found ? nothingToUndo : undefined;
  },
});
