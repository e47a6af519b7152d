import type { CreateSeqStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { relationName, relationSql } from "../names.ts";
import { undoOfCreation } from "../objects/created.ts";

export const kind = defineKind<CreateSeqStmt>({
  kind: "create-sequence",
  node: "CreateSeqStmt",
  describe: ({ sequence = {} }) => ({
    changes: [{ kind: "create-sequence", object: relationName(sequence) }],
    locks: [],
    // A temporary one is gone with the session that made it.
    undo:
      sequence.relpersistence === "t"
        ? nothingToUndo
        : exactly(`DROP SEQUENCE ${relationSql(sequence)}`),
  }),
  async recall({ sequence = {}, if_not_exists }, catalog) {
    if (sequence.relpersistence === "t") return nothingToUndo;
    const names = [sequence.schemaname, sequence.relname].filter((name) => name !== undefined);
    return undoOfCreation(catalog, "OBJECT_SEQUENCE", "SEQUENCE", names, if_not_exists);
  },
});
