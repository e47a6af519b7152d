// Owns: a plan for people: each statement with its lock and how it is undone.

import type { PlannedMigration, PlanResult, PlanStatement } from "../../app/plan.ts";
import { lossList } from "../../plan/plan-migration.ts";
import type { Output } from "../output.ts";

export function renderPlan(plan: PlanResult, output: Output): void {
  for (const note of plan.notes) output.aside(output.paint.dim(note));
  if (plan.migrations.length === 0) output.line("Nothing to do.");
  for (const migration of plan.migrations) {
    renderMigration(migration, plan.direction === "up" && migration.destroys === null, output);
  }
}

/** `byText`: what it finds is still to be made by others, so that only its text was looked at. */
function renderMigration(migration: PlannedMigration, byText: boolean, output: Output): void {
  const { paint } = output;
  const { version, name, verdict, strategy } = migration;
  const isVague = byText && verdict !== "exact";
  const known = isVague ? `${verdict} at worst, by its text alone` : verdict;
  const shown = isVague ? paint.yellow(known) : coloured(known, output);
  output.line(`${paint.bold(`${version} ${name}`)}  ${shown}  ${paint.dim(strategy)}`);
  for (const step of migration.steps) {
    const kind = step.transactional ? "one transaction" : "outside of a transaction";
    output.line(`  ${paint.dim(`step ${step.id}, ${kind}${step.lock ? `, ${step.lock}` : ""}`)}`);
    for (const statement of step.statements) renderStatement(statement, output);
  }
  if (migration.losses.length > 0)
    output.line(`  ${paint.yellow(isVague ? "may lose" : "loses")}  ${lossList(migration.losses)}`);
  if (migration.destroys?.length)
    output.line(
      `  ${paint.red("for good")}  up asks for --accept-loss: ${lossList(migration.destroys)}`,
    );
  output.line();
}

function renderStatement(statement: PlanStatement, output: Output): void {
  const { paint } = output;
  const { form, fills = [], blocks } = statement;
  const shown = form ? statement.runs.join(";\n") : statement.sql;
  for (const line of shown.split("\n").slice(0, 12)) output.line(`    ${line}`);
  if (form) output.line(`      ${paint.dim("form")}  ${form.name}: ${form.why}`);
  if (blocks !== undefined) output.line(`      ${paint.yellow("blocks")}  ${blocks}`);
  const facts = statement.locks.map(({ table, mode }) => `${mode} on ${table}`);
  if (statement.scans) facts.push("reads every row");
  if (statement.rewrites) facts.push("REWRITES the table");
  if (facts.length > 0) output.line(`      ${paint.dim(`lock  ${facts.join(", ")}`)}`);
  for (const { column, expression } of fills)
    output.line(`      ${paint.dim("fill")}  rows born while ${column} is hidden: ${expression}`);
  const [undo = "", ...others] = undoLines(statement, output);
  output.line(`      ${paint.dim("undo")}  ${undo}`);
  for (const line of others) output.line(`            ${line}`);
}

/** Undo statements that are shown, and characters of each; `--json` has all of them. */
const shownAtMost = { statements: 4, characters: 160 };

function undoLines({ undo, undoFromCatalog }: PlanStatement, output: Output): string[] {
  const { paint } = output;
  if (undo.kind === "irreversible") return [paint.red(`irreversible: ${undo.why}`)];
  if (undo.kind === "lossy") return [paint.yellow(`lossy: ${lossList(undo.losses)}`)];
  const rowsOf = undo.kind === "captured" ? (undo.kept.tables ?? []) : [];
  if (rowsOf.length > 0) {
    return [`merges the rows of ${rowsOf.join(", ")} with what is written since`];
  }
  if (undo.sql.length === 0) {
    return [paint.dim(undoFromCatalog ? "from the catalog, when it runs" : "nothing to undo")];
  }
  const more = undo.sql.length - shownAtMost.statements;
  const lines = undo.sql.slice(0, shownAtMost.statements).map(({ sql }) => shortened(sql));
  return more > 0 ? [...lines, paint.dim(`and ${more} more: --json`)] : lines;
}

/** In one line. */
function shortened(sql: string): string {
  const line = sql.replace(/\s+/g, " ").trim();
  const { characters } = shownAtMost;
  return line.length > characters ? `${line.slice(0, characters - 1)}…` : line;
}

export function coloured(verdict: string | null, { paint }: Output): string {
  if (verdict === "exact") return paint.green(verdict);
  if (verdict === "irreversible") return paint.red(verdict);
  return verdict === null ? "" : paint.yellow(verdict);
}
