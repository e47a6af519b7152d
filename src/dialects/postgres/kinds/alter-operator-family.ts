import type { AlterOpFamilyStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { parts } from "../names.ts";
import { find } from "../objects/found.ts";
import { nameNode, targetOf } from "../objects/object-type.ts";
import { familyMembers } from "../objects/routine-recipes.ts";

export const kind = defineKind<AlterOpFamilyStmt>({
  kind: "alter-operator-family",
  node: "AlterOpFamilyStmt",
  describe: (node) => ({
    changes: [{ kind: "alter-operator-family", object: target(node).shown }],
    locks: [],
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const found = await find(catalog, target(node));
    if (!found) return nothingToUndo;
    const before = await membersOf(catalog, found.oid);
    return {
      undo: nothingToUndo,
      settle: async (after) => {
        const now = await membersOf(after, found.oid);
        const alter = `ALTER OPERATOR FAMILY ${found.identity}`;
        const come = now.filter(({ oid }) => !before.some((each) => each.oid === oid));
        const gone = before.filter(({ oid }) => !now.some((each) => each.oid === oid));
        return exactly(
          ...come.map(({ drop }) => `${alter} DROP ${drop}`),
          ...gone.map(({ item }) => `${alter} ADD ${item}`),
        );
      },
    };
  },
});

function target({ amname, opfamilyname }: AlterOpFamilyStmt) {
  return targetOf("OBJECT_OPFAMILY", nameNode(amname, ...parts(opfamilyname)));
}

interface Member extends Record<string, unknown> {
  oid: string;
  item: string;
  drop: string;
}

function membersOf(catalog: Lookup, oid: string): Promise<Member[]> {
  return catalog.rows<Member>(familyMembers("pg_opfamily", "$1::oid"), [oid]);
}
