import type { DropdbStmt } from "@pgsql/types";
import { nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { shown } from "../names.ts";
import { existsProbe } from "../objects/cluster.ts";
import { exists } from "../objects/created.ts";
import { nameNode } from "../objects/object-type.ts";

export const kind = defineKind<DropdbStmt>({
  kind: "drop-database",
  node: "DropdbStmt",
  describe: ({ dbname = "" }) => ({
    changes: [{ kind: "drop-database", object: `database ${shown(dbname)}` }],
    locks: [],
    transactional: false,
    probe: existsProbe("pg_database", "datname", dbname, false),
    undo: {
      kind: "irreversible",
      why: `everything in database ${shown(dbname)} goes with it; only a backup brings it back`,
    },
  }),
  recall: async ({ dbname = "" }, catalog) =>
    (await exists(catalog, "OBJECT_DATABASE", nameNode(dbname))) ? undefined : nothingToUndo,
});
