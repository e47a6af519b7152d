import type { SelectStmt } from "@pgsql/types";
import { callsIn, isSetting } from "../functions.ts";
import { defineKind } from "../kind.ts";
import { describeQuery } from "../query.ts";
import { recallWrites, writesOf } from "../row-writes.ts";

export const kind = defineKind<SelectStmt>({
  kind: "select",
  node: "SelectStmt",
  describe(SelectStmt) {
    const known = describeQuery({ SelectStmt });
    const sets = callsIn(SelectStmt).some(isSetting);
    return { ...known, ...(sets && !known.observe ? { session: true } : {}) };
  },
  async recall(SelectStmt, catalog) {
    const writes = writesOf({ SelectStmt });
    return writes.length === 0 ? undefined : recallWrites(writes, catalog);
  },
});
