// Owns: incidents as a report: when what happened, how long it took, on what grounds. Looks only.

import type { IncidentCheck, IncidentReason, WatchFinished } from "../journal/record.ts";
import { stateOf } from "../journal/state.ts";
import { readRecords } from "../journal/store.ts";
import { type Incident, stepOf } from "../journal/watches.ts";
import type { Settings } from "./settings.ts";
import { withSession } from "./target.ts";

/** ISO 8601, or null: that has not happened. All times are those of the process that watched. */
export interface IncidentTimes {
  /** The first bad sample; the fault itself began at most one interval before. */
  fault: string | null;
  detected: string | null;
  decided: string | null;
  rolledBack: string | null;
  verified: string | null;
  closed: string | null;
}

export interface IncidentReport {
  /** Of the watch, in the journal. */
  watch: number;
  outcome: WatchFinished["outcome"] | null;
  why: string;
  action: "cancel" | "rollback" | "page" | null;
  times: IncidentTimes;
  /** Milliseconds from the fault; null: it did not come to that. */
  figures: {
    /** To detection. */
    mttd: number | null;
    /** To recovery: it is taken back. */
    mttr: number | null;
    /** To confidence: taken back, and verified. */
    mttc: number | null;
  };
  versions: string[];
  /** Rows on which the rollback and later writes did not agree. */
  conflicts: number | null;
  reasons: IncidentReason[];
  checks: IncidentCheck[];
}

export interface ReportResult {
  /** Oldest first. */
  incidents: IncidentReport[];
}

export async function report(settings: Settings): Promise<ReportResult> {
  return withSession(settings, async (session) => {
    const { watches } = stateOf(await readRecords(session));
    return { incidents: watches.flatMap(({ incident }) => (incident ? [reportOf(incident)] : [])) };
  });
}

export function reportOf(incident: Incident): IncidentReport {
  const detected = stepOf(incident, "detected");
  const decided = stepOf(incident, "decided");
  const rolledBack = stepOf(incident, "rolledBack");
  const verified = stepOf(incident, "verified");
  const closed = stepOf(incident, "closed");
  const fault = detected?.fault ?? null;
  const since = (time: string | undefined) =>
    time === undefined || fault === null ? null : Date.parse(time) - Date.parse(fault);
  return {
    watch: incident.watch,
    outcome: closed?.outcome ?? null,
    why: closed?.why ?? decided?.why ?? "",
    action: decided?.action ?? null,
    times: {
      fault,
      detected: detected?.time ?? null,
      decided: decided?.time ?? null,
      rolledBack: rolledBack?.time ?? null,
      verified: verified?.time ?? null,
      closed: closed?.time ?? null,
    },
    figures: {
      mttd: since(detected?.time),
      mttr: since(rolledBack?.time),
      // What did not pass is no confidence.
      mttc: verified?.passed ? since(verified.time) : null,
    },
    versions: rolledBack?.versions ?? [],
    conflicts: rolledBack?.conflicts ?? null,
    reasons: detected?.reasons ?? [],
    checks: verified?.checks ?? [],
  };
}
