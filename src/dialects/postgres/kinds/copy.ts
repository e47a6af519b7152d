import type { CopyStmt } from "@pgsql/types";
import { nothingToUndo } from "../../../core/plan.ts";
import { capturing } from "../capturing.ts";
import { defineKind } from "../kind.ts";
import { relationName } from "../names.ts";
import { findRelation } from "../relation.ts";

export const kind = defineKind<CopyStmt>({
  kind: "copy",
  node: "CopyStmt",
  describe({ relation, is_from, is_program, filename }) {
    const table = relation ? relationName(relation) : "query";
    const known = { changes: [{ kind: "copy", object: table }] };
    if (is_from) {
      return {
        ...known,
        locks: [{ table, mode: "ROW EXCLUSIVE" }],
        undo: {
          kind: "lossy",
          sql: [],
          losses: [
            {
              object: `rows of ${table}`,
              why: "rows that COPY adds stay",
              rows: null,
              whenUndone: true,
            },
          ],
        },
      };
    }
    const outside = is_program || filename !== undefined;
    return {
      ...known,
      locks: [{ table, mode: "ACCESS SHARE" }],
      undo: outside
        ? { kind: "irreversible", why: "COPY TO writes outside of the database" }
        : nothingToUndo,
    };
  },
  async recall({ relation, is_from }, catalog) {
    if (!is_from) return undefined;
    const table = await findRelation(catalog, relation);
    return table ? capturing(catalog, [table], { adds: true }) : nothingToUndo;
  },
});
