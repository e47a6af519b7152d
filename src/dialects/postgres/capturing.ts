// Owns: the undo of a statement that changes rows: what it changes is captured, in the given tables
// and in those that foreign keys lead to, and merged back later.

import { inTransaction, type Loss, type Undo } from "../../core/plan.ts";
import { captureRows } from "./capture/capture.ts";
import type { BareWrite } from "./capture/returning.ts";
import { writtenWith } from "./capture/written-with.ts";
import type { Lookup } from "./kind.ts";
import type { Relation } from "./relation.ts";
import { isTwin } from "./set-aside/twin-mark.ts";

/**
 * Without those that the migration itself has made: their rows go with them. An empty twin has the
 * place of one that was there.
 */
export async function thereBefore(catalog: Lookup, relations: readonly Pick<Relation, "oid">[]) {
  if (relations.length === 0) return [];
  // The row of a system column is written once, when the table is made.
  return catalog.rows<{ oid: string }>(
    `SELECT attrelid::text AS oid FROM pg_attribute WHERE attrelid = ANY ($1::oid[])
       AND attname = 'tableoid'
       AND (xmin IS DISTINCT FROM pg_current_xact_id_if_assigned()::xid OR ${isTwin("attrelid")})`,
    [relations.map(({ oid }) => oid)],
  );
}

/**
 * Undefined where nothing is to be kept, or nothing can be. `adds`: the statement only adds rows, so
 * that where they cannot be told apart later nothing is destroyed yet. `bare`: see `captureRows`.
 */
export async function capturing(
  catalog: Lookup,
  relations: readonly Pick<Relation, "oid">[],
  { adds = false, bare }: { adds?: boolean; bare?: BareWrite | undefined } = {},
): Promise<Undo | undefined> {
  if (catalog.shelf === undefined) return undefined;
  const older = await thereBefore(catalog, relations);
  if (older.length === 0) return undefined;
  const { tables } = await writtenWith(catalog, older);
  const shelf = catalog.shelf();
  const { capture, uncaptured } = await captureRows(catalog, shelf, tables, { bare });
  if (capture === undefined) return undefined;
  const { start, instead, stop, sweep, undo, asks } = capture;
  const missed = new Set(uncaptured.map(({ table }) => table));
  const names = tables.map(({ schema, name }) => `${schema}.${name}`);
  const kept = {
    ...{ shelf, before: start, after: stop, last: sweep },
    ...(instead && { instead }),
    // DROP TRIGGER takes the latter, right after the statement.
    lock: instead ? ("SHARE ROW EXCLUSIVE" as const) : ("ACCESS EXCLUSIVE" as const),
    tables: tables.filter(({ shown }) => !missed.has(shown)).map((each) => each.shown),
  };
  const sql = undo.map((text, index) => ({
    ...inTransaction(text),
    merges: names,
    ...(index === 0 && { asks }),
  }));
  if (uncaptured.length === 0) return { kind: "captured", sql, kept };
  const losses = uncaptured.map(({ table, why }): Loss => {
    const loss = { object: `rows of ${table}`, why: `not kept: ${why}`, rows: null };
    return adds ? { ...loss, whenUndone: true } : loss;
  });
  return { kind: "lossy", sql, losses, kept };
}
