// ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b.

import type { AlterTableMoveAllStmt } from "@pgsql/types";
import { exactly } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { quote } from "../names.ts";

const relkinds: Record<string, string[]> = {
  OBJECT_TABLE: ["r", "p"],
  OBJECT_INDEX: ["i", "I"],
  OBJECT_MATVIEW: ["m"],
};

export const kind = defineKind<AlterTableMoveAllStmt>({
  kind: "move-tablespace",
  node: "AlterTableMoveAllStmt",
  describe: ({ orig_tablespacename = "", new_tablespacename = "" }) => ({
    changes: [{ kind: "move-tablespace", object: orig_tablespacename }],
    locks: [],
    scans: true,
    rewrites: true,
    undo: exactly(
      `ALTER TABLE ALL IN TABLESPACE ${quote(new_tablespacename)} SET TABLESPACE ${quote(orig_tablespacename)}`,
    ),
  }),
  async recall({ orig_tablespacename = "", objtype = "OBJECT_TABLE" }, catalog) {
    // By name: what was in the new tablespace before stays there.
    const found = await catalog.rows<{ name: string }>(
      `SELECT format('%I.%I', n.nspname, c.relname) AS name
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         JOIN pg_tablespace s ON s.spcname = $1::name
         JOIN pg_database d ON d.datname = current_database()
       WHERE c.reltablespace = CASE WHEN s.oid = d.dattablespace THEN 0 ELSE s.oid END
         AND c.relkind::text = ANY ($2) AND n.nspname NOT IN ('pg_catalog', 'pg_toast')
         AND NOT c.relisshared ORDER BY name`,
      [orig_tablespacename, relkinds[objtype] ?? []],
    );
    const word = objtype === "OBJECT_INDEX" ? "INDEX" : "TABLE";
    return exactly(
      ...found.map(
        ({ name }) => `ALTER ${word} ${name} SET TABLESPACE ${quote(orig_tablespacename)}`,
      ),
    );
  },
});
