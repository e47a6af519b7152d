// Owns: a plan for people: each statement with its lock and how it is undone.

import type { PlannedMigration, PlanResult, PlanStatement } from "../../app/plan.ts";
import { lossList } from "../../plan/plan-migration.ts";
import type { Output } from "../output.ts";

export function renderPlan(plan: PlanResult, output: Output): void {
  for (const note of plan.notes) output.aside(output.paint.dim(note));
  if (plan.migrations.length === 0) output.line("Nothing to do.");
  for (const migration of plan.migrations) renderMigration(migration, output);
}

function renderMigration(migration: PlannedMigration, output: Output): void {
  const { paint } = output;
  const { version, name, verdict, strategy } = migration;
  output.line(
    `${paint.bold(`${version} ${name}`)}  ${coloured(verdict, output)}  ${paint.dim(strategy)}`,
  );
  for (const step of migration.steps) {
    const kind = step.transactional ? "one transaction" : "outside of a transaction";
    output.line(`  ${paint.dim(`step ${step.id}, ${kind}${step.lock ? `, ${step.lock}` : ""}`)}`);
    for (const statement of step.statements) renderStatement(statement, output);
  }
  if (migration.losses.length > 0)
    output.line(`  ${paint.yellow("loses")}  ${lossList(migration.losses)}`);
  if (migration.destroys?.length)
    output.line(
      `  ${paint.red("for good")}  up asks for --accept-loss: ${lossList(migration.destroys)}`,
    );
  output.line();
}

function renderStatement(statement: PlanStatement, output: Output): void {
  const { paint } = output;
  const { form, blocks } = statement;
  const shown = form ? statement.runs.join(";\n") : statement.sql;
  for (const line of shown.split("\n").slice(0, 12)) output.line(`    ${line}`);
  if (form) output.line(`      ${paint.dim("form")}  ${form.name}: ${form.why}`);
  if (blocks !== undefined) output.line(`      ${paint.yellow("blocks")}  ${blocks}`);
  const facts = statement.locks.map(({ table, mode }) => `${mode} on ${table}`);
  if (statement.scans) facts.push("reads every row");
  if (statement.rewrites) facts.push("REWRITES the table");
  if (facts.length > 0) output.line(`      ${paint.dim(`lock  ${facts.join(", ")}`)}`);
  output.line(`      ${paint.dim("undo")}  ${undoText(statement, output)}`);
}

function undoText({ undo, undoFromCatalog }: PlanStatement, output: Output): string {
  const { paint } = output;
  if (undo.kind === "irreversible") return paint.red(`irreversible: ${undo.why}`);
  if (undo.kind === "lossy") return paint.yellow(`lossy: ${lossList(undo.losses)}`);
  if (undo.sql.length === 0) {
    return paint.dim(undoFromCatalog ? "from the catalog, when it runs" : "nothing to undo");
  }
  return undo.sql.map(({ sql }) => sql).join("; ");
}

export function coloured(verdict: string | null, { paint }: Output): string {
  if (verdict === "exact") return paint.green(verdict);
  if (verdict === "irreversible") return paint.red(verdict);
  return verdict === null ? "" : paint.yellow(verdict);
}
