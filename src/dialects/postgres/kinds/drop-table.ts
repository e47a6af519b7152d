import type { DropStmt } from "@pgsql/types";
import type { Loss } from "../../../core/plan.ts";
import { nothingToUndo } from "../../../core/plan.ts";
import { cascadeLosses, dependentsOf } from "../dependents.ts";
import { droppedRelations } from "../dropped.ts";
import { defineKind } from "../kind.ts";
import { relationName } from "../names.ts";
import { findRelation, type Relation } from "../relation.ts";
import { countRows } from "../row-count.ts";
import { shelveTables } from "../shelve-tables.ts";

const why = "DROP TABLE removes it with its rows";

export const kind = defineKind<DropStmt>({
  kind: "drop-table",
  node: "DropStmt",
  matches: ({ removeType }) => removeType === "OBJECT_TABLE",
  describe(node) {
    const names = droppedRelations(node).map(relationName);
    return {
      changes: names.map((object) => ({ kind: "drop-table", object })),
      locks: names.map((table) => ({ table, mode: "ACCESS EXCLUSIVE" })),
      undo: {
        kind: "lossy",
        sql: [],
        losses: names.map((name) => ({ object: `table ${name}`, why, rows: null })),
      },
    };
  },
  async recall(node, catalog) {
    const tables: Relation[] = [];
    for (const relation of droppedRelations(node)) {
      const table = await findRelation(catalog, relation);
      if (table) tables.push(table);
    }
    const cascade = node.behavior === "DROP_CASCADE";
    const id = catalog.shelf?.();
    const shelved = id && (await shelveTables(catalog, id, tables, cascade));
    if (shelved) return shelved;
    const losses: Loss[] = [];
    for (const table of tables) {
      const object = `table ${table.shown}`;
      losses.push({ object, why, ...(await countRows(catalog, table)) });
      if (!cascade) continue;
      const address = { catalog: "pg_class", oid: table.oid };
      const dependents = await dependentsOf(catalog, address);
      losses.push(...(await cascadeLosses(catalog, dependents, object)));
    }
    return losses.length === 0 ? nothingToUndo : { kind: "lossy", sql: [], losses };
  },
});
