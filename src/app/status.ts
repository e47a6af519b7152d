// Owns: what is applied, pending, rolled back or interrupted. Looks only.

import type { MigrationState } from "../journal/state.ts";
import { stateOf } from "../journal/state.ts";
import { readRecords } from "../journal/store.ts";
import { compare } from "../plan/compare.ts";
import { loadFolder } from "./migrations.ts";
import type { Settings } from "./settings.ts";
import { withSession } from "./target.ts";

export interface StatusRow {
  version: string;
  name: string;
  state: "pending" | "applied" | "interrupted" | "rolledBack";
  /** ISO 8601, of the last change of state; null when pending. */
  appliedAt: string | null;
  undo: {
    /** By the planned inverse without loss, or by the file's own down. */
    possible: boolean;
    /** End of the undo window; null: this version has none yet, the inverse does not expire. */
    until: string | null;
    /** Null until it is applied; `unknown` for what another tool applied. */
    verdict: "exact" | "lossy" | "irreversible" | "unknown" | null;
  };
  /** Its file: there and unchanged, changed since, or gone. */
  file: "present" | "changed" | "missing";
}

export interface StatusResult {
  migrations: StatusRow[];
  format: string;
  notes: string[];
  pending: number;
  interrupted: boolean;
}

export async function status(settings: Settings): Promise<StatusResult> {
  const { migrations, format, notes } = await loadFolder(settings);
  return withSession(settings, async (session) => {
    const state = stateOf(await readRecords(session));
    const { missing, changed, pending } = compare(migrations, state, format.compare);
    const rows = migrations.map((migration) => {
      const known = state.migrations.get(migration.version);
      const isPending = pending.includes(migration);
      const file = changed.includes(migration.version) ? "changed" : "present";
      return row(migration, known, isPending, file, migration.down !== undefined);
    });
    for (const version of missing) {
      const known = state.migrations.get(version);
      if (known) rows.push(row(known, known, false, "missing", false));
    }
    for (const each of rows) if (each.version === state.open?.version) each.state = "interrupted";
    return {
      migrations: rows.toSorted((left, right) => format.compare(left.version, right.version)),
      ...{ format: format.name, notes, pending: pending.length },
      interrupted: state.open !== undefined,
    };
  });
}

function row(
  { version, name }: { version: string; name: string },
  known: MigrationState | undefined,
  isPending: boolean,
  file: StatusRow["file"],
  hasDown: boolean,
): StatusRow {
  const isApplied = known?.state === "applied";
  const verdict = isApplied ? (known.verdict ?? "unknown") : null;
  return {
    ...{ version, name, file },
    state:
      isApplied && !isPending
        ? "applied"
        : known?.state === "rolledBack"
          ? "rolledBack"
          : "pending",
    appliedAt: known?.at ?? null,
    undo: { possible: isApplied && (verdict === "exact" || hasDown), until: null, verdict },
  };
}
