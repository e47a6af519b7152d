// Owns: the check that lets the server put NOT NULL on a column without reading the table: added NOT
// VALID, validated under a lock that writers pass, and dropped in the transaction that needed it.

import { sha256 } from "../../../core/hash.ts";
import type { PlannedStatement } from "../../../core/plan.ts";
import { quote } from "../names.ts";
import { hiddenName } from "../shelf-names.ts";
import { type FormStep, type Occasion, part, type Written } from "./form.ts";

export interface Scaffold {
  /** Before the transaction that needs it. */
  steps: FormStep[];
  /** Last in that transaction. */
  drop: PlannedStatement;
}

/** Undefined where the column is NOT NULL already. */
export async function notNullCheck(
  written: Written,
  occasion: Occasion,
  column: string,
): Promise<Scaffold | undefined> {
  const { catalog, table } = occasion;
  const nullable = await catalog.rows(
    `SELECT FROM pg_attribute WHERE attrelid = $1::oid AND attname = $2::name AND NOT attnotnull`,
    [table.oid, column],
  );
  return nullable.length === 0 ? undefined : scaffoldOf(written, occasion, column);
}

/** For a column that is not NOT NULL. */
export async function scaffoldOf(
  written: Written,
  { table, form }: Pick<Occasion, "table" | "form">,
  column: string,
): Promise<Scaffold> {
  const id = sha256(`${table.schema}.${table.name}.${column}`).slice(0, 8);
  const name = quote(hiddenName(id, "not_null"));
  const alter = `ALTER TABLE ${table.sql}`;
  const check = await part(
    `${alter} ADD CONSTRAINT ${name} CHECK (${quote(column)} IS NOT NULL) NOT VALID`,
    written,
    form,
    { undo: [`${alter} DROP CONSTRAINT IF EXISTS ${name}`], temporary: true },
  );
  const nothing = { undo: [], temporary: false };
  const validate = await part(`${alter} VALIDATE CONSTRAINT ${name}`, written, form, nothing);
  return {
    steps: [
      { transactional: true, statements: [check] },
      { transactional: true, statements: [validate] },
    ],
    drop: await part(`${alter} DROP CONSTRAINT ${name}`, written, form, nothing),
  };
}
