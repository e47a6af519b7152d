import type { AlterObjectDependsStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { parts, quote } from "../names.ts";
import { find, sqlOf } from "../objects/found.ts";
import { isNamedType, relationNode, targetOf, wordsOf } from "../objects/object-type.ts";

export const kind = defineKind<AlterObjectDependsStmt>({
  kind: "depend-on-extension",
  node: "AlterObjectDependsStmt",
  describe: (node) => {
    const { shown, sql } = target(node);
    const words = isNamedType(node.objectType) ? wordsOf(node.objectType) : "";
    return {
      changes: [{ kind: "depend-on-extension", object: shown }],
      locks: [],
      undo: exactly(`ALTER ${words} ${sql} ${back(node)}`),
    };
  },
  async recall(node, catalog) {
    const found = await find(catalog, target(node));
    if (!found) return nothingToUndo;
    const [depends] = await catalog.rows(
      `SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
       WHERE d.classid = $1::regclass AND d.objid = $2::oid AND d.deptype = 'x'
         AND d.refclassid = 'pg_extension'::regclass AND e.extname = $3::name`,
      [found.catalog, found.oid, node.extname?.sval],
    );
    const changes = (depends === undefined) === !node.remove;
    return changes ? exactly(`ALTER ${sqlOf(found)} ${back(node)}`) : nothingToUndo;
  },
});

/** A trigger's relation stands apart from its name. */
function target({ objectType, relation, object }: AlterObjectDependsStmt) {
  if (!relation) return targetOf(objectType, object);
  const own = object && "List" in object ? parts(object.List.items)[0] : undefined;
  return targetOf(objectType, relationNode(relation, own));
}

function back({ remove, extname }: AlterObjectDependsStmt): string {
  return `${remove ? "" : "NO "}DEPENDS ON EXTENSION ${quote(extname?.sval ?? "")}`;
}
