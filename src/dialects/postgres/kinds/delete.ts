import type { DeleteStmt } from "@pgsql/types";
import { defineKind } from "../kind.ts";
import { describeWrites, recallWrites, writesOf } from "../row-writes.ts";

export const kind = defineKind<DeleteStmt>({
  kind: "delete",
  node: "DeleteStmt",
  describe: (DeleteStmt) => describeWrites(writesOf({ DeleteStmt })),
  recall: (DeleteStmt, catalog) => recallWrites(writesOf({ DeleteStmt }), catalog),
});
