// Owns: the locks that the plan claims against those that the server showed. Pure. Only tables that
// were there before count: nobody waits for one that the migration itself makes.

import type { Catalog } from "../core/catalog.ts";
import { type LockMode, lockModes, type Step } from "../core/plan.ts";
import type { Finding, MeasuredLock } from "./result.ts";

/** Weaker ones disturb no reader and no writer. */
const disturbing = lockModes.indexOf("SHARE UPDATE EXCLUSIVE");

export function judgeLocks(
  steps: readonly Step[],
  measured: readonly MeasuredLock[],
  before: Catalog,
): Finding[] {
  const there = new Set([...before.values()].map(({ name }) => name));
  const statements = steps.flatMap((step) => step.statements);
  const claims = statements.flatMap(({ locks }) => locks);
  const rewrites = statements.some((statement) => statement.rewrites);
  const findings: Finding[] = [];
  for (const { table, mode, rewritten } of measured) {
    if (!there.has(`table ${table}`)) continue;
    const claimed = claims
      .filter((lock) => table === lock.table || table.endsWith(`.${lock.table}`))
      .map((lock) => rankOf(lock.mode));
    const rank = rankOf(mode);
    if (rank >= disturbing && rank > Math.max(-1, ...claimed)) {
      const said = lockModes[Math.max(-1, ...claimed)] ?? "none";
      const text = `${table} was locked in ${mode} mode; the plan says ${said}`;
      findings.push({ kind: "lock", text });
    }
    if (rewritten && !rewrites) {
      const text = `${table} was written anew; the plan does not say so`;
      findings.push({ kind: "rewrite", text });
    }
  }
  return findings;
}

function rankOf(mode: LockMode): number {
  return lockModes.indexOf(mode);
}
