// Owns: what is thrown where the server refuses a statement.

import type { PlannedStatement } from "../core/plan.ts";
import type { Trouble } from "../dialects/dialect.ts";

/** The server refused a statement; carries what it said. What that means is the caller's to say. */
export class StatementFailed extends Error {
  readonly statement: PlannedStatement | undefined;
  readonly trouble: Trouble;

  constructor(statement: PlannedStatement | undefined, trouble: Trouble, cause: unknown) {
    super(trouble.message, { cause });
    this.statement = statement;
    this.trouble = trouble;
  }
}
