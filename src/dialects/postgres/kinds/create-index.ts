import type { IndexStmt } from "@pgsql/types";
import { nothingToUndo, type Undo } from "../../../core/plan.ts";
import { indexesOf, indexProbe, likelyIndexName } from "../created-index.ts";
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
    if (!table) return undefined;
    const qualified = (name: string): string => `${quote(table.schema)}.${quote(name)}`;
    if (node.idxname !== undefined) {
      const [taken] = await catalog.rows(
        `SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = $1 AND c.relname = $2::name`,
        [table.schema, node.idxname],
      );
      if (taken && node.if_not_exists) return nothingToUndo;
      return dropOf(node, [qualified(node.idxname)]);
    }
    const before = new Set(await indexesOf(catalog, table));
    return {
      undo: dropOf(node, [qualified(likelyIndexName(node))]),
      async settle(after) {
        const added = (await indexesOf(after, table)).filter((name) => !before.has(name));
        return dropOf(node, added.map(qualified));
      },
    };
  },
});

function dropOf({ concurrent = false }: IndexStmt, names: string[]): Undo {
  const drop = concurrent ? "DROP INDEX CONCURRENTLY" : "DROP INDEX";
  return {
    kind: "exact",
    sql: names.map((name) => ({ sql: `${drop} ${name}`, transactional: !concurrent })),
  };
}
