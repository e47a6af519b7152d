// Owns: the shape of a safe form: how a statement that blocks others for as long as a large table
// takes is carried out without that. One form = one file that exports one `form`, listed in `all.ts`.
// Afterwards the catalog is what the statement as written would have made of it.

import type { RangeVar } from "@pgsql/types";
import type { Form, PlannedStatement, Step } from "../../../core/plan.ts";
import { classify } from "../classify.ts";
import type { Lookup } from "../kind.ts";
import { type ParsedStatement, parseStatement } from "../parse.ts";
import type { Relation } from "../relation.ts";
import type { FreeNames } from "./chosen-name.ts";

/** A statement as written: its text and tree, and what is planned for it. */
export interface Written {
  parsed: ParsedStatement;
  planned: PlannedStatement;
}

/** What a form may ask. */
export interface Occasion {
  catalog: Lookup;
  /** The table that the statement would block. */
  table: Relation;
  names: FreeNames;
  /** For the parts of the form. */
  form: Form;
}

/** A step of a form; its number comes later. */
export type FormStep = Omit<Step, "id">;

export interface SafeForm {
  /** As {@link Form.name}. */
  name: string;
  /** Kind of the statement's change. */
  kind: string;
  /** The table that it blocks; undefined: it does not block, being written as it should be. */
  blocks(parsed: ParsedStatement): RangeVar | undefined;
  /** The steps; or, as one clause, why it has to run as written. */
  steps(written: Written, occasion: Occasion): Promise<FormStep[] | string>;
}

/** The part of a form that is undone as the written statement is. */
export async function mainPart(
  sql: string,
  { planned: { line, undo } }: Written,
  form: Form,
): Promise<PlannedStatement> {
  const { observe: _, ...part } = classify(await parseStatement(sql, line));
  return { ...part, undo, undoFromCatalog: true, form };
}
