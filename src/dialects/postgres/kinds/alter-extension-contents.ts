// ALTER EXTENSION ... ADD and DROP: whether an object is a member.

import type { AlterExtensionContentsStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { quote, shown } from "../names.ts";
import { find, sqlOf } from "../objects/found.ts";
import { isNamedType, nounOf, targetOf, wordsOf } from "../objects/object-type.ts";

export const kind = defineKind<AlterExtensionContentsStmt>({
  kind: "alter-extension-contents",
  node: "AlterExtensionContentsStmt",
  matches: ({ objtype }) => isNamedType(objtype),
  describe: ({ extname = "", objtype, object, action }) => {
    const target = targetOf(objtype, object);
    const words = isNamedType(objtype) ? wordsOf(objtype) : "";
    return {
      changes: [
        {
          kind: "alter-extension-contents",
          object: `${nounOf(objtype)} ${target.shown} of ${shown(extname)}`,
        },
      ],
      locks: [],
      undo: exactly(`${back(extname, action)} ${words} ${target.sql}`),
    };
  },
  async recall({ extname = "", objtype, object, action }, catalog) {
    const found = await find(catalog, targetOf(objtype, object));
    return found ? exactly(`${back(extname, action)} ${sqlOf(found)}`) : nothingToUndo;
  },
});

/** `action`: 1 for ADD, -1 for DROP. */
function back(extension: string, action = 1): string {
  return `ALTER EXTENSION ${quote(extension)} ${action > 0 ? "DROP" : "ADD"}`;
}
