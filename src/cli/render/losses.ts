// Owns: saying what an up has lost.

import type { Loss } from "../../core/plan.ts";
import { lossList } from "../../plan/plan-migration.ts";
import type { Output } from "../output.ts";

interface Applied {
  version: string;
  name: string;
  verdict: string;
  losses: Loss[];
}

export function lossLines(applied: readonly Applied[], output: Output): void {
  for (const { version, name, verdict, losses } of applied) {
    if (verdict === "exact") continue;
    const what = losses.length > 0 ? lossList(losses) : "no inverse is known";
    output.aside(output.paint.yellow(`  ${version} ${name} is ${verdict}: ${what}`));
  }
}
