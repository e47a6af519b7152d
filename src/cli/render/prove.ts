// Owns: proofs for people: one line per migration as it is done, and what is wrong at the end.

import type { ProveResult, ProveSummary } from "../../app/prove.ts";
import { describeDifference } from "../../core/catalog.ts";
import { lossList } from "../../plan/plan-migration.ts";
import {
  type MigrationProof,
  type ProofVerdict,
  type WayProof,
  waysOf,
} from "../../prove/result.ts";
import type { Output } from "../output.ts";

export function proofLine(proof: MigrationProof, { paint }: Output): string {
  const ways = waysOf(proof)
    .sort((a, b) => (a.undoSource === "planned" ? -1 : b.undoSource === "planned" ? 1 : 0))
    .map((way) => `${way.undoSource} ${paintVerdict(way.verdict, paint)}`)
    .join(", ");
  const rows = `${proof.rows.checked} rows`;
  return `${mark(proof.verdict, paint)} ${proof.version} ${proof.name}  ${ways}  ${paint.dim(`${rows}, ${proof.ms} ms`)}`;
}

type Paint = Output["paint"];

function mark(verdict: ProofVerdict, paint: Paint): string {
  if (verdict === "exact") return paint.green("✓");
  return verdict === "failed" ? paint.red("✗") : paint.yellow("!");
}

function paintVerdict(verdict: ProofVerdict, paint: Paint): string {
  if (verdict === "exact") return paint.green(verdict);
  return verdict === "failed" ? paint.red(verdict) : paint.yellow(verdict);
}

export function countsOf({ total, exact, lossy, irreversible, failed }: ProveSummary): string {
  return `${total} rehearsed: ${exact} exact, ${lossy} lossy, ${irreversible} irreversible, ${failed} failed`;
}

export function renderProofs(result: ProveResult, output: Output): void {
  const { paint } = output;
  for (const proof of result.migrations) renderProof(proof, output);
  for (const note of result.notes) output.aside(paint.dim(note));
  output.line();
  output.line(countsOf(result.summary));
  if (result.stopped === undefined) return;
  const { version, error } = result.stopped;
  output.line(paint.red(`Nothing after ${version} was rehearsed: ${error.message}`));
}

/** Nothing where there is nothing to say. */
function renderProof(proof: MigrationProof, output: Output): void {
  const { paint } = output;
  const bad = waysOf(proof).filter(
    ({ verdict, findings }) => verdict !== "exact" || findings.length > 0,
  );
  if (bad.length === 0) return;
  output.line();
  output.line(paint.bold(`${proof.version} ${proof.name}`));
  for (const way of bad) for (const line of wayLines(way)) output.line(`  ${line}`);
  for (const line of some((proof.crash?.details ?? []).map((each) => `crash: ${each}`))) {
    output.line(`  ${line}`);
  }
  if (proof.proposal !== undefined) {
    output.line("  an exact down:");
    for (const sql of proof.proposal) output.line(`    ${sql.replaceAll("\n", "\n    ")};`);
  }
  if (proof.verdict === "failed") output.line(paint.dim(`  again: ${proof.reproduce}`));
}

function wayLines(way: WayProof): string[] {
  const when =
    way.failsWhen === undefined || way.failsWhen === "always" ? "" : ` (${way.failsWhen})`;
  const lines = [`${way.undoSource}: ${way.verdict}${when}${way.why ? `, ${way.why}` : ""}`];
  lines.push(...some(way.residual.map((each) => `  left: ${describeDifference(each)}`)));
  lines.push(...some(way.losses.map((loss) => `  lost: ${lossList([loss])}`)));
  lines.push(...some(way.findings.map(({ kind, text }) => `  ${kind}: ${text}`)));
  return lines;
}

const shownAtMost = 6;

function some(lines: readonly string[]): string[] {
  const rest = lines.length - shownAtMost;
  if (rest <= 1) return [...lines];
  return [...lines.slice(0, shownAtMost), `  and ${rest} more of these; --json has all`];
}
