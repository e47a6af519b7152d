// Owns: putting safe forms into a plan. A step is cut around each of them, so what stands before is
// committed first; that is only done where all of it can be taken back should a later part fail, and
// where nothing in the step lives as long as its transaction.

import type { PlannedStatement, Step } from "../../../core/plan.ts";
import { commandsOf } from "../alter-table.ts";
import { classify } from "../classify.ts";
import type { Lookup } from "../kind.ts";
import { type ParsedStatement, parseStatement } from "../parse.ts";
import type { Relation } from "../relation.ts";
import { isLocalSetting, pathText } from "../search-path.ts";
import { commandTexts } from "../split-commands.ts";
import { forms } from "./all.ts";
import { FreeNames } from "./chosen-name.ts";
import type { FormStep, SafeForm } from "./form.ts";
import { MeantTables, sameTable } from "./meant-table.ts";

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
  tables: MeantTables;
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
    tables: new MeantTables(catalog),
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
      const choose = () => formOf(catalog, each, safety, past);
      const choice = step.transactional ? await under(catalog, each, choose) : undefined;
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
    parts.push({ ...known, ...(verbatim && { verbatim }), ...foreseenPathOf(statement) });
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
  if (named === undefined) return undefined;
  const bytes = onlineAboveBytes * (form.share ?? 1);
  const isKnown = past.tables.isKnown(statement, named);
  const table = await past.tables.large(named, { bytes, isKnown });
  if (table === undefined) return undefined;
  const size = `table ${table.schema}.${table.name} has ${table.size}`;
  if (statement.verbatim) return `${size}; its directive wants it so`;
  const mayBeAnother = !form.isAsNamed && past.tables.mayBeAnother(table);
  if (!isKnown || mayBeAnother)
    return `${size}; this migration may change which table that name is of`;
  const steps = await stepsOf(catalog, form, { parsed, statement }, { table, why: size, past });
  if (typeof steps === "string") return `${size}; ${steps}`;
  const requires = form.isAsNamed ? undefined : sameTable(named, table);
  return steps?.map((step, at) => ({
    ...step,
    statements: step.statements.map((each, index) => ({
      ...each,
      ...foreseenPathOf(statement),
      ...(at + index === 0 && requires !== undefined && { requires }),
    })),
  }));
}

function foreseenPathOf({ foreseenPath }: PlannedStatement) {
  return foreseenPath === undefined ? {} : { foreseenPath };
}

/** With its names looked for where they will be when it runs. */
async function under<T>(
  catalog: Lookup,
  { foreseenPath }: PlannedStatement,
  work: () => Promise<T>,
): Promise<T> {
  if (!foreseenPath) return work();
  const [session] = await catalog.rows<{ path: string }>(
    "SELECT current_setting('search_path') AS path, set_config('search_path', $1, false)",
    [pathText(foreseenPath)],
  );
  try {
    return await work();
  } finally {
    await catalog.rows("SELECT set_config('search_path', $1, false)", [session?.path]);
  }
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

/** What may take a name that a form would choose, or free one that it would find taken. */
const movesObjects =
  /^(create-index|add-(unique|primary-key|check|foreign-key)|attach-partition|rename-.*|drop-(?!not-null|default).*|opaque|do|call|execute)$/;

/** What it does is not in its text. */
const opaque = /^(opaque|do|call|execute|select|create-extension|alter-extension)$/;

function remember(statement: PlannedStatement, past: Past, isInForm: boolean): void {
  past.texts?.push(statement.sql.toLowerCase());
  past.tables.pass(statement);
  for (const { kind } of statement.changes) {
    if (movesObjects.test(kind) && !isInForm) past.names.close();
    if (opaque.test(kind)) past.texts = null;
  }
}

async function isLocal({ sql, line }: PlannedStatement): Promise<boolean> {
  return /^set\b|set_config/i.test(sql) && isLocalSetting(await parseStatement(sql, line));
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
    if ((await isLocal(statement)) || changes.some(({ kind }) => kind === "lock-table")) {
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
