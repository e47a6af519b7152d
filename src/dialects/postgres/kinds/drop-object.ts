// Everything that DROP drops but tables, indexes and extensions, which are kinds of their own.
// What is dropped, with all that CASCADE takes along, is recorded as the server tells it.

import type { DropStmt, Node } from "@pgsql/types";
import { type Lock, nothingToUndo } from "../../../core/plan.ts";
import { dependentsOf } from "../dependents.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { dottedName, parts } from "../names.ts";
import { type Found, findAll } from "../objects/found.ts";
import { isNamedType, nounOf, targetOf } from "../objects/object-type.ts";
import { undoOfDrop } from "../objects/recreate.ts";
import { shelveObjects } from "../shelve-objects.ts";

const others = new Set(["OBJECT_TABLE", "OBJECT_INDEX", "OBJECT_EXTENSION"]);

export const kind = defineKind<DropStmt>({
  kind: "drop-object",
  node: "DropStmt",
  matches: ({ removeType }) => isNamedType(removeType) && !others.has(removeType),
  describe: (node) => ({
    changes: targets(node).map(({ shown }) => ({
      kind: `drop-${nounOf(node.removeType)}`,
      object: shown,
    })),
    locks: (node.objects ?? []).flatMap((object) => lockOf(node, object)),
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const roots = await findAll(catalog, targets(node));
    const id = catalog.shelf?.();
    const shelved = id && (await shelveObjects(catalog, id, roots));
    if (shelved) return shelved;
    const isRefused = node.behavior !== "DROP_CASCADE" && (await isNeeded(catalog, roots));
    return isRefused ? nothingToUndo : undoOfDrop(catalog, roots);
  },
});

/** By something else than what is dropped with it: the server refuses that without CASCADE. */
async function isNeeded(catalog: Lookup, roots: readonly Found[]): Promise<boolean> {
  for (const root of roots) {
    const hanging = await dependentsOf(catalog, root);
    if (hanging.some(({ oid }) => !roots.some((each) => each.oid === oid))) return true;
  }
  return false;
}

function targets({ removeType, objects = [] }: DropStmt) {
  return objects.map((object) => targetOf(removeType, object));
}

function lockOf({ removeType }: DropStmt, object: Node): Lock[] {
  if (!("List" in object)) return [];
  const names = parts(object.List.items);
  const mode = "ACCESS EXCLUSIVE";
  switch (removeType) {
    case "OBJECT_VIEW":
    case "OBJECT_MATVIEW":
    case "OBJECT_SEQUENCE":
    case "OBJECT_FOREIGN_TABLE":
      return [{ table: dottedName(names), mode }];
    case "OBJECT_TRIGGER":
    case "OBJECT_RULE":
    case "OBJECT_POLICY":
      return [{ table: dottedName(names.slice(0, -1)), mode }];
    default:
      return [];
  }
}
