// Owns: grouping statements into steps: one transaction, or one statement outside of any. Pure.

import { BelayError, untouched } from "../../core/errors.ts";
import type { TransactionMode } from "../../core/migration.ts";
import type { PlannedStatement, Step } from "../../core/plan.ts";
import { describe, planned } from "./classify.ts";
import type { ParsedStatement } from "./parse.ts";

/**
 * `auto`: consecutive statements share a transaction, what the server refuses in one stands alone.
 * `none`: every statement stands alone, as its own transaction where the server allows it.
 * In both, BEGIN ... COMMIT of the file groups exactly as written.
 */
export function toSteps(parsed: readonly ParsedStatement[], mode: TransactionMode): Step[] {
  const steps: Omit<Step, "id">[] = [];
  let group: PlannedStatement[] = [];
  let begin: ParsedStatement | undefined;
  const close = (): void => {
    if (group.length > 0) steps.push({ transactional: true, statements: group });
    group = [];
  };
  /** The last statement needs to be committed before anything but its like can follow. */
  let mustCommit = false;

  for (const each of parsed) {
    const border = borderOf(each);
    if (border !== undefined) {
      if (border === "begin" && begin) throw unbalanced(each, "BEGIN inside of BEGIN");
      if (border === "commit" && !begin) throw unbalanced(each, "COMMIT without BEGIN");
      describe(each);
      close();
      begin = border === "begin" ? each : undefined;
      mustCommit = false;
      continue;
    }
    const description = describe(each);
    const statement = planned(each, description);
    const { endsStep = false } = description;
    if (!statement.transactional) {
      if (begin) throw refusedInside(each, statement);
      close();
      steps.push({ transactional: false, statements: [statement] });
      mustCommit = false;
      continue;
    }
    if (!begin && ((mustCommit && !endsStep) || mode === "none")) close();
    group.push(statement);
    mustCommit = endsStep;
  }
  if (begin) throw unbalanced(begin, "BEGIN without COMMIT");
  close();
  return steps.map((step, index) => ({ id: String(index + 1), ...step }));
}

function borderOf({ node }: ParsedStatement): "begin" | "commit" | undefined {
  if (!("TransactionStmt" in node)) return undefined;
  switch (node.TransactionStmt.kind) {
    case "TRANS_STMT_BEGIN":
    case "TRANS_STMT_START":
      return "begin";
    case "TRANS_STMT_COMMIT":
      return "commit";
    default:
      // Refused by its kind.
      return undefined;
  }
}

function unbalanced({ path, line }: ParsedStatement, message: string): BelayError {
  return new BelayError("BELAY_SQL_TRANSACTION", message, {
    at: `${path}:${line}`,
    state: untouched,
    hint: "Write BEGIN and COMMIT in pairs, or leave both out: Belay makes the transactions.",
  });
}

function refusedInside(parsed: ParsedStatement, statement: PlannedStatement): BelayError {
  const kind = statement.changes[0]?.kind ?? "statement";
  return new BelayError(
    "BELAY_SQL_TRANSACTION",
    `the server does not run this ${kind} inside BEGIN ... COMMIT`,
    {
      at: `${parsed.path}:${parsed.line}`,
      state: untouched,
      hint: "Move it out of BEGIN ... COMMIT, or leave BEGIN and COMMIT out.",
      details: { kind },
    },
  );
}
