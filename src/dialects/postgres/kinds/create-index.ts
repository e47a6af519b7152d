import type { IndexStmt } from "@pgsql/types";
import { nothingToUndo, type Undo } from "../../../core/plan.ts";
import { composeUndos } from "../compose.ts";
import {
  addedIndexes,
  indexesOf,
  indexProbe,
  isTaken,
  likelyIndexName,
  looseIndexes,
  recreateAttached,
} from "../created-index.ts";
import { defineKind } from "../kind.ts";
import { quote, relationName, relationSql } from "../names.ts";
import { findRelation } from "../relation.ts";

export const kind = defineKind<IndexStmt>({
  kind: "create-index",
  node: "IndexStmt",
  describe(node) {
    const { relation = {}, concurrent = false } = node;
    const index = { ...relation, relname: node.idxname ?? likelyIndexName(node) };
    return {
      changes: [{ kind: "create-index", object: relationName(index) }],
      locks: [
        { table: relationName(relation), mode: concurrent ? "SHARE UPDATE EXCLUSIVE" : "SHARE" },
      ],
      scans: true,
      transactional: !concurrent,
      ...(concurrent ? { probe: indexProbe(node) } : {}),
      undo: dropOf(node, [relationSql(index)]),
    };
  },
  async recall(node, catalog) {
    const table = await findRelation(catalog, node.relation);
    if (!table) return nothingToUndo;
    const qualified = (name: string): string => `${quote(table.schema)}.${quote(name)}`;
    const { idxname } = node;
    if (node.if_not_exists && (await isTaken(catalog, table, idxname ?? ""))) return nothingToUndo;
    const mayBeAbsent = catalog.shelf !== undefined;
    const expected = dropOf(node, [qualified(idxname ?? likelyIndexName(node))], mayBeAbsent);
    if (idxname !== undefined && table.kind !== "p") return expected;
    const before = await indexesOf(catalog, table);
    const loose = await looseIndexes(catalog, table);
    return {
      undo: expected,
      async settle(after) {
        const names = idxname === undefined ? await addedIndexes(after, table, before) : [idxname];
        // What it has attached goes when it goes.
        return composeUndos([
          await recreateAttached(after, loose),
          dropOf(node, names.map(qualified), mayBeAbsent),
        ]);
      },
    };
  },
});

/** `mayBeAbsent`: a later rollback may have had to leave it away, and has told so. */
function dropOf({ concurrent = false }: IndexStmt, names: string[], mayBeAbsent = false): Undo {
  const drop = `DROP INDEX${concurrent ? " CONCURRENTLY" : ""}${mayBeAbsent ? " IF EXISTS" : ""}`;
  return {
    kind: "exact",
    sql: names.map((name) => ({ sql: `${drop} ${name}`, transactional: !concurrent })),
  };
}
