// Owns: grouping statements into steps: one transaction, or one statement outside of any. Pure.

import { BelayError, untouched } from "../../core/errors.ts";
import type { TransactionMode } from "../../core/migration.ts";
import type { PlannedStatement, Step } from "../../core/plan.ts";
import { describe, planned } from "./classify.ts";
import type { ParsedStatement } from "./parse.ts";
import { FilePath } from "./search-path.ts";

/**
 * `auto`: consecutive statements share a transaction, what the server refuses in one stands alone.
 * `none`: every statement stands alone, as its own transaction where the server allows it.
 * In both, BEGIN ... COMMIT of the file groups exactly as written.
 */
export function toSteps(parsed: readonly ParsedStatement[], mode: TransactionMode): Step[] {
  const grouping = new Grouping(mode);
  for (const each of parsed) {
    const border = borderOf(each);
    if (border === undefined) grouping.add(each);
    else grouping.cross(each, border);
  }
  return grouping.finish();
}

class Grouping {
  readonly #mode: TransactionMode;
  readonly #steps: Omit<Step, "id">[] = [];
  #group: PlannedStatement[] = [];
  /** The BEGIN that the file has not closed yet. */
  #begin: ParsedStatement | undefined;
  /** The last statement needs to be committed before anything but its like can follow. */
  #mustCommit = false;
  readonly #names = new FilePath();

  constructor(mode: TransactionMode) {
    this.#mode = mode;
  }

  cross(each: ParsedStatement, border: "begin" | "commit"): void {
    if (border === "begin" && this.#begin) throw unbalanced(each, "BEGIN inside of BEGIN");
    if (border === "commit" && !this.#begin) throw unbalanced(each, "COMMIT without BEGIN");
    // For what it refuses.
    describe(each);
    this.#close();
    this.#begin = border === "begin" ? each : undefined;
  }

  add(each: ParsedStatement): void {
    const description = describe(each);
    const { endsStep = false, transactional = true } = description;
    const apart = this.#mode === "none" || !transactional || (this.#mustCommit && !endsStep);
    if (apart && !this.#begin) this.#close();
    const { path } = this.#names;
    const statement = {
      ...planned(each, description),
      ...(path !== undefined && { foreseenPath: path }),
    };
    this.#names.pass(each);
    if (!transactional) {
      if (this.#begin) throw refusedInside(each, statement);
      this.#steps.push({ transactional: false, statements: [statement] });
      return;
    }
    this.#group.push(statement);
    this.#mustCommit = endsStep;
  }

  finish(): Step[] {
    if (this.#begin) throw unbalanced(this.#begin, "BEGIN without COMMIT");
    this.#close();
    return this.#steps.map((step, index) => ({ id: String(index + 1), ...step }));
  }

  #close(): void {
    if (this.#group.length > 0) {
      this.#steps.push({ transactional: true, statements: this.#group });
    }
    this.#group = [];
    this.#mustCommit = false;
    this.#names.endTransaction();
  }
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
