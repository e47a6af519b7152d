import type { CreateTableSpaceStmt } from "@pgsql/types";
import { defineKind } from "../kind.ts";
import { quote, shown } from "../names.ts";
import { existsProbe } from "../objects/cluster.ts";

export const kind = defineKind<CreateTableSpaceStmt>({
  kind: "create-tablespace",
  node: "CreateTableSpaceStmt",
  describe: ({ tablespacename: name = "" }) => ({
    changes: [{ kind: "create-tablespace", object: `tablespace ${shown(name)}` }],
    locks: [],
    transactional: false,
    probe: existsProbe("pg_tablespace", "spcname", name, true),
    undo: {
      kind: "exact",
      sql: [{ sql: `DROP TABLESPACE ${quote(name)}`, transactional: false }],
    },
  }),
});
