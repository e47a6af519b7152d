import type { InsertStmt } from "@pgsql/types";
import { defineKind } from "../kind.ts";
import { describeWrites, recallWrites, writesOf } from "../row-writes.ts";

export const kind = defineKind<InsertStmt>({
  kind: "insert",
  node: "InsertStmt",
  describe: (InsertStmt) => describeWrites(writesOf({ InsertStmt })),
  recall: (InsertStmt, catalog) => recallWrites(writesOf({ InsertStmt }), catalog),
});
