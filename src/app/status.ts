// Owns: what is applied, pending, rolled back or interrupted. Looks only.

import type { Shelved } from "../dialects/dialect.ts";
import { applied, type JournalState, type MigrationState, stateOf } from "../journal/state.ts";
import { readRecords } from "../journal/store.ts";
import { compare } from "../plan/compare.ts";
import { windowEnd } from "./finalize.ts";
import { loadFolder } from "./migrations.ts";
import type { Settings } from "./settings.ts";
import { withSession } from "./target.ts";
import { type UndoStanding, undoStanding } from "./undo-standing.ts";

export interface StatusRow {
  version: string;
  name: string;
  state: "pending" | "applied" | "interrupted" | "rolledBack";
  /** ISO 8601, of the last change of state; null when pending. */
  appliedAt: string | null;
  undo: {
    /** By the planned inverse without loss, or by the file's own down. */
    possible: boolean;
    /** End of the undo window; null where nothing is kept, so that the way back does not expire. */
    until: string | null;
    /** Null until it is applied; `unknown` for what another tool applied. */
    verdict: "exact" | "lossy" | "irreversible" | "unknown" | null;
    /** What was applied later and has to be taken back first, last first. */
    after: string[];
    /** What stands against it now; only where that was asked for, null where there is no way back. */
    standing?: UndoStanding | null;
  };
  /** What it has put aside and what that takes on disk; finalize destroys it. */
  kept: { objects: string[]; bytes: number };
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

export interface StatusOptions {
  /** Asks the database what stands against taking each back. */
  undo?: boolean;
}

export async function status(
  settings: Settings,
  { undo = false }: StatusOptions = {},
): Promise<StatusResult> {
  const { migrations, format, notes } = await loadFolder(settings);
  return withSession(settings, async (session, { dialect }) => {
    const state = stateOf(await readRecords(session));
    const shelved = await dialect.shelved(session, [...state.shelves.keys()]);
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
    for (const each of rows) {
      if (each.version === state.open?.version) each.state = "interrupted";
      const file = migrations.find(({ version }) => version === each.version);
      const hasDown = file?.down !== undefined;
      keep(each, state, shelved, { ...settings, hasDown });
      each.undo.after = laterThan(state, each.version);
      if (!undo) continue;
      const { after } = each.undo;
      const at = { session, dialect, environment: settings.environment };
      each.undo.standing = await undoStanding(at, state, each.version, { after, hasDown });
    }
    return {
      migrations: rows.toSorted((left, right) => format.compare(left.version, right.version)),
      ...{ format: format.name, notes, pending: pending.length },
      interrupted: state.open !== undefined,
    };
  });
}

function laterThan(state: JournalState, version: string): string[] {
  const stack = applied(state).toReversed();
  return stack
    .slice(
      0,
      Math.max(
        0,
        stack.findIndex((each) => each.version === version),
      ),
    )
    .map((each) => each.version);
}

/** Fills in what is kept of it, and until when at least. */
function keep(
  row: StatusRow,
  { shelves, migrations }: JournalState,
  shelved: readonly Shelved[],
  { hasDown, ...settings }: Settings & { hasDown: boolean },
): void {
  const open = [...shelves.values()].filter(({ version }) => version === row.version);
  const names = new Set(open.map(({ shelf }) => shelf));
  const own = shelved.filter(({ shelf }) => names.has(shelf));
  row.kept.objects = own.map(({ object }) => object);
  row.kept.bytes = own.reduce((sum, { bytes }) => sum + bytes, 0);
  const [first] = open;
  if (first !== undefined) row.undo.until = windowEnd(first.since, settings);
  const known = migrations.get(row.version);
  // Its own down may still lead back.
  const isOver = known?.shelves.some((shelf) => !shelves.has(shelf));
  if (isOver && known?.state === "applied" && !hasDown) row.undo.possible = false;
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
    undo: {
      possible: isApplied && (verdict === "exact" || hasDown),
      until: null,
      verdict,
      after: [],
    },
    kept: { objects: [], bytes: 0 },
  };
}
