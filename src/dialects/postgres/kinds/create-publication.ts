import type { CreatePublicationStmt } from "@pgsql/types";
import { exactly } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { quote, shown } from "../names.ts";
import { publicationLocks } from "../objects/publication-recipes.ts";

export const kind = defineKind<CreatePublicationStmt>({
  kind: "create-publication",
  node: "CreatePublicationStmt",
  describe: ({ pubname = "", pubobjects }) => ({
    changes: [{ kind: "create-publication", object: shown(pubname) }],
    locks: publicationLocks(pubobjects),
    undo: exactly(`DROP PUBLICATION ${quote(pubname)}`),
  }),
});
