import type { CreateStmt, Node } from "@pgsql/types";
import { exactly, type Lock, nothingToUndo } from "../../../core/plan.ts";
import { recallCreation } from "../created-table.ts";
import { defineKind } from "../kind.ts";
import { relationName, relationSql } from "../names.ts";

export const kind = defineKind<CreateStmt>({
  kind: "create-table",
  node: "CreateStmt",
  describe(node) {
    const relation = node.relation ?? {};
    const temporary = relation.relpersistence === "t";
    return {
      changes: [{ kind: "create-table", object: relationName(relation) }],
      locks: [...parentLocks(node), ...referencedLocks(node)],
      // A temporary table is gone with the session that made it.
      undo: temporary ? nothingToUndo : exactly(`DROP TABLE ${relationSql(relation)}`),
    };
  },
  recall: (node, catalog) => recallCreation(node.relation, node.if_not_exists ?? false, catalog),
});

/** PARTITION OF stops the parent; INHERITS only keeps others from changing it. */
function parentLocks(node: CreateStmt): Lock[] {
  const mode = node.partbound ? "ACCESS EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE";
  return (node.inhRelations ?? []).flatMap((parent) =>
    "RangeVar" in parent ? [{ table: relationName(parent.RangeVar), mode }] : [],
  );
}

/** Foreign keys make triggers on the tables they point to. */
function referencedLocks(node: CreateStmt): Lock[] {
  const columns = (node.tableElts ?? []).flatMap((element): Node[] =>
    "ColumnDef" in element ? (element.ColumnDef.constraints ?? []) : [element],
  );
  return columns.flatMap((element) =>
    "Constraint" in element && element.Constraint.pktable
      ? [{ table: relationName(element.Constraint.pktable), mode: "SHARE ROW EXCLUSIVE" as const }]
      : [],
  );
}
