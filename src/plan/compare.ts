// Owns: the folder's migrations against what the journal says, and the stated policies:
// an applied migration must be there, unchanged; a pending one must come after all applied ones.
// Pure.

import { BelayError, untouched } from "../core/errors.ts";
import type { Migration } from "../core/migration.ts";
import { applied, type JournalState } from "../journal/state.ts";

export interface Comparison {
  /** In apply order; repeatable ones whose text changed come last. */
  pending: Migration[];
  /** Versions applied whose file is gone. */
  missing: string[];
  /** Versions applied whose file has changed since. */
  changed: string[];
  /** Versions pending that come before an applied one. */
  outOfOrder: string[];
}

export interface Policies {
  allowMissing: boolean;
  allowChanged: boolean;
  allowOutOfOrder: boolean;
}

export function compare(
  migrations: readonly Migration[],
  state: JournalState,
  order: (left: string, right: string) => number,
): Comparison {
  const done = new Map(applied(state).map((each) => [each.version, each]));
  const files = new Map(migrations.map((each) => [each.version, each]));
  const versioned = [...done.keys()].filter((version) => !files.get(version)?.repeatable);
  const last = versioned.toSorted(order).at(-1);
  const pending = migrations.filter(
    (each) =>
      !done.has(each.version) ||
      (each.repeatable && done.get(each.version)?.checksum !== each.checksum),
  );
  return {
    pending,
    missing: [...done.keys()].filter((version) => !files.has(version)),
    changed: migrations
      .filter((each) => !each.repeatable && isChanged(each, done.get(each.version)?.checksum))
      .map((each) => each.version),
    outOfOrder: pending
      .filter((each) => !each.repeatable && last !== undefined && order(each.version, last) < 0)
      .map((each) => each.version),
  };
}

/** A migration that another tool applied has no checksum of ours to compare with: `""`. */
function isChanged(migration: Migration, recorded: string | undefined): boolean {
  return recorded !== undefined && recorded !== "" && recorded !== migration.checksum;
}

/** Throws the first policy that is broken; BELAY_CHECKSUM, BELAY_FILE_MISSING, BELAY_OUT_OF_ORDER. */
export function enforce(comparison: Comparison, policies: Policies): void {
  const { missing, changed, outOfOrder } = comparison;
  if (changed.length > 0 && !policies.allowChanged) {
    throw new BelayError("BELAY_CHECKSUM", `Changed since applied: ${changed.join(", ")}`, {
      state: untouched,
      hint: "Put the file back as it was and write a new migration; or give --allow-changed to go on.",
      details: { versions: changed },
    });
  }
  if (missing.length > 0 && !policies.allowMissing) {
    throw new BelayError("BELAY_FILE_MISSING", `Applied, but no file: ${missing.join(", ")}`, {
      state: untouched,
      hint: "Is this the right folder, and the right branch? Give --allow-missing to go on without; down needs no files.",
      details: { versions: missing },
    });
  }
  if (outOfOrder.length > 0 && !policies.allowOutOfOrder) {
    throw new BelayError(
      "BELAY_OUT_OF_ORDER",
      `Pending before something already applied: ${outOfOrder.join(", ")}`,
      {
        state: untouched,
        hint: "Give it a newer version, or give --allow-out-of-order to apply it now; it is then the first to go back.",
        details: { versions: outOfOrder },
      },
    );
  }
}
