import type { RenameStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { quote, relationName, relationSql, shown } from "../names.ts";
import { findRelation } from "../relation.ts";

export const kind = defineKind<RenameStmt>({
  kind: "rename-constraint",
  node: "RenameStmt",
  matches: ({ renameType }) => renameType === "OBJECT_TABCONSTRAINT",
  describe(node) {
    const table = relationName(node.relation ?? {});
    return {
      changes: [{ kind: "rename-constraint", object: `${table}.${shown(node.subname ?? "")}` }],
      locks: [{ table, mode: "ACCESS EXCLUSIVE" }],
      undo: exactly(back(node, relationSql(node.relation ?? {}))),
    };
  },
  async recall(node, catalog) {
    const table = await findRelation(catalog, node.relation);
    return table ? exactly(back(node, table.sql)) : nothingToUndo;
  },
});

function back({ relation, subname = "", newname = "" }: RenameStmt, table: string): string {
  const only = relation?.inh ? "" : "ONLY ";
  return `ALTER TABLE ${only}${table} RENAME CONSTRAINT ${quote(newname)} TO ${quote(subname)}`;
}
