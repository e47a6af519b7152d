import type { DropStmt } from "@pgsql/types";
import { nothingToUndo, type Undo, type UndoStatement } from "../../../core/plan.ts";
import { composeUndos } from "../compose.ts";
import { recreateDependents } from "../dependents.ts";
import { droppedRelations } from "../dropped.ts";
import { recreateIndex } from "../index-definition.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { literal, relationName, relationSql } from "../names.ts";
import { findRelation, type Relation } from "../relation.ts";
import { unlessUnfit } from "../unless-violated.ts";

export const kind = defineKind<DropStmt>({
  kind: "drop-index",
  node: "DropStmt",
  matches: ({ removeType }) => removeType === "OBJECT_INDEX",
  describe(node) {
    const names = droppedRelations(node);
    const { concurrent = false } = node;
    return {
      changes: names.map((name) => ({ kind: "drop-index", object: relationName(name) })),
      // On the index's table, which only the catalog knows.
      locks: names.map((name) => ({
        table: relationName(name),
        mode: concurrent ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE",
      })),
      transactional: !concurrent,
      ...(concurrent ? { probe: { sql: goneSql(names.map(relationSql)) } } : {}),
      undo: nothingToUndo,
    };
  },
  async recall(node, catalog) {
    const undos: Undo[] = [];
    for (const name of droppedRelations(node)) {
      const index = await findRelation(catalog, name);
      if (index) undos.push(await recallIndex(node, catalog, index));
    }
    return composeUndos(undos);
  },
});

/** An interrupted one is begun again, so that half is as good as not at all. */
function goneSql(names: readonly string[]): string {
  const there = names.map((name) => `to_regclass(${literal(name)}) IS NULL`);
  return `SELECT CASE WHEN ${there.join(" AND ")} THEN 'done' ELSE 'not-done' END`;
}

async function recallIndex(node: DropStmt, catalog: Lookup, index: Relation): Promise<Undo> {
  const definition = await recreateIndex(catalog, index.oid);
  const object = `index ${index.shown}`;
  const again: Undo = definition
    ? { kind: "exact", sql: await madeAgain(node, catalog, index, definition) }
    : {
        kind: "lossy",
        sql: [],
        losses: [
          { object, why: "it is INVALID and would be made valid", rows: null, whenUndone: true },
        ],
      };
  if (node.behavior !== "DROP_CASCADE") return again;
  return recreateDependents(catalog, { catalog: "pg_class", oid: index.oid }, again, object);
}

async function madeAgain(
  { concurrent = false }: DropStmt,
  catalog: Lookup,
  index: Relation,
  definition: readonly string[],
): Promise<UndoStatement[]> {
  if (concurrent || catalog.shelf === undefined) {
    return definition.map((sql) => created(sql, concurrent));
  }
  const [on] = await catalog.rows<{ table: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS table FROM pg_index i
       JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE i.indexrelid = $1::oid`,
    [index.oid],
  );
  const why = `index ${index.name} is not there again`;
  return [unlessUnfit(definition, { shelf: "", table: on?.table ?? "", why })];
}

/** What was dropped without stopping writers is made again without stopping them. */
function created(sql: string, concurrent: boolean): UndoStatement {
  const create = /^CREATE (UNIQUE )?INDEX /;
  if (!concurrent || !create.test(sql)) return { sql, transactional: true };
  return { sql: sql.replace(create, "CREATE $1INDEX CONCURRENTLY "), transactional: false };
}
