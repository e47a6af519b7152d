import type { UpdateStmt } from "@pgsql/types";
import { defineKind, type Lookup } from "../kind.ts";
import { describeWrites, recallWrites, writesOf } from "../row-writes.ts";

export const kind = defineKind<UpdateStmt>({
  kind: "update",
  node: "UpdateStmt",
  describe: (UpdateStmt) => describeWrites(writesOf({ UpdateStmt })),
  recall: (UpdateStmt, catalog) => {
    const writes = writesOf({ UpdateStmt });
    const update = writes.length === 1 ? textOf(UpdateStmt, catalog) : undefined;
    return recallWrites(writes, catalog, { update });
  },
});

/** Of one that something can be put around. */
function textOf({ returningClause, whereClause }: UpdateStmt, { whole }: Lookup) {
  const isPlain = returningClause === undefined && !(whereClause && "CurrentOfExpr" in whereClause);
  return isPlain ? whole : undefined;
}
