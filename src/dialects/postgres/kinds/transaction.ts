// BEGIN and COMMIT are borders of steps (steps.ts reads them); nothing else of the kind can be
// carried out by a tool that journals every transaction it makes.

import type { TransactionStmt, TransactionStmtKind } from "@pgsql/types";
import { BelayError, untouched } from "../../../core/errors.ts";
import { nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";

const words: Record<TransactionStmtKind, string> = {
  TRANS_STMT_BEGIN: "BEGIN",
  TRANS_STMT_START: "START TRANSACTION",
  TRANS_STMT_COMMIT: "COMMIT",
  TRANS_STMT_ROLLBACK: "ROLLBACK",
  TRANS_STMT_SAVEPOINT: "SAVEPOINT",
  TRANS_STMT_RELEASE: "RELEASE SAVEPOINT",
  TRANS_STMT_ROLLBACK_TO: "ROLLBACK TO SAVEPOINT",
  TRANS_STMT_PREPARE: "PREPARE TRANSACTION",
  TRANS_STMT_COMMIT_PREPARED: "COMMIT PREPARED",
  TRANS_STMT_ROLLBACK_PREPARED: "ROLLBACK PREPARED",
};

const borders = new Set<TransactionStmtKind>([
  "TRANS_STMT_BEGIN",
  "TRANS_STMT_START",
  "TRANS_STMT_COMMIT",
]);

export const kind = defineKind<TransactionStmt>({
  kind: "transaction",
  node: "TransactionStmt",
  describe({ kind = "TRANS_STMT_BEGIN", options, chain }) {
    const word = words[kind];
    if (chain) throw refused(`${word} AND CHAIN`);
    if (options !== undefined && options.length > 0) throw refused(`${word} with options`);
    if (!borders.has(kind)) throw refused(word);
    return {
      changes: [{ kind: "transaction", object: word }],
      locks: [],
      undo: nothingToUndo,
    };
  },
});

function refused(what: string): BelayError {
  return new BelayError("BELAY_SQL_TRANSACTION", `${what} cannot be used in a migration`, {
    state: untouched,
    hint: "Belay makes and journals the transactions; plain BEGIN and COMMIT group statements.",
    details: { statement: what },
  });
}
