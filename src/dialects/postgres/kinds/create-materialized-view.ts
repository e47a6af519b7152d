import type { CreateTableAsStmt } from "@pgsql/types";
import { exactly } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { parts, relationName, relationSql } from "../names.ts";
import { undoOfCreation } from "../objects/created.ts";
import { relationNode } from "../objects/object-type.ts";

export const kind = defineKind<CreateTableAsStmt>({
  kind: "create-materialized-view",
  node: "CreateTableAsStmt",
  matches: ({ objtype }) => objtype === "OBJECT_MATVIEW",
  describe: ({ into }) => ({
    changes: [{ kind: "create-materialized-view", object: relationName(into?.rel ?? {}) }],
    locks: [],
    undo: exactly(`DROP MATERIALIZED VIEW ${relationSql(into?.rel ?? {})}`),
  }),
  recall: ({ into, if_not_exists }, catalog) => {
    const name = relationNode(into?.rel ?? {});
    const names = "List" in name ? parts(name.List.items) : [];
    return undoOfCreation(catalog, "OBJECT_MATVIEW", "MATERIALIZED VIEW", names, if_not_exists);
  },
});
