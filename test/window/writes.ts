// Owns: what applications write in a case, in the shape that they know, which may be an earlier one.

import { dataColumns, freeColumns, isReference } from "./changes.ts";
import { keyValue } from "./schema.ts";
import {
  holders,
  ident,
  keyOf,
  type Shape,
  type Snapshot,
  type TableShape,
  tagColumn,
} from "./snapshot.ts";
import { literalOf, type Picks } from "./vocabulary.ts";

/** One statement over rows of `known`, or nothing; `fresh` differs for each. */
export function writeOf(picks: Picks, known: Snapshot, fresh: number): string | undefined {
  const table = picks.from(
    holders(known.shape).filter(({ columns }) => columns.some((c) => c.name === tagColumn)),
  );
  if (table === undefined) return undefined;
  const tags = [...(known.rows.get(table.name)?.keys() ?? [])].sort();
  const tag = picks.from(tags);
  const verb = picks.number(6);
  if (verb === 0 || tag === undefined) return insert(picks, table, fresh);
  const where = `WHERE ${tagColumn} = '${tag}'`;
  if (verb === 1) return `DELETE FROM ${ident(table.name)} ${where}`;
  if (verb === 2 && picks.once(3)) {
    const key = freeColumns(table).find(({ name }) => keyOf(table).includes(name));
    if (key === undefined) return undefined;
    return `UPDATE ${ident(table.name)} SET ${ident(key.name)} = ${keyValue(key.type, 300 + fresh)} ${where}`;
  }
  const column = picks.from(dataColumns(table));
  if (column === undefined) return undefined;
  const value = isReference(table, column)
    ? reference(picks)
    : literalOf(column.type, picks, !column.notNull);
  return `UPDATE ${ident(table.name)} SET ${ident(column.name)} = ${value} ${where}`;
}

const reference = (picks: Picks) => (picks.once(4) ? "NULL" : String(1 + picks.number(6)));

function insert(picks: Picks, table: TableShape, fresh: number): string {
  const key = keyOf(table);
  // Now and then under the key of a row that is or was there.
  const n = picks.once(4) ? 1 + picks.number(6) : 200 + fresh;
  const cells = new Map([[tagColumn, `'w${fresh}'`]]);
  for (const column of freeColumns(table)) {
    if (key.includes(column.name)) {
      if (column.identity === "" || !picks.once(2))
        cells.set(column.name, keyValue(column.type, n));
    } else if (isReference(table, column)) cells.set(column.name, reference(picks));
    else if (column.notNull || !picks.once(3)) {
      cells.set(column.name, literalOf(column.type, picks, !column.notNull));
    }
  }
  return `INSERT INTO ${ident(table.name)} (${[...cells.keys()].map(ident).join(", ")}) VALUES (${[...cells.values()].join(", ")})`;
}

/** What was wrong with a refusal: the application's own schema must be the reason. */
export function refusalProblem(
  refusal: Record<string, unknown>,
  { tables }: Shape,
  inPresentShape: boolean,
): string | undefined {
  const { code = "", constraint, column, table, message } = refusal as Record<string, string>;
  const says = `${code} ${message}`;
  if (/belay/i.test([message, refusal.detail, constraint, column, table].join(" "))) return says;
  if (code === "23502") {
    const known = tables.some((each) => each.columns.some((c) => c.name === column && c.notNull));
    return known ? undefined : says;
  }
  if (["23505", "23514", "23503"].includes(code)) {
    const known = tables.some(
      (each) =>
        each.constraints.some(({ name }) => name === constraint) || constraint! in each.indexes,
    );
    return known ? undefined : says;
  }
  if (code.startsWith("22")) return undefined;
  return inPresentShape ? says : undefined;
}
