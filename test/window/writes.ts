// Owns: what applications write in a case, in the shape that they know, which may be an earlier one.

import { dataColumns, freeColumns, isReference } from "./changes.ts";
import type { Window } from "./oracle.ts";
import { keyValue } from "./schema.ts";
import {
  type ColumnShape,
  holders,
  ident,
  keyOf,
  type Shape,
  type Snapshot,
  type TableShape,
  tagColumn,
} from "./snapshot.ts";
import { literalOf, type Picks } from "./vocabulary.ts";

/** A cell that a migration has changed, as it is called now; or a row that it has made. */
export interface Aim {
  table: string;
  tag: string;
  column?: string;
}

/** Where a rollback and a writer can be at odds: what the migration changed and is still there. */
export function aimsOf({ was, left, lineage }: Omit<Window, "now">, now: Snapshot): Aim[] {
  const aims: Aim[] = [];
  for (const [name, { name: table, columns }] of lineage) {
    for (const [tag, cells] of left.rows.get(table) ?? []) {
      if (!now.rows.get(table)?.has(tag)) continue;
      const before = was.rows.get(name)?.get(tag);
      if (before === undefined) aims.push({ table, tag });
      for (const [old, column] of columns) {
        if (before && before[old] !== cells[column]) aims.push({ table, tag, column });
      }
    }
  }
  return aims;
}

/** One statement over rows of `known`, or nothing; `fresh` differs for each. */
export function writeOf(
  picks: Picks,
  known: Snapshot,
  fresh: number,
  aims: readonly Aim[],
): string | undefined {
  const aim = picks.once(2) ? picks.from(aims) : undefined;
  const aimed = aim && aimedWrite(picks, known, aim);
  if (aimed !== undefined) return aimed;
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
  return `UPDATE ${ident(table.name)} SET ${ident(column.name)} = ${valueFor(picks, table, column)} ${where}`;
}

function aimedWrite(picks: Picks, known: Snapshot, aim: Aim): string | undefined {
  const table = holders(known.shape).find(({ name }) => name === aim.table);
  if (table === undefined) return undefined;
  const where = `WHERE ${tagColumn} = '${aim.tag}'`;
  if (picks.once(6)) return `DELETE FROM ${ident(table.name)} ${where}`;
  const columns = dataColumns(table);
  const column = columns.find(({ name }) => name === aim.column) ?? picks.from(columns);
  if (column === undefined) return undefined;
  return `UPDATE ${ident(table.name)} SET ${ident(column.name)} = ${valueFor(picks, table, column)} ${where}`;
}

function valueFor(picks: Picks, table: TableShape, column: ColumnShape): string {
  return isReference(table, column)
    ? reference(picks)
    : literalOf(column.type, picks, !column.notNull);
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
  // A default that the type which its column has by now does not take: of no use to any INSERT.
  if (code === "0A000" && /^cannot convert NaN to /.test(message ?? "")) {
    const known = tables.some((each) => each.columns.some((c) => c.default?.includes("'NaN'")));
    return known ? undefined : says;
  }
  // A trigger's function still reads the column that the migration has renamed.
  if (/^record "new" has no field/.test(message ?? "")) return undefined;
  return inPresentShape ? says : undefined;
}
