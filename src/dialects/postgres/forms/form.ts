// Owns: the shape of a safe form: how a statement that blocks others for as long as a large table
// takes is carried out without that. One form = one file that exports one `form`, listed in `all.ts`.
// Afterwards the catalog is what the statement as written would have made of it.

import type { Constraint, RangeVar } from "@pgsql/types";
import {
  exactly,
  type Form,
  nothingToUndo,
  type PlannedStatement,
  type Step,
} from "../../../core/plan.ts";
import { commandsOf, constraintOf } from "../alter-table.ts";
import { classify } from "../classify.ts";
import { isInternal } from "../internal-trigger.ts";
import type { Lookup, TableCommand } from "../kind.ts";
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
  /** No statement before it in the plan can have changed what the catalog says of the table. */
  isSeenAsIs: boolean;
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
  /** Worth it from this part of `onlineAboveBytes` on; absent: from all of it. */
  share?: number;
  /** All its parts name the table as the statement does, and are right for any that has the name by then. */
  isAsNamed?: true;
  /** The table that it blocks; undefined: it does not block, being written as it should be. */
  blocks(parsed: ParsedStatement): RangeVar | undefined;
  /** The steps; as one clause, why it has to run as written; undefined: it does not block after all. */
  steps(written: Written, occasion: Occasion): Promise<FormStep[] | string | undefined>;
}

/** The command of an ALTER TABLE that has only one. */
export function commandOf({ node }: ParsedStatement): TableCommand | undefined {
  if (!("AlterTableStmt" in node) || node.AlterTableStmt.objtype !== "OBJECT_TABLE") return;
  const [command, ...others] = commandsOf(node.AlterTableStmt);
  return others.length === 0 ? command : undefined;
}

/** The table of an ALTER TABLE that adds such a constraint, without more. */
export function adding(
  parsed: ParsedStatement,
  type: Constraint["contype"],
): { table: RangeVar | undefined; constraint: Constraint } | undefined {
  const command = commandOf(parsed);
  const constraint = command && constraintOf(command.command);
  if (command === undefined || constraint === undefined) return undefined;
  if (constraint.contype !== type) return undefined;
  return { table: command.statement.relation, constraint };
}

/** A part of a form, undone by `undo`; `temporary`: a later part removes what it makes. */
export async function part(
  sql: string,
  { planned: { line } }: Written,
  form: Form,
  { undo, temporary }: { undo: string[]; temporary: boolean },
): Promise<PlannedStatement> {
  const { observe: _, undoFromCatalog: __, ...known } = classify(await parseStatement(sql, line));
  return { ...known, line, undo: exactly(...undo), form, ...(temporary && { temporary }) };
}

/** The part of a form that is undone as the written statement is. */
export async function mainPart(
  sql: string,
  { planned: { line, undo } }: Written,
  form: Form,
): Promise<PlannedStatement> {
  const { observe: _, ...known } = classify(await parseStatement(sql, line));
  return { ...known, undo, undoFromCatalog: true, form };
}

/** A step of one statement of Belay's own, which nothing stays of but what `more` says. */
export function ownStep(
  sql: string,
  { planned: { line, changes } }: Written,
  form: Form,
  more: Partial<PlannedStatement>,
): FormStep {
  const statement: PlannedStatement = {
    ...{ sql, line, changes, form, undo: nothingToUndo, temporary: true },
    ...{ locks: [], scans: false, rewrites: false, transactional: true, ...more },
  };
  return { transactional: statement.transactional, statements: [statement] };
}

/** Then filling a column would fire what a rewrite of the table does not. */
export async function firesOnUpdate({ catalog, table }: Occasion): Promise<boolean> {
  const found = await catalog.rows(
    `SELECT FROM pg_trigger t WHERE tgrelid = $1::oid AND NOT ${isInternal("t")} AND tgenabled <> 'D'
       AND tgtype & 16 <> 0 AND tgattr = '' LIMIT 1`,
    [table.oid],
  );
  return found.length > 0;
}
