import type { RenameStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { quote, relationName, relationSql } from "../names.ts";
import { findRelation } from "../relation.ts";

export const kind = defineKind<RenameStmt>({
  kind: "rename-table",
  node: "RenameStmt",
  matches: ({ renameType }) => renameType === "OBJECT_TABLE",
  describe: ({ relation = {}, newname = "" }) => ({
    changes: [{ kind: "rename-table", object: relationName(relation) }],
    locks: [{ table: relationName(relation), mode: "ACCESS EXCLUSIVE" }],
    undo: exactly(
      `ALTER TABLE ${relationSql({ ...relation, relname: newname })} RENAME TO ${quote(relation.relname ?? "")}`,
    ),
  }),
  async recall({ relation, newname = "" }, catalog) {
    const table = await findRelation(catalog, relation);
    if (!table) return nothingToUndo;
    const now = `${quote(table.schema)}.${quote(newname)}`;
    return exactly(`ALTER TABLE ${now} RENAME TO ${quote(table.name)}`);
  },
});
