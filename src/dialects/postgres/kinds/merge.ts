import type { MergeStmt } from "@pgsql/types";
import { defineKind } from "../kind.ts";
import { describeWrites, recallWrites, writesOf } from "../row-writes.ts";

export const kind = defineKind<MergeStmt>({
  kind: "merge",
  node: "MergeStmt",
  describe: (MergeStmt) => describeWrites(writesOf({ MergeStmt })),
  recall: (MergeStmt, catalog) => recallWrites(writesOf({ MergeStmt }), catalog),
});
