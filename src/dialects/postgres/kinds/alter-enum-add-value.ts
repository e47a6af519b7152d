// The new value cannot be used before it is committed, so the step ends here. Taking it out again
// makes the type anew and rewrites the tables that use it: see objects/enum-rebuild.ts.

import type { AlterEnumStmt } from "@pgsql/types";
import { nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { literal, parts } from "../names.ts";
import { enumRebuild } from "../objects/enum-rebuild.ts";
import { find } from "../objects/found.ts";
import { nameNode, targetOf } from "../objects/object-type.ts";

export const kind = defineKind<AlterEnumStmt>({
  kind: "alter-enum-add-value",
  node: "AlterEnumStmt",
  matches: ({ oldVal }) => oldVal === undefined,
  describe: (node) => ({
    changes: [
      {
        kind: "alter-enum-add-value",
        object: `${target(node).shown} ${literal(node.newVal ?? "")}`,
      },
    ],
    locks: [],
    endsStep: true,
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const type = await find(catalog, target(node));
    if (!type) return nothingToUndo;
    const [taken] = await catalog.rows(
      "SELECT FROM pg_enum WHERE enumtypid = $1::oid AND enumlabel = $2::name",
      [type.oid, node.newVal],
    );
    return taken ? nothingToUndo : enumRebuild(catalog, type);
  },
});

function target({ typeName }: AlterEnumStmt) {
  return targetOf("OBJECT_TYPE", nameNode(...parts(typeName)));
}
