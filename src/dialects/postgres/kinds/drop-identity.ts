import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { alter, columnName, onTable, tableLock } from "../alter-table.ts";
import { columnFacts, identitySql } from "../column-definition.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";
import { ownedSequence, sequenceState } from "../sequence-state.ts";

export const kind = defineKind<TableCommand>({
  kind: "drop-identity",
  node: "AlterTableStmt/AT_DropIdentity",
  describe: (node) => ({
    changes: [{ kind: "drop-identity", object: columnName(node) }],
    locks: tableLock(node),
    undo: exactly(
      alter(
        node,
        `ALTER COLUMN ${quote(node.command.name ?? "")} ADD ${identitySql("a", undefined)}`,
      ),
    ),
  }),
  recall: (node, catalog) =>
    onTable(node, catalog, async (table) => {
      const column = node.command.name ?? "";
      const facts = await columnFacts(catalog, table, column);
      if (!facts || facts.identity === "") return nothingToUndo;
      const oid = await ownedSequence(catalog, table, column);
      const sequence = oid === undefined ? undefined : await sequenceState(catalog, oid);
      const identity = identitySql(facts.identity, sequence);
      return exactly(
        alter(node, `ALTER COLUMN ${quote(column)} ADD ${identity}`, table),
        ...(sequence ? [sequence.position] : []),
      );
    }),
});
