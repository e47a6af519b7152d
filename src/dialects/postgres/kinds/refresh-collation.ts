// ALTER COLLATION and ALTER DATABASE ... REFRESH [COLLATION] VERSION write down which version of the
// library is installed, and no statement writes an older one.

import type { AlterCollationStmt, AlterDatabaseRefreshCollStmt } from "@pgsql/types";
import { defineKind } from "../kind.ts";
import { dottedName, parts, shown } from "../names.ts";

export const kind = defineKind<AlterCollationStmt & AlterDatabaseRefreshCollStmt>({
  kind: "refresh-collation",
  node: ["AlterCollationStmt", "AlterDatabaseRefreshCollStmt"],
  describe: ({ collname, dbname }) => ({
    changes: [
      {
        kind: "refresh-collation",
        object: dbname === undefined ? dottedName(parts(collname)) : `database ${shown(dbname)}`,
      },
    ],
    locks: [],
    undo: {
      kind: "irreversible",
      why: "the older version of the collation that was noted cannot be written back",
    },
  }),
});
