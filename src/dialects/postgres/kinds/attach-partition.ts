// Of a table, or of an index to a partitioned index, which cannot be detached again.

import { exactly, nothingToUndo, type Undo } from "../../../core/plan.ts";
import { alter, onTable, tableLock, tableName } from "../alter-table.ts";
import { composeUndos } from "../compose.ts";
import { defineKind, type Lookup, type TableCommand, type Unsettled } from "../kind.ts";
import { relationName, relationSql } from "../names.ts";
import { dropAdded, ownParts, partitionOf } from "../partition.ts";
import { findRelation, type Relation } from "../relation.ts";

export const kind = defineKind<TableCommand>({
  kind: "attach-partition",
  node: "AlterTableStmt/AT_AttachPartition",
  describe: (node) => ({
    changes: [{ kind: "attach-partition", object: tableName(node) }],
    locks: [
      ...tableLock(node, "SHARE UPDATE EXCLUSIVE"),
      { table: relationName(partitionOf(node)), mode: "ACCESS EXCLUSIVE" },
    ],
    scans: node.statement.objtype !== "OBJECT_INDEX",
    undo: exactly(alter(node, `DETACH PARTITION ${relationSql(partitionOf(node))}`)),
  }),
  recall: (node, catalog) =>
    onTable(node, catalog, async (parent) => {
      const partition = await findRelation(catalog, partitionOf(node));
      if (!partition) return nothingToUndo;
      return parent.kind === "I"
        ? recallIndex(catalog, partition)
        : recallTable(node, catalog, parent, partition);
    }),
});

async function recallTable(
  node: TableCommand,
  catalog: Lookup,
  parent: Relation,
  partition: Relation,
): Promise<Unsettled> {
  const before = await ownParts(catalog, partition);
  const detach = exactly(alter(node, `DETACH PARTITION ${partition.sql}`, parent));
  return {
    undo: detach,
    settle: async (after) => composeUndos([await dropAdded(after, partition, before), detach]),
  };
}

/** An attached index is let go only by dropping it, which drops its parent first. */
async function recallIndex(catalog: Lookup, index: Relation): Promise<Undo> {
  const [attached] = await catalog.rows("SELECT FROM pg_inherits WHERE inhrelid = $1::oid", [
    index.oid,
  ]);
  if (attached) return nothingToUndo;
  return {
    kind: "lossy",
    sql: [],
    losses: [
      {
        object: `index ${index.shown}`,
        why: "an index that is attached to a partitioned index cannot be detached from it",
        rows: null,
        whenUndone: true,
      },
    ],
  };
}
