import type { DefElem, ReindexStmt } from "@pgsql/types";
import { nothingToUndo, type Probe } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { literal, relationName, relationSql } from "../names.ts";
import { optionsOf } from "../options.ts";

const manyTables = new Set([
  "REINDEX_OBJECT_SCHEMA",
  "REINDEX_OBJECT_SYSTEM",
  "REINDEX_OBJECT_DATABASE",
]);

export const kind = defineKind<ReindexStmt>({
  kind: "reindex",
  node: "ReindexStmt",
  describe(node) {
    const concurrent = isOn(optionsOf(node.params).get("concurrently"));
    const object = node.relation ? relationName(node.relation) : (node.name ?? "");
    const transactional = !concurrent && !manyTables.has(node.kind ?? "");
    return {
      changes: [{ kind: "reindex", object }],
      locks: [{ table: object, mode: concurrent ? "SHARE UPDATE EXCLUSIVE" : "SHARE" }],
      scans: true,
      transactional,
      ...(concurrent ? leftover(node) : {}),
      undo: nothingToUndo,
    };
  },
});

function isOn(option: DefElem | undefined): boolean {
  if (!option) return false;
  const value = option.arg && "String" in option.arg ? option.arg.String.sval : "true";
  return value === "true" || value === "on";
}

/** Building an index twice is harmless; an interrupted one leaves its half-built twin behind. */
function leftover({ kind, relation }: ReindexStmt): { probe?: Probe } {
  if (kind !== "REINDEX_OBJECT_INDEX" || !relation) return {};
  const twin = relationSql({ ...relation, relname: `${relation.relname}_ccnew` });
  return {
    probe: {
      sql: `SELECT CASE WHEN to_regclass(${literal(twin)}) IS NULL THEN 'not-done' ELSE 'half' END`,
      cleanup: { sql: `DROP INDEX CONCURRENTLY IF EXISTS ${twin}`, transactional: false },
    },
  };
}
