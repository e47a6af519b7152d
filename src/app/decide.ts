// Owns: the live facts of a decision: what taking back the last migration costs now, and which
// strategy fits the next one. Looks only.

import { type Lock, type Strategy, strongest } from "../core/plan.ts";
import { applied, stateOf } from "../journal/state.ts";
import { readFinished, readRecords } from "../journal/store.ts";
import { type Decision, decide, type Severity, type WayBackFacts } from "../plan/decision.ts";
import { lossList } from "../plan/plan-migration.ts";
import { type PlannedMigration, planUpcoming } from "./plan.ts";
import type { Settings } from "./settings.ts";
import { type StatusRow, status } from "./status.ts";
import { withSession } from "./target.ts";

export interface PendingAdvice {
  version: string;
  name: string;
  strategy: Strategy;
  why: string;
  /** The strongest that it takes on each table. */
  locks: Lock[];
}

export interface DecideResult extends Decision {
  /** Of the next migration; null: there is none. */
  pending: PendingAdvice | null;
}

export async function decideNow(
  settings: Settings,
  { severity }: { severity: Severity | null },
): Promise<DecideResult> {
  const { migrations } = await status(settings, { undo: true });
  const { last, lagMs } = await withSession(settings, async (session, { dialect }) => {
    const state = stateOf(await readRecords(session));
    const known = applied(state).at(-1);
    const row = migrations.find(({ version }) => version === known?.version);
    const seq = known?.finishedSeq;
    const losses = seq === undefined ? undefined : (await readFinished(session, seq)).losses;
    const lost = losses?.reduce<number | null>(
      (sum, { rows }) => (sum === null || rows === null ? null : sum + rows),
      0,
    );
    const standbys = (await dialect.readings.standbys(session)) ?? [];
    const lags = standbys.flatMap((each) => each.lagMs ?? []);
    return {
      last: row && factsOf(row, lost ?? 0),
      lagMs: lags.length > 0 ? Math.max(...lags) : null,
    };
  });
  const { migrations: planned } = await planUpcoming(settings, {});
  const [next] = planned;
  return {
    ...decide({ severity, lagMs, ...(last && { last }) }),
    pending: next ? adviceOn(next) : null,
  };
}

function factsOf({ version, name, state, undo }: StatusRow, lost: number | null): WayBackFacts {
  const { standing, verdict, possible, until } = undo;
  const counts = standing?.against.map(({ count }) => count) ?? [];
  const isAsked = standing !== undefined && standing !== null && standing.unasked === null;
  const impossible = whyNot({ state, verdict, possible });
  return {
    ...{ version, name, until, lost, locks: standing?.locks ?? [] },
    ...(impossible !== undefined && { impossible }),
    rows: standing?.rows ?? null,
    told:
      !isAsked || counts.includes(null) ? null : counts.reduce<number>((a, b) => a + (b ?? 0), 0),
    ms: standing?.aboutMs ?? null,
  };
}

function whyNot({
  state,
  verdict,
  possible,
}: Pick<StatusRow, "state"> & Pick<StatusRow["undo"], "verdict" | "possible">) {
  if (state === "interrupted") return "it is interrupted: belay recover comes first";
  if (verdict === "irreversible") return "it does what nothing takes back";
  if (verdict === "unknown") return "another tool applied it, so no way back was recorded";
  if (!possible && verdict === "exact") return "its undo window has ended";
  return undefined;
}

function adviceOn({ version, name, steps, strategy, destroys }: PlannedMigration): PendingAdvice {
  const statements = steps.flatMap((step) => step.statements);
  const all = statements.flatMap(({ locks }) => locks);
  const locks = [...new Set(all.map(({ table }) => table))].map((table): Lock => {
    return { table, mode: strongest(all.filter((each) => each.table === table)) ?? "ACCESS SHARE" };
  });
  const blocks = statements.flatMap((each) => each.blocks ?? []);
  const advice = (fitting: Strategy, why: string) => ({
    version,
    name,
    strategy: fitting,
    why,
    locks,
  });
  if (destroys !== null && destroys.length > 0) {
    return advice(
      "backup-and-restore",
      `it destroys for good: ${lossList(destroys)}; take a backup first`,
    );
  }
  if (blocks.length > 0) {
    return advice(
      "blue-green",
      `as written it blocks others: ${blocks.join("; ")}; else choose a quiet hour`,
    );
  }
  return strategy === "online"
    ? advice("online", "what would block others runs in forms that do not")
    : advice("transactional", "all of it is quick: it happens at once, or not at all");
}
