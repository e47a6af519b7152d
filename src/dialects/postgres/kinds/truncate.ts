import type { RangeVar, TruncateStmt } from "@pgsql/types";
import { inTransaction, keptOf, type Loss, nothingToUndo, type Undo } from "../../../core/plan.ts";
import { capturing, thereBefore } from "../capturing.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { relationName } from "../names.ts";
import { findRelation, type Relation } from "../relation.ts";
import { countRows } from "../row-count.ts";
import { placesOf } from "../set-aside/sequences.ts";
import { setAside } from "../set-aside/set-aside.ts";
import { truncatedWith } from "../truncated.ts";

const why = "TRUNCATE removes them";

export const kind = defineKind<TruncateStmt>({
  kind: "truncate",
  node: "TruncateStmt",
  describe(node) {
    const names = tablesOf(node).map(relationName);
    return {
      changes: names.map((object) => ({ kind: "truncate", object })),
      locks: names.map((table) => ({ table, mode: "ACCESS EXCLUSIVE" })),
      undo: {
        kind: "lossy",
        sql: [],
        losses: names.map((name) => ({ object: `rows of ${name}`, why, rows: null })),
      },
    };
  },
  async recall(node, catalog) {
    const tables = new Map<string, Relation>();
    let isWhole = true;
    for (const named of tablesOf(node)) {
      const table = await findRelation(catalog, named);
      // A temporary one has to be emptied by the statement itself.
      isWhole &&= table !== undefined;
      if (!table) continue;
      const others = node.behavior === "DROP_CASCADE" ? await truncatedWith(catalog, table) : [];
      for (const each of [table, ...others]) tables.set(each.oid, each);
    }
    const all = [...tables.values()];
    const older = await thereBefore(catalog, all);
    if (isWhole && older.length === all.length) {
      const aside = await setAside(catalog, all, { restart: node.restart_seqs === true });
      if (aside) return aside;
    }
    const captured = await capturing(catalog, all);
    if (captured) return node.restart_seqs ? withPlaces(catalog, all, captured) : captured;
    const losses: Loss[] = [];
    for (const each of tables.values()) {
      losses.push({ object: `rows of ${each.shown}`, why, ...(await countRows(catalog, each)) });
    }
    return losses.length === 0 ? nothingToUndo : { kind: "lossy", sql: [], losses };
  },
});

/** Sequences are of no row, so that capturing those leaves them where they begin. */
async function withPlaces(catalog: Lookup, tables: readonly Relation[], undo: Undo): Promise<Undo> {
  const kept = keptOf(undo);
  if (kept?.shelf === undefined || !("kept" in undo)) return undo;
  const oids = tables.map(({ oid }) => oid);
  const { keep, back } = await placesOf(catalog, kept.shelf, oids);
  return {
    ...undo,
    // Behind what locks the tables: nobody draws a number in between.
    kept: { ...kept, before: [...(kept.before ?? []), ...keep] },
    sql: [...back.map(inTransaction), ...undo.sql],
  };
}

function tablesOf(node: TruncateStmt): RangeVar[] {
  return (node.relations ?? []).flatMap((each) => ("RangeVar" in each ? [each.RangeVar] : []));
}
