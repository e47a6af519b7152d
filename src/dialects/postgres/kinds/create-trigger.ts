import type { CreateTrigStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { quote, relationName, relationSql } from "../names.ts";
import { find } from "../objects/found.ts";
import { relationNode, targetOf } from "../objects/object-type.ts";
import { replacementOf } from "../objects/replace.ts";
import { findRelation } from "../relation.ts";

export const kind = defineKind<CreateTrigStmt>({
  kind: "create-trigger",
  node: "CreateTrigStmt",
  describe: (node) => ({
    changes: [{ kind: "create-trigger", object: target(node).shown }],
    locks: [node.relation, node.constrrel].flatMap((relation) =>
      relation ? [{ table: relationName(relation), mode: "SHARE ROW EXCLUSIVE" }] : [],
    ),
    undo: exactly(dropSql(node, relationSql(node.relation ?? {}))),
  }),
  async recall(node, catalog) {
    const old = node.replace ? await find(catalog, target(node)) : undefined;
    if (old) return exactly(...(await replacementOf(catalog, old)));
    const relation = await findRelation(catalog, node.relation);
    return relation ? exactly(dropSql(node, relation.sql)) : nothingToUndo;
  },
});

function target({ relation = {}, trigname = "" }: CreateTrigStmt) {
  return targetOf("OBJECT_TRIGGER", relationNode(relation, trigname));
}

function dropSql({ trigname = "" }: CreateTrigStmt, relation: string): string {
  return `DROP TRIGGER ${quote(trigname)} ON ${relation}`;
}
