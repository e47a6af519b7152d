// What it publishes, and how, is compared with what it was.

import type { AlterPublicationStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { quote, shown } from "../names.ts";
import { publicationLocks, publicationState } from "../objects/publication-recipes.ts";

export const kind = defineKind<AlterPublicationStmt>({
  kind: "alter-publication",
  node: "AlterPublicationStmt",
  describe: ({ pubname = "", pubobjects }) => ({
    changes: [{ kind: "alter-publication", object: shown(pubname) }],
    locks: publicationLocks(pubobjects),
    undo: nothingToUndo,
  }),
  async recall({ pubname = "" }, catalog) {
    const before = await publicationState(catalog, pubname);
    return {
      undo: nothingToUndo,
      settle: async (after) => {
        const now = await publicationState(after, pubname);
        const alter = `ALTER PUBLICATION ${quote(pubname)}`;
        const come = [...now.members].filter(([name, item]) => before.members.get(name) !== item);
        const gone = [...before.members].filter(([name, item]) => now.members.get(name) !== item);
        return exactly(
          ...come.map(([name]) => `${alter} DROP ${name}`),
          ...gone.map(([, item]) => `${alter} ADD ${item}`),
          ...(now.options === before.options ? [] : [`${alter} SET ${before.options}`]),
        );
      },
    };
  },
});
