import type { UpdateStmt } from "@pgsql/types";
import { defineKind } from "../kind.ts";
import { describeWrites, recallWrites, writesOf } from "../row-writes.ts";

export const kind = defineKind<UpdateStmt>({
  kind: "update",
  node: "UpdateStmt",
  describe: (UpdateStmt) => describeWrites(writesOf({ UpdateStmt })),
  recall: (UpdateStmt, catalog) => recallWrites(writesOf({ UpdateStmt }), catalog),
});
