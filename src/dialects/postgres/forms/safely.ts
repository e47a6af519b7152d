// Owns: putting safe forms into a plan. A step is cut around each of them, so what stands before is
// committed first; that is only done where all of it can be taken back should a later part fail, and
// where nothing in the step lives as long as its transaction.

import type { RangeVar } from "@pgsql/types";
import type { PlannedStatement, Step } from "../../../core/plan.ts";
import { commandsOf } from "../alter-table.ts";
import { classify } from "../classify.ts";
import type { Lookup } from "../kind.ts";
import { type ParsedStatement, parseStatement } from "../parse.ts";
import { findRelation, type Relation } from "../relation.ts";
import { commandTexts } from "../split-commands.ts";
import { forms } from "./all.ts";
import { FreeNames } from "./chosen-name.ts";
import type { FormStep, SafeForm } from "./form.ts";

interface Safety {
  /** Bytes; see the port. */
  onlineAboveBytes: number;
  /** Whether a statement may be committed before the rest of its step. */
  isTakenBack(statement: PlannedStatement): Promise<boolean>;
}

/** The steps of a form; why there is none although the statement blocks; or nothing to say. */
type Choice = FormStep[] | string | undefined;

/** What earlier statements of the plan make of the names in later ones. */
interface Past {
  /** Tables that they make, without schema; they are as large as the migration makes them. */
  made: Set<string>;
  /** A setting may have changed where names are looked for. */
  movesNames: boolean;
  names: FreeNames;
  /** The texts of those that may change a table; null: of some nobody knows what they do. */
  texts: string[] | null;
}

export async function safely(
  catalog: Lookup,
  steps: readonly Step[],
  safety: Safety,
): Promise<Step[]> {
  const past: Past = {
    made: new Set(),
    movesNames: false,
    names: new FreeNames(catalog),
    texts: [],
  };
  const all: FormStep[] = [];
  for (const step of steps) all.push(...(await stepSafely(catalog, step, safety, past)));
  return all.map((step, index) => ({ ...step, id: String(index + 1) }));
}

async function stepSafely(
  catalog: Lookup,
  step: Step,
  safety: Safety,
  past: Past,
): Promise<FormStep[]> {
  const statements: PlannedStatement[] = [];
  const chosen: Choice[] = [];
  for (const written of step.statements) {
    const parts = step.transactional ? await apart(written) : [written];
    const choices: Choice[] = [];
    for (const each of parts) {
      const choice = step.transactional ? await formOf(catalog, each, safety, past) : undefined;
      choices.push(choice);
      remember(each, past, Array.isArray(choice));
    }
    const isTaken = choices.some((each) => Array.isArray(each));
    statements.push(...(isTaken ? parts : [written]));
    chosen.push(...(isTaken ? choices : [choices.find((each) => each !== undefined)]));
  }
  const last = chosen.findLastIndex((each) => Array.isArray(each));
  const whole = { ...step, statements };
  if (last < 0) return [annotated(whole, chosen)];
  const why = await whyWhole(whole, chosen, last, safety);
  if (why !== undefined) {
    const whys = chosen.map((each) => (Array.isArray(each) ? why : each));
    return [annotated(whole, whys)];
  }
  return cut(annotated(whole, chosen), chosen);
}

/** Commands that do the same one after the other, in the server's order, as in one statement. */
const separable = new Set([
  "AT_AddColumn",
  "AT_AddConstraint",
  "AT_SetNotNull",
  "AT_ColumnDefault",
]);

/** The commands of an ALTER TABLE of which one may have a form, as statements of their own. */
async function apart(statement: PlannedStatement): Promise<PlannedStatement[]> {
  const mayHaveForm = statement.changes.some((change) =>
    forms.some(({ kind }) => kind === change.kind),
  );
  if (!mayHaveForm || statement.changes.length < 2) return [statement];
  const { node } = await parseStatement(statement.sql, statement.line);
  if (!("AlterTableStmt" in node) || node.AlterTableStmt.objtype !== "OBJECT_TABLE") {
    return [statement];
  }
  const { cmds = [] } = node.AlterTableStmt;
  const ordered = commandsOf(node.AlterTableStmt).map(({ command }) => command);
  if (!ordered.every(({ subtype = "" }) => separable.has(subtype))) return [statement];
  const { head, commands } = commandTexts(statement.sql);
  if (commands.length !== cmds.length) return [statement];
  const parts: PlannedStatement[] = [];
  for (const command of ordered) {
    const index = cmds.findIndex(
      (each) => "AlterTableCmd" in each && each.AlterTableCmd === command,
    );
    const sql = `${head} ${commands[index]}`;
    const { verbatim } = statement;
    const known = classify(await parseStatement(sql, statement.line));
    parts.push({ ...known, ...(verbatim && { verbatim }) });
  }
  return parts;
}

/** The step with the reasons why some of its statements run as written. */
function annotated(step: Step, chosen: readonly Choice[]): Step {
  const statements = step.statements.map((statement, index) => {
    const blocks = chosen[index];
    return typeof blocks === "string" ? { ...statement, blocks } : statement;
  });
  return { ...step, statements };
}

