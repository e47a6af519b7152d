import type { AlterObjectSchemaStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { quote, relationName, relationSql } from "../names.ts";
import { findRelation } from "../relation.ts";

export const kind = defineKind<AlterObjectSchemaStmt>({
  kind: "set-table-schema",
  node: "AlterObjectSchemaStmt",
  matches: ({ objectType }) => objectType === "OBJECT_TABLE",
  describe: ({ relation = {}, newschema = "" }) => ({
    changes: [{ kind: "set-table-schema", object: relationName(relation) }],
    locks: [{ table: relationName(relation), mode: "ACCESS EXCLUSIVE" }],
    undo: exactly(
      `ALTER TABLE ${relationSql({ ...relation, schemaname: newschema })} SET SCHEMA ${quote(relation.schemaname ?? "public")}`,
    ),
  }),
  async recall({ relation, newschema = "" }, catalog) {
    const table = await findRelation(catalog, relation);
    if (!table || table.schema === newschema) return nothingToUndo;
    const now = `${quote(newschema)}.${quote(table.name)}`;
    return exactly(`ALTER TABLE ${now} SET SCHEMA ${quote(table.schema)}`);
  },
});
