// Owns: the end of a run, for people and as JSON.

import type { RunResult } from "../../app/guarded-run.ts";
import { exit } from "../../core/errors.ts";
import type { Context } from "../command.ts";
import { renderError } from "./error.ts";

/** `headline` says what was done, e.g. `3 migrations applied`. Returns the exit status. */
export function renderRun(context: Context, result: RunResult, headline: string): number {
  const { output, json } = context;
  const { paint } = output;
  const status = statusOf(result);
  if (json) {
    output.document(result);
    if (result.error !== undefined) renderError(result.error, output);
    return status;
  }
  for (const { version, name, direction, decision, why } of result.recovered) {
    const what = decision === "finished" ? `${direction} finished` : `${direction} undone`;
    output.line(`${paint.yellow("↩")} recovered ${version} ${name}: ${what} (${why})`);
  }
  if (result.error !== undefined) renderError(result.error, output);
  const verified = result.verified
    ? paint.green("catalog verified")
    : paint.red("catalog NOT as expected");
  output.line(`${headline}; ${verified}`);
  for (const line of result.differences) output.line(`  ${line}`);
  return status;
}

function statusOf(result: RunResult): number {
  if (result.error !== undefined) return result.error.exit;
  return result.verified ? exit.done : exit.no;
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
