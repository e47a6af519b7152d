// ALTER COLUMN ... SET GENERATED, SET <sequence option>, RESTART.

import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { alter, columnName, onTable, tableLock } from "../alter-table.ts";
import { columnFacts } from "../column-definition.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";
import { optionNames } from "../options.ts";
import { ownedSequence, sequenceState } from "../sequence-state.ts";

export const kind = defineKind<TableCommand>({
  kind: "alter-identity",
  node: "AlterTableStmt/AT_SetIdentity",
  describe: (node) => ({
    changes: [{ kind: "alter-identity", object: columnName(node) }],
    locks: tableLock(node),
    // The old options are in the catalog.
    undo: nothingToUndo,
  }),
  recall: (node, catalog) =>
    onTable(node, catalog, async (table) => {
      const column = node.command.name ?? "";
      const facts = await columnFacts(catalog, table, column);
      const oid = await ownedSequence(catalog, table, column);
      const sequence = oid === undefined ? undefined : await sequenceState(catalog, oid);
      if (!facts || !sequence) return nothingToUndo;
      const generated = facts.identity === "a" ? "ALWAYS" : "BY DEFAULT";
      const restarts = optionNames(node.command.def).includes("restart");
      return exactly(
        alter(node, `ALTER COLUMN ${quote(column)} SET GENERATED ${generated}`, table),
        `ALTER SEQUENCE ${sequence.name} ${sequence.options}`,
        ...(restarts ? [sequence.position] : []),
      );
    }),
});