/** In the order of the statements: what stands between two forms shares a transaction. */
function cut(step: Step, chosen: readonly Choice[]): FormStep[] {
  const steps: FormStep[] = [];
  let group: PlannedStatement[] = [];
  const close = () => {
    if (group.length > 0) steps.push({ transactional: true, statements: group });
    group = [];
  };
  step.statements.forEach((statement, index) => {
    const form = chosen[index];
    if (Array.isArray(form)) {
      close();
      steps.push(...form);
    } else group.push(statement);
  });
  close();
  return steps;
}

/** Undefined: nothing to say of it. A clause: it blocks, and this is why it runs as written. */
async function formOf(
  catalog: Lookup,
  statement: PlannedStatement,
  { onlineAboveBytes }: Safety,
  past: Past,
): Promise<Choice> {
  const kinds = new Set(statement.changes.map(({ kind }) => kind));
  const form = forms.find(({ kind }) => kinds.has(kind));
  if (form === undefined) return undefined;
  const parsed = await parseStatement(statement.sql, statement.line);
  const named = form.blocks(parsed);
  const bytes = onlineAboveBytes * (form.share ?? 1);
  const table = named && (await largeTable(catalog, named, past, bytes));
  if (table === undefined) return undefined;
  const size = `table ${table.schema}.${table.name} has ${table.size}`;
  if (statement.verbatim) return `${size}; its directive wants it so`;
  if (past.movesNames && named?.schemaname === undefined) {
    return `${size}; a setting of this migration may change which table it names`;
  }
  const steps = await stepsOf(catalog, form, { parsed, statement }, { table, why: size, past });
  return typeof steps === "string" ? `${size}; ${steps}` : steps;
}

function stepsOf(
  catalog: Lookup,
  { name, steps }: SafeForm,
  { parsed, statement }: { parsed: ParsedStatement; statement: PlannedStatement },
  { table, why, past }: { table: Relation; why: string; past: Past },
) {
  const form = { name, why, written: statement.sql };
  const bare = table.name.toLowerCase();
  const isSeenAsIs = past.texts?.every((text) => !text.includes(bare)) ?? false;
  const occasion = { catalog, table, names: past.names, isSeenAsIs, form };
  return steps({ parsed, planned: statement }, occasion);
}

interface Sized extends Record<string, unknown> {
  isLarge: boolean;
  size: string;
}

/** Undefined: it is not there before this migration, is temporary, or not worth it. */
async function largeTable(
  catalog: Lookup,
  named: RangeVar,
  { made }: Past,
  onlineAboveBytes: number,
): Promise<(Relation & { size: string }) | undefined> {
  if (made.has(named.relname ?? "")) return undefined;
  const table = await findRelation(catalog, named);
  if (table === undefined || !/^[rpm]$/.test(table.kind)) return undefined;
  const [found] = await catalog.rows<Sized>(
    `SELECT sum(pg_table_size(relid)) >= $2 AS "isLarge", pg_size_pretty(sum(pg_table_size(relid))) AS size
       FROM (SELECT $1::oid AS relid UNION SELECT relid FROM pg_partition_tree($1::oid::regclass)) t`,
    [table.oid, onlineAboveBytes],
  );
  return found?.isLarge ? { ...table, size: found.size } : undefined;
}

const makesTable = /^(create-(table|table-as|materialized-view)|select-into|rename-table)$/;

/** What may take a name that a form would choose, or free one that it would find taken. */
const movesObjects =
  /^(create-index|add-(unique|primary-key|check|foreign-key)|attach-partition|rename-.*|drop-(?!not-null|default).*|opaque|do|call|execute)$/;

/** What it does is not in its text. */
const opaque = /^(opaque|do|call|execute|select|create-extension|alter-extension)$/;

/** Settings that change where names are looked for. */
const movesNames = /^(search_path|role|session_authorization|all)$/;

function remember(statement: PlannedStatement, past: Past, isInForm: boolean): void {
  past.texts?.push(statement.sql.toLowerCase());
  for (const { kind, object } of statement.changes) {
    if (makesTable.test(kind)) past.made.add(bareName(object));
    if (movesObjects.test(kind) && !isInForm) past.names.close();
    if (opaque.test(kind)) past.texts = null;
    if (kind === "set" ? movesNames.test(object) : statement.session) past.movesNames = true;
  }
}

/** `public."Users"` as statements write it -> `Users`. */
function bareName(object: string): string {
  const last = /(?:"((?:[^"]|"")*)"|[^."]+)$/.exec(object);
  return last?.[1]?.replaceAll('""', '"') ?? last?.[0] ?? object;
}

function isLocalSetting({ changes, session }: PlannedStatement): boolean {
  return !session && changes.some(({ kind }) => kind === "set");
}

/** Why a step stays one transaction although forms would cut it; undefined: it may be cut. */
async function whyWhole(
  { statements }: Step,
  chosen: readonly unknown[],
  last: number,
  { isTakenBack }: Safety,
): Promise<string | undefined> {
  for (const [index, statement] of statements.entries()) {
    const { sql, changes } = statement;
    const shown = sql.replace(/\s+/g, " ").slice(0, 60);
    if (isLocalSetting(statement) || changes.some(({ kind }) => kind === "lock-table")) {
      return `"${shown}" holds for one transaction only`;
    }
    if (/\bon\s+commit\b|^set\s+constraints\b|^declare\b/i.test(sql)) {
      return `"${shown}" holds for one transaction only`;
    }
    if (index < last && !Array.isArray(chosen[index]) && !(await isTakenBack(statement))) {
      return `"${shown}" before it could not be taken back if it failed`;
    }
  }
  return undefined;
}
