// LISTEN and UNLISTEN are the session's. What NOTIFY says is heard when the transaction commits and
// changes nothing in the database.

import type { ListenStmt, NotifyStmt, UnlistenStmt } from "@pgsql/types";
import { nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { shown } from "../names.ts";

export const kind = defineKind<ListenStmt & NotifyStmt & UnlistenStmt>({
  kind: "listen",
  node: ["ListenStmt", "NotifyStmt", "UnlistenStmt"],
  describe: ({ conditionname }) => ({
    changes: [
      {
        kind: "listen",
        object: conditionname === undefined ? "every channel" : `channel ${shown(conditionname)}`,
      },
    ],
    locks: [],
    undo: nothingToUndo,
  }),
});
