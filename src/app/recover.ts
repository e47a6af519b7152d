// Owns: finishing or taking back what a dead run left, as a command of its own.

import type { RecoverOptions } from "../engine/recover.ts";
import { guardedRun, type RunResult } from "./guarded-run.ts";
import type { Settings } from "./settings.ts";

/** Nothing interrupted: `recovered` is empty. */
export function recover(settings: Settings, { giveUp }: RecoverOptions): Promise<RunResult> {
  const options = { command: "recover", allowDrift: true, giveUp };
  return guardedRun<object>(settings, options, async () => {}, {});
}
