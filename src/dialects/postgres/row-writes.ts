// Owns: which tables a query writes rows of, data-modifying CTEs included, and what is said of it.

import type { Node, RangeVar } from "@pgsql/types";
import { type Change, type Lock, type Loss, nothingToUndo, type Undo } from "../../core/plan.ts";
import type { BareWrite } from "./capture/returning.ts";
import { capturing, thereBefore } from "./capturing.ts";
import type { Description, Lookup } from "./kind.ts";
import { relationName } from "./names.ts";
import { findRelation, type Relation } from "./relation.ts";
import { countRows } from "./row-count.ts";

type Verb = "insert" | "update" | "delete" | "merge";

export interface RowWrite {
  verb: Verb;
  relation: RangeVar;
  /** False when a condition picks the rows. */
  all: boolean;
  /** The statement is this write and nothing more, and returns no rows: other SQL can be put around it. */
  bare: boolean;
}

const verbs: Record<string, Verb> = {
  InsertStmt: "insert",
  UpdateStmt: "update",
  DeleteStmt: "delete",
  MergeStmt: "merge",
};

const whys: Record<Verb, string> = {
  insert: "rows that INSERT adds stay",
  update: "UPDATE overwrites their values",
  delete: "DELETE removes them",
  merge: "MERGE changes or removes them",
};

interface Query {
  relation?: RangeVar;
  whereClause?: Node;
  withClause?: { ctes?: Node[] };
  onConflictClause?: { action?: string };
  returningClause?: object;
}

/** The writes of a query, its own last. CTEs that write stand only at its top level. */
export function writesOf(node: Node, isTop = true): RowWrite[] {
  const [name, query] = (Object.entries(node)[0] ?? ["", {}]) as [string, Query];
  const nested = (query.withClause?.ctes ?? []).flatMap((cte) =>
    "CommonTableExpr" in cte && cte.CommonTableExpr.ctequery
      ? writesOf(cte.CommonTableExpr.ctequery, false)
      : [],
  );
  const verb = verbs[name];
  if (verb === undefined || !query.relation) return nested;
  const { relation, whereClause } = query;
  const updates = query.onConflictClause?.action === "ONCONFLICT_UPDATE";
  const isByCursor = whereClause !== undefined && "CurrentOfExpr" in whereClause;
  const isOnly = isTop && nested.length === 0 && !updates;
  const own: RowWrite = {
    ...{ verb, relation, all: whereClause === undefined && verb !== "merge" },
    bare: isOnly && verb !== "merge" && !isByCursor && query.returningClause === undefined,
  };
  const update: RowWrite = { verb: "update", relation, all: false, bare: false };
  return [...nested, own, ...(updates ? [update] : [])];
}

/** What is known of the writes without a server. */
export function describeWrites(writes: readonly RowWrite[]): Description {
  return {
    changes: writes.map(
      ({ verb, relation }): Change => ({ kind: verb, object: relationName(relation) }),
    ),
    locks: writes.map(
      ({ relation }): Lock => ({ table: relationName(relation), mode: "ROW EXCLUSIVE" }),
    ),
    undo: { kind: "lossy", sql: [], losses: writes.map((write) => lossOf(write)) },
  };
}

/** As {@link describeWrites}, with the rows that are there now where all of them are meant. */
export async function recallWrites(writes: readonly RowWrite[], catalog: Lookup): Promise<Undo> {
  const losses: Loss[] = [];
  const relations: Relation[] = [];
  for (const { relation: named } of writes) {
    const relation = await findRelation(catalog, named);
    if (relation) relations.push(relation);
  }
  const adds = writes.every(({ verb }) => verb === "insert");
  const captured = await capturing(catalog, relations, { adds, bare: bareWrite(writes, catalog) });
  if (captured) return captured;
  const older = new Set((await thereBefore(catalog, relations)).map(({ oid }) => oid));
  for (const write of writes) {
    const relation = await findRelation(catalog, write.relation);
    if (!relation || !older.has(relation.oid)) continue;
    const counted = write.all && write.verb !== "insert";
    losses.push({ ...lossOf(write), ...(counted ? await countRows(catalog, relation) : {}) });
  }
  return losses.length === 0 ? nothingToUndo : { kind: "lossy", sql: [], losses };
}

function bareWrite([write]: readonly RowWrite[], { whole }: Lookup): BareWrite | undefined {
  if (!write?.bare || write.verb === "merge" || whole === undefined) return undefined;
  const { verb, relation } = write;
  const alias = relation.alias?.aliasname;
  return { verb, sql: whole, ...(alias !== undefined && { alias }) };
}

function lossOf({ verb, relation }: RowWrite): Loss {
  const loss = { object: `rows of ${relationName(relation)}`, why: whys[verb], rows: null };
  return verb === "insert" ? { ...loss, whenUndone: true } : loss;
}
