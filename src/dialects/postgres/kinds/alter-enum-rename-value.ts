import type { AlterEnumStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { dotted, literal, parts } from "../names.ts";
import { find } from "../objects/found.ts";
import { nameNode, targetOf } from "../objects/object-type.ts";

export const kind = defineKind<AlterEnumStmt>({
  kind: "alter-enum-rename-value",
  node: "AlterEnumStmt",
  matches: ({ oldVal }) => oldVal !== undefined,
  describe: (node) => ({
    changes: [
      {
        kind: "alter-enum-rename-value",
        object: `${target(node).shown} ${literal(node.oldVal ?? "")}`,
      },
    ],
    locks: [],
    undo: exactly(back(node, dotted(parts(node.typeName)))),
  }),
  async recall(node, catalog) {
    const type = await find(catalog, target(node));
    return type ? exactly(back(node, type.identity)) : nothingToUndo;
  },
});

function target({ typeName }: AlterEnumStmt) {
  return targetOf("OBJECT_TYPE", nameNode(...parts(typeName)));
}

function back({ oldVal = "", newVal = "" }: AlterEnumStmt, type: string): string {
  return `ALTER TYPE ${type} RENAME VALUE ${literal(newVal)} TO ${literal(oldVal)}`;
}
