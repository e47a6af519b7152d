// Runs outside of transactions. Going back drops the database with whatever was written to it since.

import type { CreatedbStmt } from "@pgsql/types";
import { defineKind } from "../kind.ts";
import { quote, shown } from "../names.ts";
import { existsProbe } from "../objects/cluster.ts";

export const kind = defineKind<CreatedbStmt>({
  kind: "create-database",
  node: "CreatedbStmt",
  describe: ({ dbname = "" }) => ({
    changes: [{ kind: "create-database", object: `database ${shown(dbname)}` }],
    locks: [],
    transactional: false,
    probe: existsProbe("pg_database", "datname", dbname, true),
    undo: {
      kind: "lossy",
      sql: [{ sql: `DROP DATABASE ${quote(dbname)}`, transactional: false }],
      losses: [
        {
          object: `database ${shown(dbname)}`,
          why: "whatever was written to it since goes with it",
          rows: null,
          whenUndone: true,
        },
      ],
    },
  }),
});
