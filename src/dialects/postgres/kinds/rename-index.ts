import type { RenameStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { quote, relationName, relationSql } from "../names.ts";
import { findRelation } from "../relation.ts";

export const kind = defineKind<RenameStmt>({
  kind: "rename-index",
  node: "RenameStmt",
  matches: ({ renameType }) => renameType === "OBJECT_INDEX",
  describe: ({ relation = {}, newname = "" }) => ({
    changes: [{ kind: "rename-index", object: relationName(relation) }],
    locks: [{ table: relationName(relation), mode: "SHARE UPDATE EXCLUSIVE" }],
    undo: exactly(
      `ALTER INDEX ${relationSql({ ...relation, relname: newname })} RENAME TO ${quote(relation.relname ?? "")}`,
    ),
  }),
  async recall({ relation, newname = "" }, catalog) {
    const index = await findRelation(catalog, relation);
    if (!index) return nothingToUndo;
    const now = `${quote(index.schema)}.${quote(newname)}`;
    return exactly(`ALTER INDEX ${now} RENAME TO ${quote(index.name)}`);
  },
});
