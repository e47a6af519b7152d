// Owns: finishing or taking back what a dead run left, as a command of its own.

import { guardedRun, type RunResult } from "./guarded-run.ts";
import type { Settings } from "./settings.ts";

/** Nothing interrupted: `recovered` is empty. */
export function recover(settings: Settings): Promise<RunResult> {
  return guardedRun<object>(settings, { command: "recover", allowDrift: true }, async () => {}, {});
}
