import type { AlterEventTrigStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { quote, shown } from "../names.ts";

export const kind = defineKind<AlterEventTrigStmt>({
  kind: "alter-event-trigger",
  node: "AlterEventTrigStmt",
  describe: ({ trigname = "" }) => ({
    changes: [{ kind: "alter-event-trigger", object: shown(trigname) }],
    locks: [],
    undo: nothingToUndo,
  }),
  async recall({ trigname = "" }, catalog) {
    const [row] = await catalog.rows<{ back: string }>(
      `SELECT CASE evtenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA'
         WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END AS back
       FROM pg_event_trigger WHERE evtname = $1::name`,
      [trigname],
    );
    return row ? exactly(`ALTER EVENT TRIGGER ${quote(trigname)} ${row.back}`) : nothingToUndo;
  },
});
