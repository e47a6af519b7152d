// Owns: the catalog and the files against what the journal says. Looks only.

import { describeDifference, fingerprintOf } from "../core/catalog.ts";
import { stateOf } from "../journal/state.ts";
import { readRecords } from "../journal/store.ts";
import { compare } from "../plan/compare.ts";
import { drift } from "./guarded-run.ts";
import { loadFolderIfAny } from "./migrations.ts";
import type { Settings } from "./settings.ts";
import { withSession } from "./target.ts";

export interface VerifyResult {
  /** True when nothing was found. */
  verified: boolean;
  /** Fingerprint of the catalog now, and as Belay left it (null: Belay has done nothing here). */
  fingerprint: string;
  expected: string | null;
  /** One line for each. */
  findings: string[];
}

export async function verify(settings: Settings): Promise<VerifyResult> {
  const { migrations, compare: order } = await loadFolderIfAny(settings);
  return withSession(settings, async (session, { dialect }) => {
    const state = stateOf(await readRecords(session));
    const catalog = await dialect.extract(session);
    const findings: string[] = [];
    const found = await drift({ session }, state, catalog);
    if (found?.length === 0)
      findings.push("the catalog differs from what Belay left; what it was is no longer kept");
    findings.push(...(found ?? []).map(describeDifference));
    const { changed, missing } = compare(migrations, state, order);
    findings.push(
      ...changed.map(
        (version) => `migration ${version}: its file has changed since it was applied`,
      ),
    );
    findings.push(
      ...missing.map((version) => `migration ${version}: applied, but its file is gone`),
    );
    if (state.open)
      findings.push(`migration ${state.open.version}: interrupted; run belay recover`);
    findings.push(...(await dialect.unhealthy(session)));
    return {
      ...{ verified: findings.length === 0, findings },
      fingerprint: fingerprintOf(catalog),
      expected: state.fingerprint ?? null,
    };
  });
}
