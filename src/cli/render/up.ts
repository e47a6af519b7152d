// Owns: the end of an `up`, for people and as JSON.

import type { UpResult } from "../../app/up.ts";
import type { Context } from "../command.ts";
import { lossLines } from "./losses.ts";
import { count, renderRun } from "./run.ts";

/** Returns the exit status. */
export function renderUp(context: Context, result: UpResult): number {
  const { output } = context;
  for (const note of result.notes) output.aside(output.paint.dim(note));
  lossLines(result.applied, output);
  const done = result.applied.length;
  const isIdle = done === 0 && result.error === undefined;
  return renderRun(
    context,
    result,
    isIdle ? "Nothing pending" : `${count(done, "migration")} applied`,
  );
}
