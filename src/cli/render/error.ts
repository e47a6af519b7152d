// Owns: an error as a tired person reads it: what, where, what state the database is in, what now.

import type { BelayError } from "../../core/errors.ts";
import type { Output } from "../output.ts";

export function renderError(error: BelayError, output: Output): void {
  const { paint } = output;
  output.aside(`${paint.red(paint.bold("error"))} ${paint.bold(error.code)}  ${error.message}`);
  if (error.at !== undefined) output.aside(`  ${paint.dim("at")}     ${error.at}`);
  const { frame, differences } = error.details;
  if (typeof frame === "string") {
    for (const line of frame.split("\n")) output.aside(`         ${paint.dim(line)}`);
  }
  if (Array.isArray(differences)) {
    for (const line of differences.slice(0, 20))
      output.aside(`         ${paint.dim(String(line))}`);
  }
  if (error.state !== undefined) output.aside(`  ${paint.dim("state")}  ${error.state}`);
  if (error.hint !== undefined) output.aside(`  ${paint.dim("next")}   ${error.hint}`);
}
