import type { CommentStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { literal } from "../names.ts";
import { find, sqlOf } from "../objects/found.ts";
import { commentLock, isNamedType, nounOf, targetOf, wordsOf } from "../objects/object-type.ts";

export const kind = defineKind<CommentStmt>({
  kind: "comment",
  node: "CommentStmt",
  matches: ({ objtype }) => isNamedType(objtype),
  describe: ({ objtype, object }) => {
    const { shown, sql } = targetOf(objtype, object);
    const words = isNamedType(objtype) ? wordsOf(objtype) : "";
    return {
      changes: [{ kind: "comment", object: `${nounOf(objtype)} ${shown}` }],
      locks: commentLock(objtype, object),
      undo: exactly(`COMMENT ON ${words} ${sql} IS NULL`),
    };
  },
  async recall({ objtype, object }, catalog) {
    const found = await find(catalog, targetOf(objtype, object));
    if (!found) return nothingToUndo;
    const [old] = await catalog.rows<{ text: string }>(
      `SELECT description AS text FROM pg_description
         WHERE classoid = $1::regclass AND objoid = $2::oid AND objsubid = $3::int
       UNION ALL SELECT description FROM pg_shdescription
         WHERE classoid = $1::regclass AND objoid = $2::oid`,
      [found.catalog, found.oid, found.attribute],
    );
    return exactly(`COMMENT ON ${sqlOf(found)} IS ${old ? literal(old.text) : "NULL"}`);
  },
});
