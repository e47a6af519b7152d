// Owns: whether a target is in order, as one answer with its reasons. Pure.

import type { Scrape } from "../../app/serve/scraper.ts";

export interface Health {
  healthy: boolean;
  database: "answers" | "unknown";
  /** Version of the journal; null where there is none, or it cannot be read. */
  journal: number | null;
  /** What goes on now. */
  atWork: string[];
  /** Why it is not healthy, each with what to do. */
  reasons: string[];
}

export function healthOf({ facts, why }: Scrape): Health {
  if (facts === undefined) {
    const reasons = [`The database or its journal cannot be read: ${why}`];
    return { healthy: false, database: "unknown", journal: null, atWork: [], reasons };
  }
  const { open, watch, leases, journalVersion } = facts;
  const [reasons, atWork]: [string[], string[]] = [[], []];
  if (open) {
    const label = `${open.version} ${open.name}`.trim();
    if (open.atWork) atWork.push(`A run is at work on migration ${label}.`);
    else reasons.push(`Migration ${label} was interrupted; run belay recover.`);
  }
  if (watch) {
    if (leases.watch) atWork.push(`Migrations are being watched; the guard says ${watch.rung}.`);
    else reasons.push("A watch goes on and no process minds it; run belay watch.");
  }
  const healthy = reasons.length === 0;
  return { healthy, database: "answers", journal: journalVersion, atWork, reasons };
}
