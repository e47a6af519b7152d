// Owns: the undo of what is written to tables that have taken the place of others.

import { replacedTables } from "../../core/catalog.ts";
import { inTransaction, type Undo } from "../../core/plan.ts";
import type { Keeping, Observation, Session } from "../dialect.ts";
import { carryRows } from "./capture/carry.ts";
import type { Lookup } from "./kind.ts";
import { isTwin } from "./set-aside/twin-mark.ts";

/** Copies the rows of the tables; see {@link Dialect.carry}. */
export async function carry(
  session: Session,
  catalog: Lookup,
  changed: Observation["changed"],
  keeping: Keeping,
): Promise<{ first: Undo; last: Undo } | undefined> {
  const oid = (identity: string) => identity.slice(identity.indexOf(":") + 1);
  const all = replacedTables(changed).map(({ before, after }) => {
    return { before: oid(before), after: oid(after) };
  });
  // An empty twin gives its rows back itself.
  const twins = await catalog.rows<{ oid: string }>(
    `SELECT c.oid::text FROM pg_class c WHERE c.oid = ANY ($1::oid[]) AND ${isTwin("c.oid")}`,
    [all.map(({ after }) => after)],
  );
  const pairs = all.filter(({ after }) => !twins.some((twin) => twin.oid === after));
  const shelf = keeping.shelf();
  const found = await carryRows(catalog, shelf, pairs);
  if (found === undefined) return undefined;
  const { copy, compare, merge, tables } = found;
  for (const sql of copy) await session.run(sql);
  const undo = (texts: readonly string[]) =>
    texts.map((sql) => ({ ...inTransaction(sql), merges: [...tables] }));
  return {
    first: { kind: "exact", sql: undo(compare) },
    last: { kind: "captured", sql: undo(merge), kept: { shelf, carries: tables } },
  };
}
