// Owns: putting what is known of several changes together into what is known of them as one.

import {
  type Kept,
  keptOf,
  type Lock,
  lockModes,
  nothingToUndo,
  type Undo,
  type UndoStatement,
} from "../../core/plan.ts";
import type { Description } from "./kind.ts";

/** As mild as all, as bad as the worst. */
const severity: readonly Undo["kind"][] = ["exact", "captured", "shelved", "lossy", "irreversible"];

/**
 * The undo of changes that ran in the order given: theirs, last first. Where two would run the
 * same text (a constraint dropped by name, and again with its column), the later run counts,
 * because what it needs is there by then.
 */
export function composeUndos(undos: readonly Undo[]): Undo {
  if (undos.length === 1) return undos[0] ?? nothingToUndo;
  const worst = undos.reduce((rank, undo) => Math.max(rank, severity.indexOf(undo.kind)), 0);
  const kind = severity[worst] ?? "exact";
  if (kind === "irreversible") {
    const whys = undos.flatMap((undo) => (undo.kind === "irreversible" ? [undo.why] : []));
    return { kind, why: [...new Set(whys)].join("; ") };
  }
  const sql = lastOfEach(
    undos.toReversed().flatMap((undo) => (undo.kind === "irreversible" ? [] : undo.sql)),
  );
  const kept = composeKept(undos);
  if (kind === "exact") return { kind, sql };
  if (kind !== "lossy" && kept) return { kind, sql, kept };
  return {
    kind: "lossy",
    sql,
    ...(kept && { kept }),
    losses: undos.flatMap((undo) => (undo.kind === "lossy" ? undo.losses : [])),
  };
}

/** Of parts of one statement: none of them runs in its place, and they share their shelf. */
function composeKept(undos: readonly Undo[]): Kept | undefined {
  const all = undos.flatMap((undo) => keptOf(undo) ?? []);
  const [first] = all;
  if (first === undefined) return undefined;
  return {
    ...(first.shelf !== undefined && { shelf: first.shelf }),
    before: all.flatMap(({ before = [] }) => before),
    after: all.flatMap(({ after = [] }) => after),
    last: all.flatMap(({ last = [] }) => last),
    tables: all.flatMap(({ tables = [] }) => tables),
  };
}

function lastOfEach(statements: readonly UndoStatement[]): UndoStatement[] {
  const last = new Map(statements.map((statement, index) => [statement.sql, index]));
  return statements.filter((statement, index) => last.get(statement.sql) === index);
}

/** One lock per table, the strongest. */
export function mergeLocks(locks: readonly Lock[]): Lock[] {
  const byTable = new Map<string, Lock>();
  for (const lock of locks) {
    const known = byTable.get(lock.table);
    if (!known || lockModes.indexOf(lock.mode) > lockModes.indexOf(known.mode)) {
      byTable.set(lock.table, lock);
    }
  }
  return [...byTable.values()];
}

/** What one statement does that makes several changes. */
export function composeDescriptions(all: readonly Description[]): Description {
  const [first] = all;
  if (all.length === 1 && first) return first;
  const probe = all.find((each) => each.probe)?.probe;
  return {
    changes: all.flatMap((each) => each.changes),
    locks: mergeLocks(all.flatMap((each) => each.locks)),
    scans: all.some((each) => each.scans),
    rewrites: all.some((each) => each.rewrites),
    transactional: all.every((each) => each.transactional ?? true),
    ...(probe ? { probe } : {}),
    undo: composeUndos(all.map((each) => each.undo)),
    observe: all.some((each) => each.observe),
  };
}
