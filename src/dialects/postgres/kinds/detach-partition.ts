import { exactly, nothingToUndo, type Probe } from "../../../core/plan.ts";
import { alter, onTable, tableLock, tableName } from "../alter-table.ts";
import { composeUndos } from "../compose.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { literal, relationName, relationSql } from "../names.ts";
import { boundOf, dropAdded, ownParts, partitionCommand, partitionOf } from "../partition.ts";
import { findRelation } from "../relation.ts";

export const kind = defineKind<TableCommand>({
  kind: "detach-partition",
  node: ["AlterTableStmt/AT_DetachPartition", "AlterTableStmt/AT_DetachPartitionFinalize"],
  describe(node) {
    const concurrent = partitionCommand(node).concurrent === true;
    return {
      changes: [{ kind: "detach-partition", object: tableName(node) }],
      locks: [
        ...tableLock(node, concurrent ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE"),
        { table: relationName(partitionOf(node)), mode: "ACCESS EXCLUSIVE" },
      ],
      transactional: !concurrent,
      ...(concurrent ? { probe: probe(node) } : {}),
      // Its bounds are in the catalog.
      undo: nothingToUndo,
    };
  },
  recall: (node, catalog) =>
    onTable(node, catalog, async (parent) => {
      const partition = await findRelation(catalog, partitionOf(node));
      const bound = partition && (await boundOf(catalog, partition));
      if (!partition || !bound) return nothingToUndo;
      const before = await ownParts(catalog, partition);
      const attach = exactly(alter(node, `ATTACH PARTITION ${partition.sql} ${bound}`, parent));
      return {
        undo: attach,
        // CONCURRENTLY leaves a CHECK of the bounds; it spares ATTACH the scan, so it goes last.
        settle: async (after) => composeUndos([await dropAdded(after, partition, before), attach]),
      };
    }),
});

/** Interrupted, the partition is still there, marked; only FINALIZE can go on from that. */
function probe(node: TableCommand): Probe {
  const parent = literal(relationSql(node.statement.relation ?? {}));
  const partition = literal(relationSql(partitionOf(node)));
  return {
    sql: `SELECT coalesce((SELECT CASE WHEN inhdetachpending THEN 'half' ELSE 'not-done' END
      FROM pg_inherits WHERE inhrelid = to_regclass(${partition})
        AND inhparent = to_regclass(${parent})), 'done')`,
    cleanup: {
      sql: alter(node, `DETACH PARTITION ${relationSql(partitionOf(node))} FINALIZE`),
      transactional: true,
    },
  };
}
